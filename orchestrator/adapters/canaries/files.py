"""Markers as files in a directory on a host (`ports.CanaryTechnique`), one file for each, durable before it is told.

A program that stays on the host writes them: it makes `.reprise/<run>/<number>` below the path, never the path itself.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import paramiko

from orchestrator.adapters.canaries import files_on_host
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors
from orchestrator.core.ranges import ranges_of
from orchestrator.errors import SshError

_PROGRAM = Path(files_on_host.__file__).read_text(encoding="utf-8")
_ACKNOWLEDGED = "ok"
_LONGEST_ANSWER = 200


class FilesPlace(Question):
    """The `with` and the `read` of the canary. `{name}` in the path is the host's inventory variable of that name."""

    host: str
    path: str


class FilesWriter:
    """Commits markers through one program on the host, which is started anew after it did not answer in time.

    Where the host cannot be reached, a marker costs as long as a connection takes to be given up.
    """

    def __init__(self, place: FilesPlace, *, run_id: str, connections: SshConnections) -> None:
        self._place, self._run_id, self._connections = place, run_id, connections
        self._channel: paramiko.Channel | None = None

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker; see `ports.CanaryWriter`."""
        try:
            if self._channel is None:
                self._channel = self._started(deadline_us=deadline_us)
            answer = _asked(self._channel, number, deadline_us=deadline_us)
        except (SshError, paramiko.SSHException, OSError, EOFError) as error:
            # Whatever it still writes belongs to a number that nobody waits for any more.
            self.close()
            return "timeout" if isinstance(error, TimeoutError) else _words(error)
        return "" if answer == f"{_ACKNOWLEDGED} {number}" else answer or "another answer"

    def close(self) -> None:
        """End the program, if there is one: it goes when nobody speaks to it any more."""
        if self._channel is not None:
            with suppress(paramiko.SSHException, OSError, EOFError):
                self._channel.close()
            self._channel = None

    def _started(self, *, deadline_us: int) -> paramiko.Channel:
        address = self._connections.address(self._place.host)
        arguments = [address.python, "-I", "-c", _PROGRAM, "write", address.fill(self._place.path), self._run_id]
        return self._connections.open(self._place.host, arguments, timeout_us=max(1, deadline_us - monotonic_us()))


class FilesCanary:
    """Files of a tree, as the users of a file server write them."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        return FilesWriter(_place(source), run_id=run_id, connections=self._connections)

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there, each with its own content; no tree is no answer."""
        place = _place(source)
        try:
            address = self._connections.address(place.host)
            arguments = [address.python, "-I", "-c", _PROGRAM, "read", address.fill(place.path), run_id]
            result = self._connections.run(place.host, arguments, timeout_us=timeout_us)
        except SshError as error:
            return Survivors(answered=False, ranges=(), fault=str(error)[:300])
        if result.exit_code != 0:
            return Survivors(answered=False, ranges=(), fault=f"the host could not look (exit code {result.exit_code})")
        return read_numbers(result.stdout)


def read_numbers(content: bytes) -> Survivors:
    """The survivors in what the host wrote: null where there is no tree. Pure."""
    try:
        numbers = json.loads(content)
        if numbers is None:
            return Survivors(answered=False, ranges=(), fault="there is no such directory")
        return Survivors(answered=True, ranges=ranges_of([_number(one) for one in numbers]))
    except (ValueError, TypeError):
        return Survivors(answered=False, ranges=(), fault="the host's report is not understood")


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    return FilesCanary(connections=connections)


def _place(source: Mapping[str, Scalar]) -> FilesPlace:
    return read_question(FilesPlace, source, probe="files")


def _number(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("not the number of a marker")
    return value


def _asked(channel: paramiko.Channel, number: int, *, deadline_us: int) -> str:
    """Send a number and wait for the line that answers it."""
    _bound(channel, deadline_us)
    channel.sendall(f"{number}\n".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        _bound(channel, deadline_us)
        piece = channel.recv(_LONGEST_ANSWER)
        answer += piece
        if not piece or len(answer) > _LONGEST_ANSWER:
            raise EOFError("the program on the host ended")
    return answer.decode(errors="replace").strip()


def _bound(channel: paramiko.Channel, deadline_us: int) -> None:
    left_us = deadline_us - monotonic_us()
    if left_us <= 0:
        raise TimeoutError
    channel.settimeout(left_us / 1_000_000)


def _words(error: Exception) -> str:
    return str(error)[:_LONGEST_ANSWER] or "connection lost"
