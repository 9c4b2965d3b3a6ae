"""What the guard refuses is not touched; a recovery point that is not the pinned one is not restored."""

from pathlib import Path

import pytest

from orchestrator.core.events import GuardCheck, GuardDecided, RecoveryPointObserved
from orchestrator.core.guard import LIVE_CHECKS
from orchestrator.core.model import Verdict
from orchestrator.core.plan import Boundary, PinnedEndpoint, Plan
from orchestrator.core.results import FindingCode
from orchestrator.errors import ExitCode
from orchestrator.testing import FakeCatalogue, FakeHosts, example_plan
from tests.stage import Stage, set_stage
from tests.unit.engine.journals import kinds


def _touched_nothing(stage: Stage) -> None:
    assert stage.playbooks.acts == []
    assert stage.playbooks.sweeps == []
    assert stage.probe.questions == []
    assert stage.observers.started == []
    assert stage.observers.reads == 0
    assert stage.catalogue.asked == []
    assert stage.hosts.measured == []
    assert not stage.samples.exists()


def _refused(stage: Stage) -> None:
    _, judgement = stage.result()
    assert (judgement.verdict, judgement.exit_code) == (Verdict.ABORTED, ExitCode.REFUSED)
    assert not judgement.cleanup_failed
    assert {finding.code for finding in judgement.findings} == {FindingCode.REFUSED_BY_GUARD}
    assert kinds(stage.memory.events)[-2:] == ["guard_decided", "run_finished"]


def _bounded(**changes: object) -> Plan:
    plan = example_plan()
    return plan.model_copy(update={"boundary": Boundary.model_validate(plan.boundary.model_dump() | changes)})


DECLARED = {
    "no staging group": _bounded(staging_groups=["other"]),
    "on the never-list": _bounded(never=["192.0.2.0/24"]),
    "an endpoint elsewhere": example_plan(endpoints=(PinnedEndpoint(name="X", host="192.0.2.77", port=5432),)),
}


@pytest.mark.parametrize("why", DECLARED)
def test_what_the_declarations_refuse_is_not_even_connected_to(samples: Path, why: str) -> None:
    stage = set_stage(samples, plan=DECLARED[why])
    stage.execute()
    assert stage.hosts.inspected == []
    _touched_nothing(stage)
    _refused(stage)


@pytest.mark.parametrize("check", LIVE_CHECKS)
def test_one_answer_that_is_no_refuses_the_drill(samples: Path, check: GuardCheck) -> None:
    stage = set_stage(samples, hosts=FakeHosts(refusing={("database", check): "it is not"}))
    stage.execute()
    _touched_nothing(stage)
    _refused(stage)
    assert stage.result()[1].findings[0].subject == f"database: {check}: it is not"


@pytest.mark.parametrize("check", LIVE_CHECKS)
def test_one_question_that_nobody_answered_refuses_the_drill(samples: Path, check: GuardCheck) -> None:
    stage = set_stage(samples, hosts=FakeHosts(silent=frozenset({("database", check)})))
    stage.execute()
    _touched_nothing(stage)
    _refused(stage)
    assert stage.result()[1].findings[0].subject == f"database: {check}: not asked"


def test_a_drill_without_a_target_is_refused(samples: Path) -> None:
    stage = set_stage(samples, plan=example_plan(hosts=(), endpoints=()))
    stage.execute()
    _touched_nothing(stage)
    _refused(stage)


def test_the_decision_comes_after_every_answer(samples: Path) -> None:
    stage = set_stage(samples)
    stage.execute()
    order = kinds(stage.memory.events)
    assert order.index("guard_decided") > max(i for i, kind in enumerate(order) if kind == "guard_observed")
    decisions = [event for event in stage.memory.events if isinstance(event, GuardDecided)]
    assert [event.allowed for event in decisions] == [True]


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_a_recovery_point_that_is_not_the_pinned_one_breaks_nothing(samples: Path, digest: str | None) -> None:
    plan = example_plan()
    assert plan.recovery_point is not None
    catalogue = FakeCatalogue(points=(plan.recovery_point,), changed={plan.recovery_point.id: digest})
    stage = set_stage(samples, catalogue=catalogue)
    stage.execute()
    assert stage.acted() == ["erase"]
    seen = [event for event in stage.memory.events if isinstance(event, RecoveryPointObserved)]
    assert [(event.manifest_sha256, event.matches) for event in seen] == [(digest, False)]
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert FindingCode.RECOVERY_POINT_CHANGED in {finding.code for finding in judgement.findings}


def test_without_a_recovery_point_nothing_is_broken(samples: Path) -> None:
    stage = set_stage(samples, plan=example_plan(recovery_point=None, recovery_point_fault="no backup"))
    stage.execute()
    assert stage.acted() == ["erase"]
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert FindingCode.NO_RECOVERY_POINT in {finding.code for finding in judgement.findings}


def test_a_clock_that_cannot_be_measured_is_a_gap(samples: Path) -> None:
    stage = set_stage(samples, hosts=FakeHosts(offsets_us={("database", "after"): None}))
    stage.execute()
    _, judgement = stage.result()
    assert judgement.verdict is Verdict.PASSED_WITH_GAPS
    assert [finding.code for finding in judgement.findings] == [FindingCode.CLOCK_NOT_MEASURED]
