"""A run whose orchestrator died, cut at every line: the guard is asked again, targets are cleaned, nothing is lost."""

from pathlib import Path

import pytest

from orchestrator.core.events import GuardCheck, GuardDecided, RunFinished, RunInterrupted
from orchestrator.core.history import History
from orchestrator.core.journal import Entry, parse_journal
from orchestrator.core.model import Verdict
from orchestrator.core.results import FindingCode
from orchestrator.engine.recovery import GIVEN_UP, give_up
from orchestrator.errors import ExitCode, StoreError, UncleanError
from orchestrator.testing import FakeClock, FakeHosts, MemoryJournal, Play
from tests.stage import BOOT, Stage, compute, set_stage

LINES = 48
"""Of the example's journal, without the last one: behind that there is nothing to recover."""


@pytest.fixture
def entries(samples: Path) -> tuple[Entry, ...]:
    stage = set_stage(samples)
    stage.execute()
    return stage.memory.entries


def _again(samples: Path, entries: tuple[Entry, ...], *, cut: int, hosts: FakeHosts | None = None) -> Stage:
    def journal(genesis: str, clock: object) -> MemoryJournal:
        return MemoryJournal(genesis=genesis, clock=clock, entries=entries[:cut])  # type: ignore[arg-type]

    # Another boot: the monotonic clock begins again, below what the journal has.
    return set_stage(
        samples, journal=journal, clock=FakeClock(monotonic_us=7_000), left_running=("ansible-playbook",), hosts=hosts
    )


@pytest.mark.parametrize("cut", range(LINES + 1))
def test_a_run_cut_at_any_line_is_cleaned_up_and_aborted(samples: Path, entries: tuple[Entry, ...], cut: int) -> None:
    stage = _again(samples, entries, cut=cut)
    ended = stage.recover(entries[:cut])
    touched = any(isinstance(entry.event, GuardDecided) for entry in entries[:cut])
    assert stage.memory.entries[:cut] == entries[:cut]
    assert isinstance(stage.memory.events[cut], RunInterrupted)
    assert isinstance(stage.memory.events[-1], RunFinished)
    assert stage.acted() == (["erase"] if touched else [])
    assert ended == (("ansible-playbook",) if touched else ())
    assert stage.playbooks.sweeps == ([stage.plan.run_id] if touched else [])
    assert stage.hosts.inspected == (["database"] if touched else [])
    parse_journal(stage.memory.content, genesis=stage.plan.digest)
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.ABORTED
    assert FindingCode.RUN_INTERRUPTED in {finding.code for finding in judgement.findings}
    assert judgement.exit_code is ExitCode.INCONCLUSIVE


ANOTHER_KEY = {("database", GuardCheck.HOST_KEY_KNOWN): "another key"}


def _refused(samples: Path, entries: tuple[Entry, ...], *, cut: int) -> Stage:
    """A recovery that the guard refused: what is journalled of it is in the stage's memory."""
    stage = _again(samples, entries, cut=cut, hosts=FakeHosts(refusing=ANOTHER_KEY))
    with pytest.raises(UncleanError, match="database: host-key-known: another key") as caught:
        stage.recover(entries[:cut])
    assert caught.value.exit_code is ExitCode.CLEANUP
    assert "run `reprise recover` again" in (caught.value.hint or "")
    assert f"--give-up {stage.plan.run_id}" in (caught.value.hint or "")
    return stage


@pytest.mark.parametrize("cut", [8, 18, 28, 43])
def test_a_host_that_has_become_another_one_is_not_cleaned_and_the_run_stays_interrupted(
    samples: Path, entries: tuple[Entry, ...], cut: int
) -> None:
    stage = _refused(samples, entries, cut=cut)
    assert stage.acted() == []
    assert stage.playbooks.sweeps == []
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)
    judgement = compute(stage.plan, stage.memory.entries)
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.CLEANUP)


def test_a_host_that_is_back_is_cleaned_by_the_next_recovery(samples: Path, entries: tuple[Entry, ...]) -> None:
    left = _refused(samples, entries, cut=28).memory.entries
    stage = _again(samples, left, cut=len(left))
    assert stage.recover(left) == ("ansible-playbook",)
    assert stage.acted() == ["erase"]
    assert isinstance(stage.memory.events[-1], RunFinished)
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.INCONCLUSIVE)


def _given_up(samples: Path, entries: tuple[Entry, ...]) -> Stage:
    stage = _again(samples, entries, cut=len(entries))
    give_up(History(entries), journal=stage.journal, boot_id=BOOT, now=stage.clock.now())
    return stage


@pytest.mark.parametrize("refused_before", [True, False])
def test_a_run_that_is_given_up_is_closed_as_not_clean_and_reaches_no_host(
    samples: Path, entries: tuple[Entry, ...], *, refused_before: bool
) -> None:
    left = _refused(samples, entries, cut=28).memory.entries if refused_before else entries[:28]
    stage = _given_up(samples, left)
    assert (stage.acted(), stage.playbooks.sweeps, stage.hosts.inspected) == ([], [], [])
    assert isinstance(stage.memory.events[-1], RunFinished)
    parse_journal(stage.memory.content, genesis=stage.plan.digest)
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.CLEANUP)
    assert judgement.cleanup_failed
    assert (FindingCode.STOP_REQUESTED, GIVEN_UP) in {(found.code, found.subject) for found in judgement.findings}


def test_a_run_that_touched_nothing_leaves_nothing_to_give_up(samples: Path, entries: tuple[Entry, ...]) -> None:
    stage = _given_up(samples, entries[:3])
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.cleanup_failed) == (Verdict.ABORTED, False)
    assert FindingCode.STOP_REQUESTED not in {finding.code for finding in judgement.findings}


def test_a_refused_run_that_was_cut_touches_nothing(samples: Path) -> None:
    hosts = FakeHosts(refusing={("database", GuardCheck.MARKER_MATCHES): "no marker"})
    refused = set_stage(samples, hosts=hosts)
    refused.execute()
    cut = len(refused.memory.entries) - 1
    stage = _again(samples, refused.memory.entries, cut=cut)
    stage.recover(refused.memory.entries[:cut])
    assert stage.acted() == []
    assert stage.hosts.inspected == []
    assert stage.result()[1].exit_code is ExitCode.REFUSED


def test_a_recovery_that_is_stopped_can_be_done_again(samples: Path, entries: tuple[Entry, ...]) -> None:
    stage = _again(samples, entries, cut=30)
    stage.stop.request()
    with pytest.raises(UncleanError):
        stage.recover(entries[:30])
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)
    again = _again(samples, stage.memory.entries, cut=len(stage.memory.entries))
    again.recover(stage.memory.entries)
    assert again.acted() == ["erase"]
    assert again.result()[1].verdict is Verdict.ABORTED


def test_a_cleanup_that_fails_in_the_recovery_says_so(samples: Path, entries: tuple[Entry, ...]) -> None:
    stage = _again(samples, entries, cut=20)
    stage.playbooks = type(stage.playbooks)(clock=stage.clock, plays={"erase": (Play(failed=True),)})
    stage.recover(entries[:20])
    assert stage.result()[1].exit_code is ExitCode.CLEANUP


@pytest.mark.parametrize("fails", range(1, 16))
def test_a_full_disk_during_the_recovery_leaves_it_to_be_done_again(
    samples: Path, entries: tuple[Entry, ...], fails: int
) -> None:
    stage = _again(samples, entries, cut=20)
    stage.journal = MemoryJournal(
        genesis=stage.plan.digest, clock=stage.clock, entries=entries[:20], fails_at=range(fails, 999)
    )
    with pytest.raises(StoreError):
        stage.recover(entries[:20])
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)
    assert stage.memory.entries[:20] == entries[:20]
