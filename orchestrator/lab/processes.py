"""Tells the processes of this very lab from all others of the machine, and ends them. Touches nothing else."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.lab.layout import Layout

LISTENING = "0A"
"""The state of a TCP socket, as the kernel prints it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabProcess:
    """A process of the lab. `host` is None for one that is on no host: a shared ssh connection of an operator."""

    pid: int
    host: str | None
    name: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSocket:
    """A line of the kernel's table of IPv4 sockets (proc(5), /proc/net/tcp)."""

    local: tuple[str, int]
    remote: tuple[str, int]
    state: str
    inode: str


def lab_processes(layout: Layout) -> tuple[LabProcess, ...]:
    """Every process of the lab's hosts that runs now; zombies are over and do not count."""
    found = ((pid, _host_of(pid, layout=layout)) for pid in process_numbers())
    return tuple(_described(pid, host=host) for pid, host in found if host is not None)


def operator_connections(layout: Layout) -> tuple[LabProcess, ...]:
    """The ssh clients, anywhere on the machine, connected to an sshd of the lab: ControlPersist masters."""
    ends = {(host.address, layout.ssh_port) for host in layout.hosts}
    inodes = {one.inode for one in tcp_sockets() if one.remote in ends and one.inode != "0"}
    if not inodes:
        return ()
    found = (pid for pid in process_numbers() if process_name(pid) == "ssh" and inodes & socket_inodes(pid))
    return tuple(_described(pid, host=None) for pid in found)


def end_processes(find: Callable[[], Iterable[LabProcess]], *, patience_seconds: float) -> tuple[LabProcess, ...]:
    """Ask all that `find` finds to end, wait, then force those that are left. Returns what could not be ended.

    `find` is asked again and again: what ends may have started something else in the meantime.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience_seconds
        asked: set[int] = set()
        while left := tuple(find()):
            send((process for process in left if process.pid not in asked), number)
            asked |= {process.pid for process in left}
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
    return left


def send(processes: Iterable[LabProcess], number: signal.Signals) -> None:
    """Signal each; one that ended in the meantime is what was wanted."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def is_postmaster(pid: int) -> bool:
    """A postmaster keeps its command line; its children write their titles over theirs."""
    return _read(f"/proc/{pid}/cmdline").split(b"\0")[0].endswith(b"/postgres")


def process_numbers() -> Iterator[int]:
    """The pids of this moment; each may be gone when it is looked at."""
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def process_name(pid: int) -> str:
    """The program's name, of at most 15 characters; empty when the process is gone."""
    return _read(f"/proc/{pid}/comm").decode(errors="replace").strip()


def socket_inodes(pid: int) -> frozenset[str]:
    """The sockets that a process holds; none for a process of another user, unless root asks."""
    found = set()
    with suppress(OSError):
        found = {_link(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return frozenset(link[len("socket:[") : -1] for link in found if link.startswith("socket:["))


def tcp_sockets(pid: int | None = None) -> Iterator[TcpSocket]:
    """All IPv4 TCP sockets of the machine, or those of the network that a process is in."""
    lines = (line.split() for line in _read(f"/proc/{pid or 'self'}/net/tcp").decode().splitlines()[1:])
    return (TcpSocket(local=_end(line[1]), remote=_end(line[2]), state=line[3], inode=line[9]) for line in lines)


def _host_of(pid: int, *, layout: Layout) -> str | None:
    """The lab's host that a process runs on; None for all others.

    Three signs, because sshd and PostgreSQL write the titles of their children over the environment that /proc shows:
    the mark in the environment, else where its errors go, else the directory that a PostgreSQL works in.
    """
    if _is_zombie(pid):
        return None
    variables = frozenset(_read(f"/proc/{pid}/environ").split(b"\0"))
    marked = f"REPRISE_LAB={layout.mark}".encode() in variables
    errors, working = _link(Path(f"/proc/{pid}/fd/2")), _link(Path(f"/proc/{pid}/cwd"))
    is_postgres = _link(Path(f"/proc/{pid}/exe")).removesuffix(" (deleted)").endswith("/postgres")
    for host in layout.hosts:
        if (
            (marked and f"REPRISE_LAB_HOST={host.name}".encode() in variables)
            or errors.startswith((f"{host.directory}/log/sshd.log", f"{host.directory}/log/postgresql.log"))
            or (is_postgres and f"{working}/".startswith(f"{host.directory}/"))
        ):
            return host.name
    return None


def _described(pid: int, *, host: str | None) -> LabProcess:
    command = _read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode(errors="replace").strip()
    return LabProcess(pid=pid, host=host, name=process_name(pid), command=command)


def _is_zombie(pid: int) -> bool:
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[:1] == [b"Z"]


def _read(path: str) -> bytes:
    """A file of /proc; empty when the process is gone, or is of a user whose processes cannot be the lab's."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _end(text: str) -> tuple[str, int]:
    """An end of a socket as the kernel prints it: the bytes of the address backwards on a little-endian machine."""
    address, port = text.split(":")
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(address))), int(port, 16)
