"""Feeds a command over its channel and takes what it says, until its end, a limit, the time-out or a stop."""

import contextlib
from typing import Protocol

import paramiko

from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Stop
from orchestrator.errors import SshError

_CHUNK_BYTES = 65_536
# The end of a command is seen at most this late; a quick one at once.
_LONGEST_PAUSE_US = 5_000
_FIRST_PAUSE_US = 200


class Digest(Protocol):
    """What a digest of hashlib can do."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""


class ByteSink:
    """Where output goes: kept up to a limit, or, with no limit, only counted and digested."""

    def __init__(self, *, limit: int | None, digest: Digest | None = None) -> None:
        self._limit = limit
        self._digest = digest
        self._parts: list[bytes] = []
        self.count = 0

    @property
    def content(self) -> bytes:
        """What was kept."""
        return b"".join(self._parts)

    def take(self, data: bytes, *, name: str) -> None:
        """Take a part of the output in.

        Raises:
            SshError: It is more than the limit.
        """
        self.count += len(data)
        if self._digest is not None:
            self._digest.update(data)
        if self._limit is None:
            return
        if self.count > self._limit:
            raise SshError(f"{name}: it writes more than {self._limit} bytes")
        self._parts.append(data)


def exchange(
    channel: paramiko.Channel,
    *,
    name: str,
    stdin: bytes,
    sinks: tuple[ByteSink, ByteSink],
    timeout_us: int,
    stop: Stop,
) -> int:
    """Carry a command to its end and return its exit code.

    Raises:
        SshError: It did not end in time, was stopped, said too much, or the connection broke.
    """
    deadline_us = monotonic_us() + timeout_us
    pending, pause = memoryview(stdin), _FIRST_PAUSE_US
    try:
        while True:
            pending, moved = _feed(channel, pending)
            moved = _drain(channel, sinks=sinks, name=name) or moved
            if channel.exit_status_ready() and not moved and not _more(channel):
                return _exit_code(channel, name=name)
            _check(name=name, deadline_us=deadline_us, timeout_us=timeout_us, stop=stop)
            pause = _FIRST_PAUSE_US if moved else min(pause * 2, _LONGEST_PAUSE_US)
            if not moved:
                stop.wait(pause)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise SshError(f"{name}: the connection was lost") from error


def _feed(channel: paramiko.Channel, pending: memoryview) -> tuple[memoryview, bool]:
    if not pending:
        # Said once too often is harmless; a command that reads to the end of its input would wait for ever.
        with contextlib.suppress(OSError):
            channel.shutdown_write()
        return pending, False
    if not channel.send_ready():
        return pending, False
    try:
        sent = channel.send(bytes(pending[:_CHUNK_BYTES]))
    except OSError:
        # The command ended without reading its input: its exit code says what to think of that.
        return memoryview(b""), True
    return pending[sent:], sent > 0


def _drain(channel: paramiko.Channel, *, sinks: tuple[ByteSink, ByteSink], name: str) -> bool:
    moved = False
    if channel.recv_ready():
        sinks[0].take(channel.recv(_CHUNK_BYTES), name=name)
        moved = True
    if channel.recv_stderr_ready():
        sinks[1].take(channel.recv_stderr(_CHUNK_BYTES), name=name)
        moved = True
    return moved


def _more(channel: paramiko.Channel) -> bool:
    """Whether output may still come: the exit status can overtake the last of it."""
    return channel.recv_ready() or channel.recv_stderr_ready() or not (channel.eof_received or channel.closed)


def _exit_code(channel: paramiko.Channel, *, name: str) -> int:
    exit_code = channel.recv_exit_status()
    if exit_code < 0:
        raise SshError(f"{name}: it ended by a signal, or the connection was lost")
    return exit_code


def _check(*, name: str, deadline_us: int, timeout_us: int, stop: Stop) -> None:
    if stop.requested:
        raise SshError(f"{name}: stopped")
    if monotonic_us() >= deadline_us:
        raise SshError(f"{name}: no end after {timeout_us / 1_000_000:g} s")
