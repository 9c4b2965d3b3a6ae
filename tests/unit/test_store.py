"""The run directory: durable, chained, and an error of ours for everything that a disk can do."""

import os
import threading
from pathlib import Path

import pytest

from orchestrator.core.canonical import canonical
from orchestrator.core.events import PhaseStarted, RunFinished, RunStarted, StopRequested
from orchestrator.core.journal import Entry, parse_journal
from orchestrator.core.model import Phase
from orchestrator.errors import EvidenceError, ExitCode, JournalError, StoreError
from orchestrator.store import JournalFile, RunDirectory, create_run
from orchestrator.testing import FakeClock, example_plan
from orchestrator.testing.examples import DRILL_TEXT

PLAN = example_plan()
STARTED = RunStarted(run_id=PLAN.run_id, plan_sha256=PLAN.digest, requester="test", boot_id="b")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "runs", plan=PLAN, drill=DRILL_TEXT)


def _open(run: RunDirectory, *, told: list[Entry] | None = None) -> JournalFile:
    listener = (lambda _: None) if told is None else told.append
    return JournalFile(run, genesis=PLAN.digest, clock=FakeClock(), told=listener)


def test_a_new_run_has_its_plan_and_its_drill_byte_for_byte(run: RunDirectory) -> None:
    assert run.path.name == PLAN.run_id
    assert run.plan.read_bytes() == canonical(PLAN)
    assert run.drill.read_bytes() == DRILL_TEXT
    assert run.read_plan() == PLAN
    assert run.samples.is_dir()
    assert not run.journal.exists()
    assert [path.name for path in run.path.parent.iterdir()] == [PLAN.run_id]


def test_what_was_appended_is_read_back(run: RunDirectory) -> None:
    told: list[Entry] = []
    with _open(run, told=told) as journal:
        journal.append(STARTED)
        journal.append(RunFinished())
    assert run.read_journal(PLAN) == tuple(told)
    assert run.journal.stat().st_mode & 0o077 == 0
    assert not run.reserve.exists()


def test_a_listener_hears_of_a_line_only_when_it_is_on_disk(run: RunDirectory) -> None:
    on_disk: list[int] = []

    def told(entry: Entry) -> None:
        on_disk.append(len(run.read_journal(PLAN)) - entry.seq)

    with JournalFile(run, genesis=PLAN.digest, clock=FakeClock(), told=told) as journal:
        for phase in Phase:
            journal.append(PhaseStarted(phase=phase))
    assert on_disk == [1] * len(Phase)


@pytest.mark.parametrize("error", [BrokenPipeError("closed"), OSError(5, "gone"), SystemExit(1)])
def test_a_terminal_that_is_gone_does_not_end_a_drill(run: RunDirectory, error: BaseException) -> None:
    def told(_: Entry) -> None:
        raise error

    with JournalFile(run, genesis=PLAN.digest, clock=FakeClock(), told=told) as journal:
        journal.append(STARTED)
        journal.append(RunFinished())
    assert len(run.read_journal(PLAN)) == 2


def test_several_threads_write_one_chain(run: RunDirectory) -> None:
    told: list[Entry] = []
    with _open(run, told=told) as journal:
        writers = [
            threading.Thread(target=lambda: list(map(journal.append, [StopRequested(reason="x")] * 25)))
            for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert run.read_journal(PLAN) == tuple(told)
    assert [entry.seq for entry in told] == list(range(100))


def test_it_goes_on_behind_the_last_acknowledged_line(run: RunDirectory) -> None:
    with _open(run) as journal:
        journal.append(STARTED)
    whole = run.journal.read_bytes()
    run.journal.write_bytes(whole + b'{"half')
    assert len(run.read_journal(PLAN)) == 1
    with _open(run) as journal:
        journal.append(RunFinished())
    assert run.journal.read_bytes().startswith(whole)
    assert [entry.event.type for entry in run.read_journal(PLAN)] == ["run_started", "run_finished"]


def test_a_journal_that_is_only_a_torn_line_begins_again(run: RunDirectory) -> None:
    run.journal.write_bytes(b'{"half')
    assert run.read_journal(PLAN) == ()
    with _open(run) as journal:
        journal.append(STARTED)
    assert len(run.read_journal(PLAN)) == 1


def test_a_chain_that_is_broken_is_not_gone_on_with(run: RunDirectory) -> None:
    with _open(run) as journal:
        journal.append(STARTED)
    altered = run.journal.read_bytes().replace(b"test", b"tost")
    run.journal.write_bytes(altered + altered)
    with pytest.raises(JournalError):
        _open(run)
    assert run.journal.read_bytes() == altered + altered


def test_half_a_line_left_by_a_failed_write_is_cut_before_the_next_one(run: RunDirectory) -> None:
    """As after a write and a truncation that both failed."""
    with _open(run) as journal:
        journal.append(STARTED)
        with run.journal.open("ab") as other:
            other.write(b'{"half')
        journal.append(RunFinished())
    assert len(run.read_journal(PLAN)) == 2


def test_a_closed_journal_can_be_closed_again(run: RunDirectory) -> None:
    journal = _open(run)
    journal.close()
    journal.close()
    assert not run.reserve.exists()


def test_no_run_can_be_made_twice(run: RunDirectory) -> None:
    with pytest.raises(StoreError):
        create_run(run.path.parent, plan=PLAN, drill=b"other")
    assert run.drill.read_bytes() == DRILL_TEXT


@pytest.mark.parametrize("parent", ["/proc/nowhere", "/dev/null/runs"])
def test_a_place_that_cannot_be_written_is_named_before_anything_is_done(parent: str) -> None:
    with pytest.raises(StoreError) as caught:
        create_run(Path(parent), plan=PLAN, drill=DRILL_TEXT)
    assert str(caught.value).startswith(parent)
    assert caught.value.exit_code is ExitCode.INCONCLUSIVE
    assert "nothing has been done" in (caught.value.hint or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        create_run(tmp_path / "runs", plan=PLAN, drill=DRILL_TEXT)


def test_a_journal_that_cannot_be_opened_is_an_error_of_ours(run: RunDirectory) -> None:
    run.journal.mkdir()
    with pytest.raises(StoreError, match="Is a directory"):
        _open(run)


def test_a_run_without_a_plan_or_a_journal_is_no_run(tmp_path: Path, run: RunDirectory) -> None:
    with pytest.raises(EvidenceError, match="no journal can be read"):
        run.read_journal(PLAN)
    with pytest.raises(EvidenceError, match="no plan of a run"):
        RunDirectory(tmp_path).read_plan()
    run.plan.write_bytes(b"{}")
    with pytest.raises(EvidenceError, match="no plan of a run"):
        run.read_plan()


def test_a_journal_of_another_plan_is_refused(run: RunDirectory) -> None:
    with _open(run) as journal:
        journal.append(STARTED)
    with pytest.raises(JournalError):
        run.read_journal(example_plan(seed="1" * 64))
    assert parse_journal(run.journal.read_bytes(), genesis=PLAN.digest)
