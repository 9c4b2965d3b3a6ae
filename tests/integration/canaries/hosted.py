"""Markers on a host of the lab: how tests commit them, and look at what their programs do there."""

from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import CanaryWriter

PATIENCE_US = 60_000_000
RUN = "20261124T120000Z-files-0001"


def shell(connections: SshConnections, script: str) -> str:
    done = connections.run("restore", ["sh", "-c", script], timeout_us=PATIENCE_US)
    assert done.exit_code == 0, done.stderr
    return done.stdout.decode()


def commit(writer: CanaryWriter, number: int, *, patience_us: int = PATIENCE_US) -> str:
    return writer.commit(number, deadline_us=monotonic_us() + patience_us)


def pythons(connections: SshConnections, arguments: str) -> list[str]:
    """The Python programs with these arguments that run on the host. The pattern does not find itself."""
    done = connections.run("restore", ["pgrep", "-f", f"[{arguments[0]}]{arguments[1:]}"], timeout_us=PATIENCE_US)
    found = list(done.stdout.decode().split())
    names = {number: shell(connections, f"cat /proc/{number}/comm 2>/dev/null || true").strip() for number in found}
    return [number for number, name in names.items() if name.startswith("python")]
