"""kill -9 while entries are appended: what was acknowledged is there, the register opens, every checkpoint holds."""

import multiprocessing
import os
import signal
import time
from itertools import count
from multiprocessing.connection import Connection

import pytest

from reports.register.entries import RunSealed
from tests.integration.register.conftest import Book

FORK = multiprocessing.get_context("fork")
KILLS = 30


def _append_for_ever(book: Book, name: str, pipe: Connection) -> None:
    log = book.open()
    for number in count():
        (entry,) = log.append([RunSealed(run_id=f"{name}-{number}", attestation_sha256="0" * 64)])
        pipe.send((entry.seq, entry.digest))


class Victim:
    """A process that appends until it is killed, and what it was told of as acknowledged."""

    def __init__(self, book: Book, name: str) -> None:
        self._ours, theirs = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=_append_for_ever, args=(book, name, theirs))
        self._process.start()
        theirs.close()
        self.acknowledged: dict[int, str] = {}

    def hear(self, times: int) -> None:
        for _ in range(times):
            self._remember()

    def kill(self) -> None:
        os.kill(self._process.pid or 0, signal.SIGKILL)
        self._process.join(60)
        try:
            while True:
                self._remember()
        except (EOFError, OSError):  # The end of the pipe, which may be in the middle of a message.
            pass

    def _remember(self) -> None:
        seq, digest = self._ours.recv()
        self.acknowledged[seq] = digest


def is_whole(book: Book, acknowledged: dict[int, str]) -> None:
    """It opens, and holds all that was acknowledged, under checkpoints that all fit."""
    log = book.open()
    digests = {entry.seq: entry.digest for entry in log.entries()}
    assert acknowledged.items() <= digests.items()
    assert log.checkpoint.size == len(digests)
    for size in log.directory.sizes():
        log.checkpoint_at(size)


@pytest.mark.parametrize("acknowledged", [1, 2, 4])
def test_killed_at_many_instants(book: Book, acknowledged: int) -> None:
    """The instants differ; what must hold afterwards does not depend on them."""
    known: dict[int, str] = {}
    for turn in range(KILLS // 3):
        victim = Victim(book, f"{turn}")
        victim.hear(acknowledged)
        time.sleep(turn * 0.0013)
        victim.kill()
        known |= victim.acknowledged
        is_whole(book, known)
    assert len(known) >= KILLS // 3 * acknowledged


def test_one_of_two_is_killed_and_the_other_goes_on(book: Book) -> None:
    other = Victim(book, "other")
    known: dict[int, str] = {}
    for turn in range(6):
        victim = Victim(book, f"{turn}")
        victim.hear(2)
        time.sleep(turn * 0.0021)
        victim.kill()
        known |= victim.acknowledged
        # One may be on its way already: the second is certainly asked for after the kill.
        other.hear(2)
    other.kill()
    is_whole(book, known | other.acknowledged)
