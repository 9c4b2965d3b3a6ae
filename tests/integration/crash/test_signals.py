"""A real signal in every phase: the drill ends and cleans up; a second one ends the cleanup, and is recovered."""

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from orchestrator.app.running import stopped_by_signals
from orchestrator.core.events import RunFinished, StopRequested
from orchestrator.core.journal import Entry
from orchestrator.engine import execute
from orchestrator.store import JournalFile, create_run
from orchestrator.testing import FakeClock
from orchestrator.testing.examples import DRILL_TEXT
from tests.integration.crash.processes import PLAN, Work, in_process, recovery, run_of, staged
from tests.integration.crash.test_kill import is_recovered
from tests.patience import wait_until
from tests.stage import REQUEST


def _signalled(lines: tuple[int, ...], *, number: signal.Signals = signal.SIGTERM) -> Work:
    """A drill that gets a signal behind each of these lines."""

    def work(root: Path, pipe: Connection, _hold: int | None, _starve: Callable[[], None]) -> None:
        run, clock = create_run(root / "runs", plan=PLAN, drill=DRILL_TEXT), FakeClock()
        with stopped_by_signals() as stops:

            def told(entry: Entry) -> None:
                pipe.send((entry.seq, entry.digest))
                if entry.seq in lines:
                    os.kill(os.getpid(), number)
                    # A handler runs in the main thread, whichever this one is.
                    wait_until(lambda: stops[lines.index(entry.seq)].requested)

            with JournalFile(run, genesis=PLAN.digest, clock=clock, told=told) as journal:
                stage = staged(root, journal=journal, clock=clock)
                execute(
                    PLAN,
                    request=REQUEST,
                    bench=stage.bench,
                    content=stage.content,
                    stop=stops[0],
                    cleanup_stop=stops[1],
                )

    return work


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("line", [0, 3, 8, 13, 18, 23, 28, 35])
def test_a_signal_ends_the_drill_and_not_the_cleanup(tmp_path: Path, line: int, number: signal.Signals) -> None:
    ended = in_process(_signalled((line,), number=number), tmp_path)
    assert (ended.error, ended.exit_code) == ("", 0)
    events = [entry.event for entry in run_of(tmp_path).read_journal(PLAN)]
    assert isinstance(events[-1], RunFinished)
    assert [event.reason for event in events if isinstance(event, StopRequested)] == [number.name]
    assert (tmp_path / "erased").exists()


def test_a_second_signal_leaves_the_rest_to_the_recovery(tmp_path: Path) -> None:
    ended = in_process(_signalled((18, 24)), tmp_path)
    assert ended.error.startswith("UncleanError: ")
    assert not any(isinstance(entry.event, RunFinished) for entry in run_of(tmp_path).read_journal(PLAN))
    (tmp_path / "erased").unlink(missing_ok=True)
    assert in_process(recovery, tmp_path).error == ""
    is_recovered(tmp_path, touched=True)
