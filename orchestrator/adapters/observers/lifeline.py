"""The child's side of the pipe to its parent: how it is told what to do, waits, and notices that it must end."""

import gc
import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from orchestrator.adapters.observers.questions import Failed
from orchestrator.adapters.observers.schedule import Schedule
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.model import Record
from orchestrator.errors import RepriseError

Told = TypeVar("Told", bound=Record)
_STDIN = 0


class Lifeline:
    """Open as long as the parent lives and wants the observer.

    The kernel closes the pipe however the parent dies. The parent's number is looked at too, for the case that some
    other process has inherited the other end.
    """

    def __init__(self, *, parent: int) -> None:
        self._parent = parent

    def beats(self, *, every_us: int) -> Iterator[int]:
        """The due time of each question, when it has come; ends with the lifeline."""
        schedule, index = Schedule(start_us=monotonic_us(), every_us=every_us), 0
        while self._holds_until(schedule.due_us(index)):
            yield schedule.due_us(index)
            index = schedule.following(index, now_us=monotonic_us())

    def _holds_until(self, due_us: int) -> bool:
        if os.getppid() != self._parent:
            return False
        # The pipe becomes readable only by being closed: nothing is written to it after the question.
        return not select.select([_STDIN], [], [], max(0, due_us - monotonic_us()) / 1_000_000)[0]


def carry_out(kind: type[Told], act: Callable[[Told], None]) -> int:
    """The program of an observer: told what to do on its standard input, it does it, and says why it cannot go on."""
    question = read_told(kind)
    # What was imported stays: the collector need not look at it between two questions.
    gc.freeze()
    try:
        act(question)
    except OSError as error:
        tell(Failed(fault=error.strerror or str(error), disk=True))
        return 1
    except RepriseError as error:
        tell(Failed(fault=str(error), disk=False))
        return 1
    return 0


def read_told(kind: type[Told]) -> Told:
    """The one line that the parent writes. Unbuffered, so that what comes after it stays in the pipe."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(_STDIN, 65_536)
        if not part:
            break
        line += part
    return kind.model_validate_json(line)


def tell(message: Record) -> None:
    """Tell the parent. One that is no longer there will be noticed at the next beat."""
    try:
        sys.stdout.write(message.model_dump_json() + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try again at its exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
