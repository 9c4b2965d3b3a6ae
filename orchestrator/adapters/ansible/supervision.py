"""The orchestrator's side of a supervisor: keeps one ready, gives it its order, stops it, hears its report."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

from pydantic import ValidationError

from orchestrator.adapters.ansible.settings import inherited_environment
from orchestrator.adapters.ansible.told import STOP, Order, Report

_MODULE = "orchestrator.adapters.ansible.supervisor"
_END_SECONDS = 10.0
"""How long a supervisor may take to end what it started, before it is ended itself and others do its work."""


class Supervisor:
    """One process that will carry out one order."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=inherited_environment(os.environ),
            cwd="/",
            # Ctrl-C in a terminal goes to a whole session: ours asks for the stop, and then it is made in order.
            start_new_session=True,
        )
        self._report = b""
        self._hearer = Thread(target=self._hear, name="ansible supervisor", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether it can still be given an order."""
        return self._process.poll() is None

    def begin(self, order: Order, *, ended: Callable[[], object]) -> None:
        """Give it its order.

        Args:
            order: The attempt.
            ended: Called from another thread as soon as it has ended, however that came.
        """
        self._ended = ended
        self._hearer.start()
        # One that is not there any more is noticed like one that dies later: it reports nothing.
        with suppress(OSError):
            self._tell(order.model_dump_json().encode() + b"\n")

    def stop(self) -> None:
        """Ask it to end everything of its attempt."""
        with suppress(OSError):
            self._tell(STOP)
        self.release()

    def release(self) -> None:
        """Tell it that nothing more comes. One that has no order ends at once."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def report(self) -> Report | None:
        """Wait for its end and return what it reported; None where it was killed, or had to be."""
        try:
            self._process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._hearer.join()
        self._close()
        try:
            return Report.model_validate_json(self._report)
        except ValidationError:
            return None

    def dismiss(self) -> None:
        """End one that was never given an order."""
        self.release()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self.release()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _tell(self, words: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(words)
            self._process.stdin.flush()

    def _hear(self) -> None:
        if self._process.stdout is not None:
            self._report = self._process.stdout.read()
        self._ended()


class Reserve:
    """Keeps a supervisor ready: its imports take 0.3 s, which would otherwise be part of every RTO."""

    def __init__(self) -> None:
        self._ready: Supervisor | None = None
        self._closed = False
        self._lock = Lock()

    def fill(self) -> None:
        """Start one, if none is ready. Without one everything goes on, only slower."""
        with self._lock, suppress(OSError):
            if self._ready is None and not self._closed:
                self._ready = Supervisor()

    def take(self) -> Supervisor:
        """The one that is ready, or a new one."""
        with self._lock:
            taken, self._ready = self._ready, None
        if taken is not None and not taken.alive:
            taken.dismiss()
            taken = None
        return taken or Supervisor()

    def close(self) -> None:
        """End the one that nobody needed. Can be called again."""
        with self._lock:
            self._closed = True
            unneeded, self._ready = self._ready, None
        if unneeded is not None:
            unneeded.dismiss()
