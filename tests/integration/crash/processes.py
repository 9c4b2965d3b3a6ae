"""A drill in a process of its own, on the real engine, store and disk, that its parent kills or starves.

Forked, so that killing one at every line of its journal takes seconds. The fakes stand for the targets only.
"""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from orchestrator.core.history import History
from orchestrator.core.journal import Entry
from orchestrator.core.model import Phase
from orchestrator.core.ports import Clock, JournalWriter
from orchestrator.engine import recover
from orchestrator.errors import RepriseError
from orchestrator.store import JournalFile, RunDirectory, create_run
from orchestrator.testing import FakeClock, Play, example_drill, example_plan
from orchestrator.testing.examples import DRILL_TEXT
from tests.patience import FOREVER_SECONDS
from tests.stage import BOOT, Stage, set_stage

FORK = multiprocessing.get_context("fork")
CANARY = {"probe": "fake", "every": "50ms", "lead": "100ms", "with": {"ask": "mark"}, "read": {"ask": "marks"}}
PLAN = example_plan(example_drill(canary=CANARY, stable_for="100ms"))
"""Waits little: where the stops are real ones, so are the waits."""


def run_of(root: Path) -> RunDirectory:
    """The only run of these tests."""
    return RunDirectory(root / "runs" / PLAN.run_id)


@dataclass(frozen=True)
class Teller:
    """Tells the parent of each acknowledged line, and waits to be killed behind one of them."""

    pipe: Connection
    hold_at: int | None

    def told(self, entry: Entry) -> None:
        self.pipe.send((entry.seq, entry.digest))
        if entry.seq == self.hold_at:
            time.sleep(FOREVER_SECONDS)


def staged(root: Path, *, journal: JournalFile, clock: FakeClock) -> Stage:
    """The example's drill; what its cleanup really did is a file."""

    def given(_genesis: str, _clock: Clock) -> JournalWriter:
        return journal

    erase = Play(effect=(root / "erased").touch)
    return set_stage(run_of(root).samples, plan=PLAN, clock=clock, journal=given, plays={"erase": (erase,)})


def drill(root: Path, pipe: Connection, hold_at: int | None, starve: Callable[[], None]) -> None:
    """Run the drill. `starve` is called once the run's directory is there."""
    clock, teller = FakeClock(), Teller(pipe, hold_at)
    run = create_run(root / "runs", plan=PLAN, drill=DRILL_TEXT)
    starve()
    with JournalFile(run, genesis=PLAN.digest, clock=clock, told=teller.told) as journal:
        staged(root, journal=journal, clock=clock).execute()


def recovery(root: Path, pipe: Connection, hold_at: int | None, starve: Callable[[], None]) -> None:
    """Recover the run, as `reprise recover` does, after a reboot."""
    clock, teller, run = FakeClock(monotonic_us=3_000_000), Teller(pipe, hold_at), run_of(root)
    plan = run.read_plan()
    starve()
    with JournalFile(run, genesis=plan.digest, clock=clock, told=teller.told) as journal:
        stage, history = staged(root, journal=journal, clock=clock), History(run.read_journal(plan))
        recover(
            plan,
            history,
            bench=stage.bench,
            content=stage.content,
            boot_id=BOOT,
            now=clock.now(),
            stop=stage.stop,
        )


@dataclass(frozen=True)
class Ended:
    """What became of a process: what it was told of as acknowledged, its error if it had one, and how it ended."""

    acknowledged: dict[int, str]
    error: str
    exit_code: int


Work = Callable[[Path, Connection, int | None, Callable[[], None]], None]


def in_process(
    work: Work,
    root: Path,
    *,
    hold_at: int | None = None,
    after: float | None = None,
    starve: Callable[[], None] = lambda: None,
) -> Ended:
    """Do this work in a process; kill it, with SIGKILL, behind the line `hold_at` or after so many seconds."""
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_guarded, args=(work, root, theirs, hold_at, starve))
    process.start()
    theirs.close()
    if after is not None:
        time.sleep(after)
        os.kill(process.pid or 0, signal.SIGKILL)
    told: dict[int, str] = {}
    error = _listen(ours, told, kill=lambda: os.kill(process.pid or 0, signal.SIGKILL), hold_at=hold_at)
    process.join()
    return Ended(told, error, process.exitcode or 0)


def _guarded(work: Work, root: Path, pipe: Connection, hold_at: int | None, starve: Callable[[], None]) -> None:
    try:
        work(root, pipe, hold_at, starve)
    except RepriseError as error:
        pipe.send(("error", f"{type(error).__name__}: {error} ({error.hint})"))
    except BaseException:  # noqa: BLE001 - the parent is told, whatever it is
        pipe.send(("error", traceback.format_exc()))
    finally:
        os._exit(0)


def _listen(pipe: Connection, told: dict[int, str], *, kill: Callable[[], None], hold_at: int | None) -> str:
    try:
        while True:
            first, second = pipe.recv()
            if first == "error":
                return str(second)
            told[first] = second
            if first == hold_at:
                kill()
    except EOFError:
        return ""


def cleaned(entries: tuple[Entry, ...]) -> bool:
    """Whether the journal has a whole cleanup in it."""
    return History(entries).phase_finished(Phase.CLEANUP) is not None
