"""The parent's side of an observer: starts its process, hears what it says, ends it and closes its file."""

import contextlib
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from orchestrator.adapters.observers.questions import Changed, Failed, Ready
from orchestrator.core.model import Record
from orchestrator.core.ports import Series
from orchestrator.errors import ProbeError, RepriseError, StoreError

START_SECONDS = 20.0
"""How long an observer may take from its start to its first question answered or not."""

_GRACE_SECONDS = 5.0
_MESSAGE: TypeAdapter[Ready | Changed | Failed] = TypeAdapter(
    Annotated[Ready | Changed | Failed, Field(discriminator="say")]
)


class ChildObserver:
    """One running observer (`ports.Observer`).

    Args:
        name: How people call it.
        module: The program.
        question: What it is told; never on its command line.
        timeout_us: How long one of its questions may take.
        changed: Called from another thread when the service comes or goes.
        close: Sums up its file.
    """

    def __init__(
        self,
        *,
        name: str,
        module: str,
        question: Record,
        timeout_us: int,
        changed: Callable[[Changed], object],
        close: Callable[[], Series],
    ) -> None:
        self._name, self._changed, self._close = name, changed, close
        self._patience_seconds = timeout_us / 1_000_000 + _GRACE_SECONDS
        self._heard, self._finishing = Event(), Lock()
        self._ready, self._ended = False, False
        self._fault: RepriseError | None = None
        self._series: Series | None = None
        self._process = _start(module)
        self._listener = Thread(target=self._listen, name=name, daemon=True)
        self._listener.start()
        self._tell(question)

    def wait_until_ready(self) -> None:
        """Wait until its first question was asked.

        Raises:
            ProbeError: It did not come to that; its process is ended.
            StoreError: Its file cannot be written; its process is ended.
        """
        self._heard.wait(START_SECONDS)
        if self._ready:
            return
        self._end()
        raise self._fault or ProbeError(f"{self._name}: its process ended before its first question")

    def finish(self) -> Series:
        """Stop it, close its file durably and say what is in it. Can be called again.

        Raises:
            ProbeError: Its process had ended by itself: what is missing from its file was not looked at.
            StoreError: Its file, or what it recorded, could not be written.
        """
        with self._finishing:
            # Whatever it has already said of itself: its process and its pipes are given back.
            if not self._ended:
                alive = self._process.poll() is None
                self._end()
                self._accuse(alive=alive)
            if self._fault is not None:
                raise self._fault
            if self._series is None:
                self._series = self._close()
            return self._series

    def _accuse(self, *, alive: bool) -> None:
        """It ended before it was told to, or not in good order: then what it heard last says why, if anything does."""
        if not alive or self._process.returncode != 0:
            self._fault = self._fault or ProbeError(f"{self._name}: its process ended by itself")

    def _tell(self, question: Record) -> None:
        # A child that is dead already is noticed by `wait_until_ready`.
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.write(question.model_dump_json().encode() + b"\n")
                self._process.stdin.flush()

    def _end(self) -> None:
        """Close the lifeline, wait for the last question, and kill what does not heed it."""
        self._ended = True
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(self._patience_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            try:
                self._hear(_MESSAGE.validate_json(line))
            except ValidationError:
                self._fault = self._fault or ProbeError(f"{self._name}: what it says is not understood")
            except RepriseError as error:
                self._fault = self._fault or error
        self._heard.set()

    def _hear(self, message: Ready | Changed | Failed) -> None:
        match message:
            case Ready():
                self._ready = True
                self._heard.set()
            case Changed():
                self._changed(message)
            case Failed(fault=fault, disk=True):
                raise StoreError(f"{self._name}: its file cannot be written: {fault}")
            case Failed(fault=fault):
                raise ProbeError(f"{self._name}: {fault}")


def _start(module: str) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C in the terminal ends the drill in good order, not its observers before it.
    # -P: what lies in the current directory is nothing that an observer may import.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
