"""Every check is asked once where it must fail, and one that does not is believed no more."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.model import Outcome, Verdict
from orchestrator.core.ports import Survivors
from orchestrator.core.results import FindingCode
from orchestrator.testing import FakeObservers, Reply, example_drill, example_plan
from tests.stage import ROWS, Stage, set_stage
from tests.unit.engine.journals import started


def _before_the_disaster(**changes: Any) -> Any:
    return example_plan(example_drill(self_test_after="prepare", **changes))


def _codes(stage: Stage) -> set[FindingCode]:
    return {finding.code for finding in stage.result()[1].findings}


def test_every_check_is_asked_once_where_it_must_fail(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    assert started(stage.memory.events, self_test=True) == ["complete"]
    assert stage.observers.reads == 2
    assert [check.can_fail for check in stage.result()[0].checks] == [True]


def test_after_prepare_a_check_that_passes_stops_the_drill_before_anything_is_broken(samples: Path) -> None:
    stage = set_stage(samples, plan=_before_the_disaster())
    stage.execute()
    assert stage.acted() == ["erase"]
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE
    assert FindingCode.CHECK_CANNOT_FAIL in _codes(stage)


def test_after_prepare_a_check_that_fails_lets_the_drill_go_on(samples: Path) -> None:
    replies = {"restored-rows": (Reply(fault="connection refused"), Reply(values=ROWS))}
    stage = set_stage(samples, plan=_before_the_disaster(), replies=replies)
    stage.execute()
    assert stage.acted() == ["lose", "restore", "erase"]
    assert stage.result()[1].verdict is Verdict.PASSED


@pytest.mark.parametrize("moment", ["prepare", "disrupt"])
def test_markers_that_are_there_before_the_restore_prove_nothing(samples: Path, moment: str) -> None:
    found = Survivors(answered=True, ranges=((1, 5),))
    stage = set_stage(
        samples,
        plan=example_plan(example_drill(self_test_after=moment)),
        replies={"restored-rows": (Reply(fault="refused"), Reply(values=ROWS))},
        reachable=lambda _: True,
        observers=lambda clock, service: FakeObservers(clock=clock, service=service, survivors=lambda _: found),
    )
    stage.execute()
    assert stage.acted() == (["erase"] if moment == "prepare" else ["lose", "restore", "erase"])
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE
    assert ("canary", FindingCode.CHECK_CANNOT_FAIL) in {(f.subject, f.code) for f in stage.result()[1].findings}


def test_after_the_disaster_a_check_that_passes_is_judged_and_the_service_is_restored_all_the_same(
    samples: Path,
) -> None:
    stage = set_stage(samples, reachable=lambda _: True)
    stage.execute()
    assert stage.acted() == ["lose", "restore", "erase"]
    measurements, judgement = stage.result()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert measurements.checks[0].outcome is Outcome.OK
    assert FindingCode.CHECK_CANNOT_FAIL in _codes(stage)


def test_a_minor_check_that_cannot_fail_is_a_gap(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    odd = {"id": "odd", "phase": "verify", "probe": "fake", "severity": "minor", "with": {"ask": "odd"}}
    steps.append(odd | {"expect": {"values": {"n": 1}}})
    replies = {"restored-rows": (Reply(fault="refused"), Reply(values=ROWS)), "odd": (Reply(values={"n": 1}),)}
    plan = example_plan(example_drill(steps=steps))
    stage = set_stage(samples, plan=plan, replies=replies, reachable=lambda _: True)
    stage.execute()
    assert stage.result()[1].verdict is Verdict.PASSED_WITH_GAPS
