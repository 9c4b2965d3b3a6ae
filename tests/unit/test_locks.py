"""At most one drill per target, and no lock that outlives its holder."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode, LockedError, StoreError
from orchestrator.locks import locked

FORK = multiprocessing.get_context("fork")


def test_a_target_is_held_by_one_and_named_to_the_other(tmp_path: Path) -> None:
    with locked(["a", "b"], directory=tmp_path, holder="the first"):
        with (
            pytest.raises(LockedError, match="b is in use by the first") as caught,
            locked(["b", "c"], directory=tmp_path, holder="the second"),
        ):
            raise AssertionError("both hold b")
        assert caught.value.exit_code is ExitCode.REFUSED
        with locked(["c"], directory=tmp_path, holder="the second"):
            pass


def test_what_was_refused_leaves_no_lock_behind(tmp_path: Path) -> None:
    second = locked(["a", "b"], directory=tmp_path, holder="the second")
    with locked(["b"], directory=tmp_path, holder="the first"), pytest.raises(LockedError), second:
        raise AssertionError("both hold b")
    with locked(["a", "b"], directory=tmp_path, holder="the third"):
        pass


def test_it_is_given_back_however_the_block_ends(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(["a"], directory=tmp_path, holder="x"):
        raise ZeroDivisionError
    with locked(["a", "a"], directory=tmp_path, holder="y"):
        assert (tmp_path / "a.lock").read_text() == "y"


def _hold(directory: Path, pipe: Connection) -> None:
    with locked(["a"], directory=directory, holder="somebody who dies"):
        pipe.send("held")
        signal.pause()


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_hold, args=(tmp_path, theirs))
    process.start()
    assert ours.recv() == "held"
    with pytest.raises(LockedError, match="somebody who dies"), locked(["a"], directory=tmp_path, holder="x"):
        pass
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with locked(["a"], directory=tmp_path, holder="x"):
        pass


def test_a_place_that_cannot_be_written_is_named() -> None:
    with pytest.raises(StoreError, match="/proc/nowhere"), locked(["a"], directory=Path("/proc/nowhere"), holder="x"):
        pass
