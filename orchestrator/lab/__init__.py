"""The staging lab: several hosts on this machine, each with an sshd of its own, on which drills run for real."""

from orchestrator.lab.layout import Host, Layout, build_layout
from orchestrator.lab.lifecycle import default_state, down, status, up
from orchestrator.lab.status import HostStatus, LabStatus, PostgresqlState

__all__ = [
    "Host",
    "HostStatus",
    "LabStatus",
    "Layout",
    "PostgresqlState",
    "build_layout",
    "default_state",
    "down",
    "status",
    "up",
]
