"""Looks at a lab: what answers, and what runs. Changes nothing."""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from orchestrator.lab.layout import Host, Layout
from orchestrator.lab.processes import LISTENING, LabProcess, lab_processes, operator_connections, tcp_sockets
from orchestrator.lab.stacks import ALWAYS

_PATIENCE_SECONDS = 5
"""How long a server may take to answer: on a busy machine a good one takes its time to start a process for us."""


class ServiceState(StrEnum):
    """What a host's service does; `recovering` is what a PostgreSQL says of itself that does not accept writes yet."""

    NONE = "none"
    DOWN = "down"
    RECOVERING = "recovering"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """What one host of the lab does now."""

    name: str
    address: str
    ssh_port: int
    sshd: bool
    daemon: str | None
    serves: bool
    service: ServiceState
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabStatus:
    """What a lab does now.

    Attributes:
        running: Every process of the lab, on its hosts or connected to them.
        provisioned: Data and a first backup are complete, in every stack.
    """

    state: Path
    project: Path
    hosts: tuple[HostStatus, ...]
    running: tuple[LabProcess, ...]
    provisioned: bool

    @property
    def healthy(self) -> bool:
        """Ready for a drill. What a drill restored on `restore` is not asked: one may be under way."""
        serving = (host.service is ServiceState.UP for host in self.hosts if host.serves)
        return self.provisioned and all(host.sshd for host in self.hosts) and all(serving)

    @property
    def down(self) -> bool:
        """Nothing of the lab runs."""
        return not self.running


def look(layout: Layout) -> LabStatus:
    """Ask every host at once. Who refuses says so at once; only one that hangs takes all of the patience."""
    running = (*lab_processes(layout), *operator_connections(layout))
    with ThreadPoolExecutor(max_workers=len(layout.hosts)) as pool:
        hosts = tuple(pool.map(lambda host: _look_at(host, layout=layout, running=running), layout.hosts))
    return LabStatus(
        state=layout.state,
        project=layout.project,
        hosts=hosts,
        running=running,
        provisioned=all(layout.note(stack.name).is_file() for stack in layout.stacks),
    )


def _look_at(host: Host, *, layout: Layout, running: tuple[LabProcess, ...]) -> HostStatus:
    return HostStatus(
        name=host.name,
        address=host.address,
        ssh_port=layout.ssh_port,
        sshd=_greets(address=host.address, port=layout.ssh_port),
        daemon=host.role.daemon,
        serves=host.role.serves,
        service=_service(host, layout=layout, running=running),
        processes=sum(1 for process in running if process.host == host.name),
    )


def _greets(*, address: str, port: int) -> bool:
    """Whether an SSH server answers. A connection alone proves nothing: the queue of a stopped process accepts it."""
    try:
        with socket.create_connection((address, port), timeout=_PATIENCE_SECONDS) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _service(host: Host, *, layout: Layout, running: tuple[LabProcess, ...]) -> ServiceState:
    if host.role.daemon is None:
        return ServiceState.NONE
    if host.stack == ALWAYS:
        return _ask(host, layout=layout)
    if host.role.wired:
        return ServiceState.UP if _listens_inside(host, layout=layout, running=running) else ServiceState.DOWN
    return ServiceState.UP if _accepts(address=host.address, port=layout.service_port) else ServiceState.DOWN


def _listens_inside(host: Host, *, layout: Layout, running: tuple[LabProcess, ...]) -> bool:
    """Whether the service of a wired host listens in the host's own network. Its door would accept in any case."""
    wanted = (host.service_address, layout.service_port)
    inside = (process.pid for process in running if process.host == host.name)
    return any(one.local == wanted and one.state == LISTENING for pid in inside for one in tcp_sockets(pid))


def _accepts(*, address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=_PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def _ask(host: Host, *, layout: Layout) -> ServiceState:
    try:
        with psycopg.connect(
            host=host.address,
            port=layout.service_port,
            dbname=layout.database,
            user="reprise_watch",
            passfile=str(layout.passfile),
            connect_timeout=_PATIENCE_SECONDS,
            autocommit=True,
        ) as connection:
            row = connection.execute("SELECT pg_is_in_recovery() FROM identity").fetchone()
    except psycopg.Error:
        return ServiceState.DOWN
    return ServiceState.UP if row == (False,) else ServiceState.RECOVERING
