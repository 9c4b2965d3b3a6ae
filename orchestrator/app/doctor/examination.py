"""Everything that `reprise doctor` looks at, in its order."""

from collections.abc import Iterator

from orchestrator.app.doctor.answers import Answer
from orchestrator.app.doctor.machine import examine_machine
from orchestrator.app.doctor.state import examine_state
from orchestrator.app.doctor.trust import examine_network, examine_trust
from orchestrator.app.workplace import Workplace


def examine(workplace: Workplace, *, network: bool) -> Iterator[Answer]:
    """Look at the machine and the project, one answer after the other. Hosts are asked by `reprise check`.

    Args:
        workplace: The project.
        network: Whether the time-stamp authority is asked too.
    """
    now = workplace.clock.now()
    yield from examine_machine(workplace.project)
    yield from examine_trust(workplace.project, now=now)
    yield from examine_state(workplace, now=now)
    if network:
        yield from examine_network(workplace.project)
