"""Steps that people carry out, in the whole engine: asked, waited for, judged, and what becomes of the run."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.events import (
    AnswerRefused,
    GuardDecided,
    GuardObserved,
    PersonAnswered,
    PersonAsked,
    PersonDecision,
    StepFinished,
)
from orchestrator.core.model import Outcome, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.results import FindingCode, Instant, Quantity
from orchestrator.testing import FakeClock, Said, answer, example_plan, tabletop_drill, tabletop_plan
from tests.stage import Stage, set_stage

GRANTED, REFUSED, DONE = PersonDecision.GRANTED, PersonDecision.REFUSED, PersonDecision.DONE
MINUTE_US = 60_000_000
PLAN = tabletop_plan()


def _stage(samples: Path, *, plan: Plan = PLAN, **said: Said) -> Stage:
    honest = {
        "announce": Said(given=answer(plan, "announce", DONE)),
        "decide": Said(given=answer(plan, "decide", GRANTED), after_us=4 * MINUTE_US),
        "confirm": Said(given=answer(plan, "confirm", DONE, values={"units": 3})),
    }
    return set_stage(samples, plan=plan, said={step: [one] for step, one in (honest | said).items()})


def _events(stage: Stage, kind: type[Any]) -> list[Any]:
    return [event for event in stage.memory.events if isinstance(event, kind)]


def _codes(stage: Stage) -> set[tuple[FindingCode, str]]:
    return {(finding.code, finding.subject) for finding in stage.result()[1].findings}


def test_everybody_answers_as_is_hoped(samples: Path) -> None:
    stage = _stage(samples)
    stage.execute()
    measurements, judgement = stage.result()
    assert (judgement.verdict, judgement.findings) == (Verdict.PASSED, ())
    assert [event.step for event in _events(stage, PersonAsked)] == ["announce", "decide", "confirm"]
    decision = measurements.quantity(Quantity.DECISION)
    assert decision is not None
    assert (decision.basis, decision.met, decision.objective) == ("person", True, 10 * MINUTE_US)
    announced, decided = (measurements.instant(one) for one in (Instant.DISASTER, Instant.DECIDED))
    assert announced is not None
    assert decided is not None
    assert decision.value == decided.at - announced.at
    assert decision.value.upper is not None
    assert decision.value.lower < 4 * MINUTE_US + 500_000 < decision.value.upper + 1_000_000
    assert [point.instant for point in measurements.timeline] == [
        Instant.DISASTER,
        Instant.DECIDED,
        Instant.RECOVERY_BEGINS,
        Instant.CHECKS_PASSED,
    ]
    assert measurements.quantity(Quantity.RTO) is None


def test_a_refusal_ends_the_drill_and_is_named(samples: Path) -> None:
    stage = _stage(samples, decide=Said(given=answer(PLAN, "decide", REFUSED)))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.FAILED
    assert (FindingCode.APPROVAL_REFUSED, "decide") in _codes(stage)
    assert stage.people.opened == ["announce", "decide"]


@pytest.mark.parametrize(("at_limit", "verdict"), [("failed", Verdict.FAILED), ("unknown", Verdict.INCONCLUSIVE)])
def test_nobody_answers_and_that_is_never_a_yes(samples: Path, at_limit: str, verdict: Verdict) -> None:
    steps = [step.model_dump(by_alias=True) for step in tabletop_drill().steps]
    steps[1]["approval"]["at-limit"] = at_limit
    stage = _stage(samples, plan=tabletop_plan(tabletop_drill(steps=steps)), decide=Said(fault="", after_us=10**12))
    stage.execute()
    assert stage.result()[1].verdict is verdict
    assert (FindingCode.NOBODY_ANSWERED, "decide") in _codes(stage)
    ended = [event for event in _events(stage, StepFinished) if event.step == "decide"]
    assert [(event.outcome, event.reason) for event in ended] == [(Outcome(at_limit), "nobody answered in time")]


def test_a_value_that_is_not_as_it_must_be_fails_the_check(samples: Path) -> None:
    stage = _stage(samples, confirm=Said(given=answer(PLAN, "confirm", DONE, values={"units": 2})))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.FAILED
    assert (FindingCode.CHECK_FAILED, "confirm") in _codes(stage)


def test_a_decision_that_comes_late_misses_its_objective(samples: Path) -> None:
    stage = _stage(samples, decide=Said(given=answer(PLAN, "decide", GRANTED), after_us=11 * MINUTE_US))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.FAILED
    assert _codes(stage) == {(FindingCode.DECISION_MISSED, "decision")}


def test_what_does_not_count_is_written_down_and_waited_past(samples: Path) -> None:
    wrong = Said(given=answer(PLAN, "decide", GRANTED, run_id="another"))
    unreadable, right = Said(fault="it is no answer of this format"), Said(given=answer(PLAN, "decide", GRANTED))
    stage = _stage(samples)
    stage.people = type(stage.people)(
        clock=stage.clock,
        said={
            "announce": [Said(given=answer(PLAN, "announce", DONE))],
            "decide": [wrong, unreadable, right],
            "confirm": [Said(given=answer(PLAN, "confirm", DONE, values={"units": 3}))],
        },
    )
    stage.execute()
    assert [event.why for event in _events(stage, AnswerRefused)] == [
        "it answers another question: of another run, plan or step",
        "it is no answer of this format",
    ]
    assert stage.people.put_away == ["decide", "decide"]
    assert stage.result()[1].verdict is Verdict.PASSED


def test_a_stop_ends_the_wait_and_nobody_is_blamed(samples: Path) -> None:
    stage = _stage(samples, decide=Said(after_us=10**12))
    clock: FakeClock = stage.clock

    class Impatient(type(stage.stop)):  # type: ignore[misc]
        """Requested a minute after the start."""

        @property
        def requested(self) -> bool:
            return clock.monotonic_us() > started_us + MINUTE_US

        @property
        def reason(self) -> str | None:
            return "SIGTERM" if self.requested else None

    started_us = clock.monotonic_us()
    stage.stop = Impatient(clock=clock)
    stage.execute()
    assert stage.result()[1].verdict is Verdict.ABORTED
    assert (FindingCode.STEP_UNKNOWN, "decide") in _codes(stage)
    assert not _events(stage, PersonAnswered)[1:]


def test_the_guard_lets_people_begin_where_no_host_is_touched(samples: Path) -> None:
    stage = _stage(samples)
    stage.execute()
    assert [event.allowed for event in _events(stage, GuardDecided)] == [True]
    assert not _events(stage, GuardObserved)


def test_a_drill_that_acts_on_hosts_has_some_or_is_refused(samples: Path) -> None:
    stage = set_stage(samples, plan=example_plan(hosts=(), endpoints=()))
    stage.execute()
    assert [event.reasons for event in _events(stage, GuardDecided)] == [("the drill has no target",)]
