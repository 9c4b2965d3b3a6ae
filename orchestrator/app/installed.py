"""Whether everything that a drill names is installed: told when it is read, not when it is half-way through."""

from collections.abc import Iterator

from orchestrator.core.drill import Drill
from orchestrator.core.step_definition import ProbeStep
from orchestrator.errors import DefinitionError, Fault, UsageError
from orchestrator.extensions import BACKUPS, CANARIES, PROBES, WATCHES, find_extension


def check_installed(drill: Drill, *, file: str) -> None:
    """Look for each probe, watch, canary and catalogue of a drill; nothing is imported.

    Raises:
        DefinitionError: Some are not installed; it names every one, and what there is.
    """
    faults = tuple(fault for key, group, name in _named(drill) if (fault := _missing(file, key, group, name)))
    if faults:
        raise DefinitionError(faults)


def _named(drill: Drill) -> Iterator[tuple[str, str, str]]:
    yield from ((f"watch {watch.id}", WATCHES, watch.probe) for watch in drill.watch)
    if drill.canary is not None:
        yield "canary", CANARIES, drill.canary.probe
    if drill.recovery_point is not None:
        yield "recovery-point", BACKUPS, drill.recovery_point.catalogue
    yield from ((f"step {step.id}", PROBES, step.probe) for step in drill.steps if isinstance(step, ProbeStep))


def _missing(file: str, key: str, group: str, name: str) -> Fault | None:
    try:
        find_extension(group, name)
    except UsageError as error:
        return Fault(file=file, line=None, key=key, message=str(error), hint=error.hint)
    return None
