"""SSH with paramiko: how hosts are reached, what is run on them, what is looked at before a drill may touch them."""

from orchestrator.adapters.ssh.address import HostAddress
from orchestrator.adapters.ssh.connections import CommandResult, SshConnections
from orchestrator.adapters.ssh.inspector import SshHostInspector

__all__ = ["CommandResult", "HostAddress", "SshConnections", "SshHostInspector"]
