"""Steps, checks, own time and availability, from small journals written by hand."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.events import (
    Event,
    HostTally,
    PhaseFinished,
    PhaseStarted,
    PlaybookFinished,
    ProbeAnswered,
    RunInterrupted,
    StepFinished,
    StepStarted,
    Values,
)
from orchestrator.core.journal import Entry
from orchestrator.core.measure import _covered, measure
from orchestrator.core.model import Outcome, Phase
from orchestrator.core.plan import Plan
from orchestrator.core.results import CheckResult, Measurements, StepResult
from orchestrator.core.samples import Sample
from orchestrator.testing import example_plan
from orchestrator.testing.clock import STARTED_AT

PLAN = example_plan()


def _journal(events: Sequence[Event], *, plan: Plan = PLAN) -> tuple[Entry, ...]:
    """These events, a millisecond apart."""
    entries: list[Entry] = []
    for seq, event in enumerate(events):
        prev = entries[-1].digest if entries else plan.digest
        at = STARTED_AT + timedelta(milliseconds=seq)
        entries.append(Entry(seq=seq, prev=prev, at=at, mono_us=seq * 1_000, event=event))
    return tuple(entries)


def _measured(*events: Event) -> Measurements:
    return measure(PLAN, _journal([PhaseStarted(phase=Phase.PREPARE), *events]), samples={}, markers=())


def _step(name: str, *events: Event) -> StepResult:
    return next(result for result in _measured(*events).steps if result.step == name)


def _finished(*, ok: int = 1, failures: int = 0, attempt: int = 1, complete: bool = True) -> PlaybookFinished:
    hosts = {"database": HostTally(ok=ok, failures=failures)}
    code = 2 if failures else 0
    return PlaybookFinished(step="restore", attempt=attempt, complete=complete, exit_code=code, hosts=hosts)


def _ended(step: str = "restore", outcome: str = "ok", *, attempt: int = 1, self_test: bool = False) -> StepFinished:
    return StepFinished(step=step, attempt=attempt, self_test=self_test, outcome=Outcome(outcome), reason="as written")


def _answer(values: Values | None, *, step: str = "complete", self_test: bool = False) -> ProbeAnswered:
    return ProbeAnswered(
        step=step,
        attempt=1,
        self_test=self_test,
        answered=values is not None,
        values=values or {},
        started_us=1,
        finished_us=2,
    )


STARTED, AGAIN = StepStarted(step="restore"), StepStarted(step="restore", attempt=2)
STEPS: dict[str, tuple[list[Event], str, str, int]] = {
    "never ran": ([], "unknown", "never ran", 0),
    "started and no more": ([STARTED], "unknown", "started, and nobody knows how it ended", 1),
    "seen to be ok": ([STARTED, _finished(), _ended()], "ok", "", 1),
    "ok without what was seen": ([STARTED, _ended()], "unknown", "never ran", 1),
    "written as ok, seen to fail": ([STARTED, _finished(failures=1), _ended()], "failed", "database: 1 failed", 1),
    "written as failed, seen to be ok": ([STARTED, _finished(), _ended(outcome="failed")], "failed", "as written", 1),
    "written as unknown": ([STARTED, _finished(), _ended(outcome="unknown")], "unknown", "as written", 1),
    "an end without a start": ([_finished(), _ended()], "unknown", "never ran", 0),
    "a start behind the end": ([STARTED, _finished(), _ended(), STARTED], "unknown", "started, and nobody knows", 2),
    "no task done": ([STARTED, _finished(ok=0), _ended()], "unknown", "no task was done on any host", 1),
    "a retry that is ok": (
        [STARTED, _finished(failures=1), _ended(outcome="failed"), AGAIN, _finished(attempt=2), _ended(attempt=2)],
        "ok",
        "",
        2,
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_steps(case: str) -> None:
    events, outcome, reason, attempts = STEPS[case]
    result = _step("restore", *events)
    assert (result.outcome, result.attempts) == (outcome, attempts)
    assert result.reason.startswith(reason)
    assert (result.finished_us is None) is ("nobody knows" in reason or (reason == "never ran" and "ok" not in case))


def test_every_step_of_the_plan_has_a_result_in_its_order() -> None:
    assert [result.step for result in _measured().steps] == [step.id for step in PLAN.drill.steps]
    assert {result.outcome for result in _measured().steps} == {Outcome.UNKNOWN}


def _check(*events: Event) -> CheckResult:
    return _measured(*events).checks[0]


def _asked(values: Values | None, outcome: str, *, self_test: bool = False) -> list[Event]:
    start = StepStarted(step="complete", self_test=self_test)
    return [start, _answer(values, self_test=self_test), _ended("complete", outcome, self_test=self_test)]


MANIFEST: list[Event] = [StepStarted(step="manifest"), _answer({"n": 1}, step="manifest"), _ended("manifest")]


def test_a_check_is_decided_again_from_what_was_seen() -> None:
    assert _check(*MANIFEST, *_asked({"n": 1}, "ok")).outcome is Outcome.OK
    lied = _check(*MANIFEST, *_asked({"n": 2}, "ok"))
    assert (lied.outcome, lied.reason) == (Outcome.FAILED, "n: 2, not 1")
    assert (lied.observed, lied.expected) == ({"n": 2}, {"n": "= 1"})


def test_a_check_without_its_reference_is_unknown() -> None:
    assert _check(*_asked({"n": 1}, "ok")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("values", "can_fail"), [(None, True), ({"n": 2}, True), ({"n": 1}, False)])
def test_what_a_self_test_proves(values: Values | None, can_fail: bool) -> None:
    assert _check(*MANIFEST, *_asked(values, "failed", self_test=True)).can_fail is can_fail


def test_a_self_test_that_never_ran_proves_nothing() -> None:
    assert _check(*MANIFEST).can_fail is None


def test_a_self_test_says_nothing_of_the_step() -> None:
    assert _check(*MANIFEST, *_asked(None, "failed", self_test=True)).outcome is Outcome.UNKNOWN


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=6), st.integers(0, 40))
def test_what_is_covered_is_the_union_of_the_stretches(stretches: list[list[int]], start: int) -> None:
    window = set(range(start, 35))
    covered = set[int]().union(*(range(begun, ended) for begun, ended in stretches)) & window
    assert _covered(((begun, ended) for begun, ended in stretches), start=start, end=35) == len(covered)


def test_the_curve_has_one_stretch_for_each_change() -> None:
    samples = tuple(
        Sample(due_us=n, started_us=n * 10, finished_us=n * 10 + 5, answered=mark == "+")
        for n, mark in enumerate("++--+")
    )
    found = measure(PLAN, _journal([PhaseStarted(phase=Phase.PREPARE)]), samples={"service": samples}, markers=())
    assert [(s.answers, s.started_us, s.finished_us, s.samples) for s in found.availability] == [
        (True, 0, 15, 2),
        (False, 20, 35, 2),
        (True, 40, 45, 1),
    ]


def test_what_was_written_after_an_interruption_is_not_measured_with() -> None:
    """Another boot has another monotonic clock."""
    cut = RunInterrupted(boot_id="b", recovered_at=STARTED_AT)
    events: list[Event] = [PhaseStarted(phase=Phase.DISRUPT), StepStarted(step="lose"), cut]
    found = _measured(*events, PhaseFinished(phase=Phase.DISRUPT), PhaseStarted(phase=Phase.RECOVER))
    assert [point.instant.value for point in found.timeline] == ["t0"]
    assert found.ended_us == 2_000


def test_a_run_that_died_before_its_first_line_can_be_measured() -> None:
    entries = _journal([RunInterrupted(boot_id="b", recovered_at=STARTED_AT)])
    found = measure(PLAN, entries, samples={}, markers=())
    assert (found.origin_us, found.ended_us, found.timeline) == (0, 0, ())
