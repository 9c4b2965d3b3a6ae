"""Runs playbooks (`ports.PlaybookRunner`): starts a supervisor, reads its events live, stops here and on targets."""

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from orchestrator.adapters.ansible.events import EventReader
from orchestrator.adapters.ansible.leftovers import end_local, end_masters
from orchestrator.adapters.ansible.reaper import end_marked
from orchestrator.adapters.ansible.workspace import environment, mark_of, workspace
from orchestrator.adapters.inventory import ListedInventory, list_inventory
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.events import PlaybookFinished
from orchestrator.core.plan import PinnedHost
from orchestrator.core.ports import PlaybookAct, Record, Stop
from orchestrator.errors import DefinitionError

POLL_MS = 50
EVENTS_VARIABLE = "REPRISE_EVENTS"
END_SECONDS = 10
"""How long a supervisor may take to end what it started, before it is ended itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a supervisor ended: its own words, and whether it was told to stop."""

    exit_code: int | None
    stopped: bool


class AnsibleRunner:
    """One run's playbooks. Their SSH connections stay warm from step to step, and end with the block.

    Args:
        connections: SSH of our own to the same hosts, to end there what a stopped step left running.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections
        self._sockets = Path(mkdtemp(prefix="rp-"))
        self._inventories: dict[Path, ListedInventory] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end_masters(self._sockets)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def run(self, act: PlaybookAct, *, record: Record, stop: Stop) -> None:
        """See `ports.PlaybookRunner`."""
        try:
            finished = self._run(act, record=record, stop=stop)
        except (OSError, DefinitionError) as error:
            finished = _never_started(act, error)
        record(finished)

    def sweep(self, *, run_id: str, hosts: tuple[PinnedHost, ...]) -> tuple[str, ...]:
        """See `ports.PlaybookRunner`."""
        here = [f"process {process} on this machine" for process in end_local(run_id)]
        there = []
        for host in hosts:
            ended, fault = end_marked(host, mark=f"{run_id}/", exact=False, connections=self._connections)
            there += [f"{ended} processes on {host.name}"] if ended else []
            there += [fault] if fault else []
        return (*here, *there)

    def _run(self, act: PlaybookAct, *, record: Record, stop: Stop) -> PlaybookFinished:
        reader = EventReader(act=act)
        with workspace(act, inventory=self._inventory(act.inventory), sockets=self._sockets) as directory:
            ending = _supervise(act, directory=directory, reader=reader, record=record, stop=stop)
        fault = self._stopped(act) if ending.stopped else reader.verdict
        return PlaybookFinished(
            step=act.step.id,
            attempt=act.attempt,
            complete=not fault,
            exit_code=ending.exit_code,
            hosts=reader.hosts or {},
            fault=fault[:300],
        )

    def _stopped(self, act: PlaybookAct) -> str:
        results = [end_marked(host, mark=mark_of(act), exact=True, connections=self._connections) for host in act.hosts]
        left = [fault for _, fault in results if fault]
        ended = sum(count for count, _ in results)
        return "stopped; " + ("; ".join(left) if left else f"{ended} processes were ended on the targets")

    def _inventory(self, path: Path) -> ListedInventory:
        if path not in self._inventories:
            self._inventories[path] = list_inventory(path)
        return self._inventories[path]


def _never_started(act: PlaybookAct, error: Exception) -> PlaybookFinished:
    fault = f"it was not started: {error}"[:300]
    return PlaybookFinished(step=act.step.id, attempt=act.attempt, complete=False, exit_code=None, fault=fault)


def _supervise(act: PlaybookAct, *, directory: Path, reader: EventReader, record: Record, stop: Stop) -> _Ending:
    with _opened(directory / "events") as pipe, _supervisor(act, directory=directory) as process:
        stopped = _follow(process, pipe=pipe, reader=reader, record=record, stop=stop)
        said = process.stdout.read() if process.stdout else b""
    return _Ending(exit_code=None if stopped else _exit_code(said), stopped=stopped)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    # For reading and writing, so that the pipe has a writer before Ansible is one, and never seems to be over.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield pipe
    finally:
        os.close(pipe)


@contextmanager
def _supervisor(act: PlaybookAct, *, directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.adapters.ansible.supervisor"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(act, directory=directory, events=EVENTS_VARIABLE),
        cwd=directory,
        start_new_session=True,
    )
    try:
        _tell(process, {"directory": str(directory), "playbook": str(act.playbook)})
        yield process
    finally:
        _end(process)


def _tell(process: "subprocess.Popen[bytes]", asked: dict[str, str]) -> None:
    if process.stdin is not None:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Close its standard input, which tells it to end everything; end it where it does not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _follow(process: "subprocess.Popen[bytes]", *, pipe: int, reader: EventReader, record: Record, stop: Stop) -> bool:
    """Record events as they arrive until the supervisor is over; true where it was stopped."""
    pending = bytearray()
    while process.poll() is None:
        select.select([pipe], [], [], POLL_MS / 1000)
        _drain(pipe, pending, reader=reader, record=record)
        if stop.requested:
            _end(process)
            return True
    _drain(pipe, pending, reader=reader, record=record)
    return False


def _drain(pipe: int, pending: bytearray, *, reader: EventReader, record: Record) -> None:
    while chunk := _read(pipe):
        pending += chunk
    *lines, rest = bytes(pending).split(b"\n")
    pending[:] = rest
    for line in lines:
        for event in reader.read(line):
            record(event)


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 65_536)
    except BlockingIOError:
        return b""


def _exit_code(said: bytes) -> int | None:
    try:
        code = json.loads(said)["exit_code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None
