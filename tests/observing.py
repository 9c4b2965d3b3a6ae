"""Real observers, for tests that observe no host."""

from pathlib import Path

from orchestrator.adapters.observers import ProcessObservers
from orchestrator.adapters.ssh import SshConnections


def observers() -> ProcessObservers:
    """Watches and canaries in processes of their own, of every kind that is installed."""
    return ProcessObservers(connections=SshConnections(hosts={}, known_hosts=Path("/nowhere")))
