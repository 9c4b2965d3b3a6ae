"""How a probe is made: the protocol of what the entry-point group `reprise.probes` points to."""

from typing import Protocol

from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import Probe


class ProbeFactory(Protocol):
    """Makes a probe from what the run has. A probe that needs none of it ignores it."""

    def __call__(self, *, connections: SshConnections) -> Probe:
        """Make the probe.

        Args:
            connections: The SSH connections of the run, for probes that ask on a host.
        """
        ...
