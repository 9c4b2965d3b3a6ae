"""How the tests reach the hosts of the lab: the connections that a run would have, and one host as a plan pins it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.adapters.ssh import HostAddress, SshConnections
from orchestrator.adapters.ssh.known_hosts import known_fingerprint
from orchestrator.adapters.system import SystemClock
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.core.plan import PinnedHost


def workplace(project: Path) -> Workplace:
    """The lab's project as the command opens it."""
    return open_workplace(project, clock=SystemClock())


@contextmanager
def connected(project: Path) -> Iterator[SshConnections]:
    """Connections to every host of the lab."""
    place = workplace(project)
    with place.connections(place.inventory.hosts) as connections:
        yield connections


def pinned(project: Path, name: str) -> PinnedHost:
    """A host of the lab as a plan pins it."""
    place = workplace(project)
    host = next(host for host in place.inventory.hosts if host.name == name)
    known = known_fingerprint(place.project.known_hosts, address=host.address, port=host.port)
    return PinnedHost(name=host.name, address=host.address, port=host.port, groups=host.groups, host_key_sha256=known)


def address(project: Path, name: str) -> HostAddress:
    """How a host of the lab is reached."""
    with connected(project) as connections:
        return connections.address(name)
