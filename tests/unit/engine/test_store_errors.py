"""A journal that cannot be written: the drill stops and cleans up, and nobody pretends that it ended."""

from collections.abc import Callable, Container
from pathlib import Path

import pytest

from orchestrator.core.events import GuardDecided, RunFinished
from orchestrator.core.journal import parse_journal
from orchestrator.core.ports import Clock
from orchestrator.errors import ProbeError, StoreError
from orchestrator.testing import FakeClock, FakeObservers, FakeService, MemoryJournal
from tests.stage import Stage, compute, set_stage

LINES = 49
"""Of the example's journal; `test_the_example_has_this_many_lines` holds it to that."""


def _failing(fails_at: Container[int]) -> Callable[[str, Clock], MemoryJournal]:
    return lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock, fails_at=fails_at)


def test_the_example_has_this_many_lines(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    assert len(stage.memory.entries) == LINES


def _stopped(stage: Stage) -> None:
    with pytest.raises(StoreError):
        stage.execute()
    events = stage.memory.events
    parse_journal(stage.memory.content, genesis=stage.plan.digest)
    assert not any(isinstance(event, RunFinished) for event in events)
    touched = any(isinstance(event, GuardDecided) for event in events)
    # The clocks are measured before the first act: a failure there has nothing to clean up behind it.
    begun = touched and any(event.type == "clock_measured" for event in events)
    assert stage.acted().count("erase") == (1 if begun else 0)
    assert stage.acted()[-1:] == (["erase"] if begun else [])
    if events:
        assert compute(stage.plan, stage.memory.entries).verdict == "aborted"


@pytest.mark.parametrize("line", range(LINES))
def test_one_line_that_cannot_be_written_stops_the_drill(samples: Path, line: int) -> None:
    _stopped(set_stage(samples, journal=_failing({line})))


@pytest.mark.parametrize("line", range(LINES))
def test_a_disk_that_stays_full_stops_the_drill(samples: Path, line: int) -> None:
    stage = set_stage(samples, journal=_failing(range(line, 10_000)))
    _stopped(stage)
    assert len(stage.memory.entries) == line


def test_an_act_that_could_not_be_written_down_is_not_done(samples: Path) -> None:
    whole = set_stage(samples)
    whole.execute()
    line = next(e.seq for e in whole.memory.entries if getattr(e.event, "step", "") == "lose")
    stage = set_stage(samples, journal=_failing({line}))
    with pytest.raises(StoreError):
        stage.execute()
    assert stage.acted() == ["erase"]


def _unstartable(_name: str) -> None:
    raise ProbeError("the watch cannot be started")


def _observers(clock: FakeClock, service: FakeService) -> FakeObservers:
    return FakeObservers(clock=clock, service=service, starting=_unstartable)


def test_what_was_foreseen_ends_as_an_aborted_run(samples: Path) -> None:
    stage = set_stage(samples, observers=_observers)
    stage.execute()
    assert stage.acted() == ["erase"]
    _, judgement = stage.result()
    assert judgement.verdict == "aborted"
    assert "the watch cannot be started" in {finding.subject for finding in judgement.findings}


@pytest.mark.parametrize("line", range(10, 18))
@pytest.mark.parametrize("stays", [False, True])
def test_a_journal_that_fails_behind_it_is_not_kept_silent(samples: Path, line: int, stays: bool) -> None:
    """Line 10 is the stop; behind it comes the cleanup."""
    fails_at = range(line, 10_000) if stays else {line}
    stage = set_stage(samples, observers=_observers, journal=_failing(fails_at))
    with pytest.raises(StoreError):
        stage.execute()
    assert stage.acted() == ["erase"]
    assert not any(isinstance(event, RunFinished) for event in stage.memory.events)
