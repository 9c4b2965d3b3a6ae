"""The staging lab: several hosts on this machine, each with an sshd of its own, on which drills run for real."""

from orchestrator.lab.layout import Host, Layout, build_layout
from orchestrator.lab.lifecycle import default_state, down, status, up
from orchestrator.lab.stacks import ALWAYS, stack_names
from orchestrator.lab.status import HostStatus, LabStatus, ServiceState

__all__ = [
    "ALWAYS",
    "Host",
    "HostStatus",
    "LabStatus",
    "Layout",
    "ServiceState",
    "build_layout",
    "default_state",
    "down",
    "stack_names",
    "status",
    "up",
]
