"""Refuses to start where somebody else listens, and says who."""

import socket

from orchestrator.errors import LabError
from orchestrator.lab.layout import Layout
from orchestrator.lab.processes import LISTENING, process_name, process_numbers, socket_inodes, tcp_sockets
from orchestrator.lab.status import HostStatus, LabStatus

_DOOR = "python3"
"""What listens at the address of a wired host, for its sshd and for its service."""


def check_ports(*, layout: Layout, found: LabStatus) -> None:
    """Make sure that every port that a host of the lab needs is free, or held by that host.

    Raises:
        LabError: One is taken; the message names the process.
    """
    wired = {host.name for host in layout.hosts if host.role.wired}
    for host in found.hosts:
        sshd, daemon = (_DOOR, _DOOR) if host.name in wired else ("sshd", host.daemon)
        if not _runs(sshd, on=host, found=found):
            _check_free(address=host.address, port=layout.ssh_port)
        if daemon is not None and not _runs(daemon, on=host, found=found):
            _check_free(address=host.address, port=layout.service_port)


def _runs(name: str, *, on: HostStatus, found: LabStatus) -> bool:
    return any(process.host == on.name and process.name == name for process in found.running)


def _check_free(*, address: str, port: int) -> None:
    with socket.socket() as probe:
        # As servers do: a port that only waits for its last packets to die out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise LabError(
                f"{address}:{port} is taken by {_holder(address=address, port=port)}",
                hint="end it, or choose another state directory: addresses and ports follow from its path",
            ) from error


def _holder(*, address: str, port: int) -> str:
    """Which process listens there, in words for a person."""
    wanted = ((address, port), ("0.0.0.0", port))  # noqa: S104  who listens everywhere listens here too
    inodes = {one.inode for one in tcp_sockets() if one.local in wanted and one.state == LISTENING}
    holders = [f"{process_name(pid)} (pid {pid})" for pid in process_numbers() if inodes & socket_inodes(pid)]
    return ", ".join(holders) or "a process of another user"
