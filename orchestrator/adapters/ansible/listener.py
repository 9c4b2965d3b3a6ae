"""Reads an attempt's pipe in a thread of its own, so that a slow journal never makes Ansible wait."""

import fcntl
import os
import select
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Self

_PIPE_BYTES = 1_048_576
_READ_BYTES = 65_536

Line = bytes | None
"""One event as the callback wrote it; None where there is something else to look at."""


class Listener:
    """Open for as long as Ansible may write. Lines come out of `lines`, as many as there are."""

    def __init__(self, pipe: Path) -> None:
        # For reading and writing: there is a writer before Ansible is one, and never seems to be none.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        with suppress(PermissionError):  # an account may have so many bytes of pipes and no more
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._closing = os.eventfd(0, os.EFD_CLOEXEC)
        self._rest = b""
        self.lines: SimpleQueue[Line] = SimpleQueue()
        self._thread = Thread(target=self._listen, name="ansible events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()
        os.close(self._pipe)
        os.close(self._closing)

    def finish(self) -> None:
        """Read what is still in the pipe. To be called once nobody writes any more; can be called again."""
        os.eventfd_write(self._closing, 1)
        self._thread.join()

    def _listen(self) -> None:
        poller = select.poll()
        poller.register(self._pipe, select.POLLIN)
        poller.register(self._closing, select.POLLIN)
        closing = False
        while not closing:
            closing = any(descriptor == self._closing for descriptor, _ in poller.poll())
            self._read()

    def _read(self) -> None:
        while part := self._part():
            *lines, self._rest = (self._rest + part).split(b"\n")
            for line in lines:
                self.lines.put(line)

    def _part(self) -> bytes:
        try:
            return os.read(self._pipe, _READ_BYTES)
        except BlockingIOError:
            return b""
