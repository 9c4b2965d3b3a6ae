"""kill -9 at every line of a run: nothing that was acknowledged is lost, the target is cleaned, the run is aborted."""

import shutil
from pathlib import Path

import pytest

from orchestrator.core.events import GuardDecided, RunFinished, RunInterrupted
from orchestrator.core.journal import Entry
from orchestrator.core.model import Verdict
from orchestrator.testing.examples import DRILL_TEXT
from reports.layout import read_directory, sources
from reports.materials import read_materials
from tests.integration.crash.processes import PLAN, Ended, cleaned, drill, in_process, recovery, run_of

LINES = 49
SIGKILLED = -9


def _entries(root: Path) -> tuple[Entry, ...]:
    return run_of(root).read_journal(PLAN)


def _kept(ended: Ended, entries: tuple[Entry, ...]) -> bool:
    """Every line of which the dead process was told is still there, as it was."""
    return ended.acknowledged == {entry.seq: entry.digest for entry in entries[: len(ended.acknowledged)]}


def is_recovered(root: Path, *, touched: bool) -> None:
    entries = _entries(root)
    assert isinstance(entries[-1].event, RunFinished)
    assert any(isinstance(entry.event, RunInterrupted) for entry in entries)
    assert (root / "erased").exists() is touched
    assert cleaned(entries) is touched
    assert not run_of(root).reserve.exists()
    judgement = read_materials(sources(read_directory(run_of(root).path))).compute()[1]
    assert judgement.verdict is Verdict.ABORTED
    assert run_of(root).drill.read_bytes() == DRILL_TEXT


def test_a_run_that_nobody_kills_has_this_many_lines(tmp_path: Path) -> None:
    ended = in_process(drill, tmp_path)
    assert (ended.error, ended.exit_code, len(ended.acknowledged)) == ("", 0, LINES)
    assert _kept(ended, _entries(tmp_path))


@pytest.mark.parametrize("line", range(LINES - 1))
def test_killed_behind_any_line(tmp_path: Path, line: int) -> None:
    ended = in_process(drill, tmp_path, hold_at=line)
    assert ended.exit_code == SIGKILLED
    entries = _entries(tmp_path)
    assert len(entries) == line + 1
    assert _kept(ended, entries)
    touched = any(isinstance(entry.event, GuardDecided) for entry in entries)
    (tmp_path / "erased").unlink(missing_ok=True)
    recovered = in_process(recovery, tmp_path)
    assert (recovered.error, recovered.exit_code) == ("", 0)
    assert _kept(ended, _entries(tmp_path))
    is_recovered(tmp_path, touched=touched)


@pytest.mark.parametrize("cut", [1, 40, 200])
@pytest.mark.parametrize("line", [1, 20, 33])
def test_killed_inside_a_write(tmp_path: Path, line: int, cut: int) -> None:
    """The next line is half on disk: as after a power cut between write and fsync."""
    ended = in_process(drill, tmp_path, hold_at=line)
    journal = run_of(tmp_path).journal
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines()[-1][:cut])
    assert _kept(ended, _entries(tmp_path))
    assert in_process(recovery, tmp_path).error == ""
    assert journal.read_bytes().startswith(whole)
    is_recovered(tmp_path, touched=line >= 7)


@pytest.mark.parametrize("attempt", range(1, 15, 2))
def test_killed_at_no_particular_instant(tmp_path: Path, attempt: int) -> None:
    ended = in_process(drill, tmp_path, after=0.004 * attempt)
    assert ended.exit_code in (SIGKILLED, 0)
    if not run_of(tmp_path).path.exists():
        return  # Killed before there was a run: nothing was begun, nothing is left under a run's name.
    entries = _entries(tmp_path) if run_of(tmp_path).journal.exists() else ()
    assert len(entries) - len(ended.acknowledged) in (0, 1)
    assert _kept(ended, entries)
    if entries and not isinstance(entries[-1].event, RunFinished):
        touched = any(isinstance(entry.event, GuardDecided) for entry in entries)
        (tmp_path / "erased").unlink(missing_ok=True)
        assert in_process(recovery, tmp_path).error == ""
        is_recovered(tmp_path, touched=touched)


def test_a_recovery_that_is_killed_at_any_line_is_recovered(tmp_path: Path) -> None:
    base = tmp_path / "base"
    cut = in_process(drill, base, hold_at=30)
    whole = tmp_path / "whole"
    shutil.copytree(base, whole)
    lines = len(in_process(recovery, whole).acknowledged)
    assert lines >= 12
    for line in range(31, 31 + lines - 1):
        root = tmp_path / str(line)
        shutil.copytree(base, root)
        killed = in_process(recovery, root, hold_at=line)
        assert killed.exit_code == SIGKILLED
        assert in_process(recovery, root).error == ""
        entries = _entries(root)
        assert _kept(cut, entries)
        assert killed.acknowledged == {e.seq: e.digest for e in entries if e.seq in killed.acknowledged}
        is_recovered(root, touched=True)
