"""What is restored is what the plan pinned, each point of it, or a backup that the drill has had taken in prepare."""

from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.core.choose import listed
from orchestrator.core.events import RecoveryPointObserved, RecoveryPointTaken
from orchestrator.core.model import Verdict
from orchestrator.core.plan import Plan, RecoveryPoint
from orchestrator.core.results import FindingCode
from orchestrator.testing import FakeCatalogue, example_drill, example_plan
from orchestrator.testing.examples import example_point
from tests.stage import Stage, set_stage

OLD = example_point()
NEW = OLD.model_copy(
    update={
        "id": "20261123-020001F",
        "finished_at": OLD.finished_at + timedelta(minutes=29),
        "manifest_sha256": sha256(b"another manifest"),
    }
)


def plan_that_chooses(word: str, **changes: object) -> Plan:
    drill = example_drill(recovery_point={"catalogue": "fake", "host": "database", "choose": word})
    told = {"listed_points": (listed(OLD),), "recovery_point": None, **changes}
    return example_plan(drill).model_copy(update=told)


def codes(stage: Stage) -> set[FindingCode]:
    return {finding.code for finding in stage.result()[1].findings}


def seen(stage: Stage) -> list[tuple[str, bool]]:
    events = (event for event in stage.memory.events if isinstance(event, RecoveryPointObserved))
    return [(event.id, event.matches) for event in events]


def test_a_backup_that_was_taken_in_prepare_is_what_is_restored(samples: Path) -> None:
    stage = set_stage(samples, plan=plan_that_chooses("taken-in-prepare"), catalogue=FakeCatalogue(points=(OLD, NEW)))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.PASSED
    taken = [event.point for event in stage.memory.events if isinstance(event, RecoveryPointTaken)]
    assert (taken, seen(stage)) == ([NEW], [(NEW.id, True)])
    told = {act.step.id: act.variables.get("recovery_point") for act in stage.playbooks.acts}
    assert told == {"lose": NEW.id, "restore": NEW.id, "erase": NEW.id}


@pytest.mark.parametrize("there", [(OLD,), ()])
def test_where_no_backup_was_taken_nothing_is_broken(samples: Path, there: tuple[RecoveryPoint, ...]) -> None:
    stage = set_stage(samples, plan=plan_that_chooses("taken-in-prepare"), catalogue=FakeCatalogue(points=there))
    stage.execute()
    assert stage.acted() == ["erase"]
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE
    assert FindingCode.NO_RECOVERY_POINT in codes(stage)


def test_a_backup_that_is_gone_again_breaks_nothing(samples: Path) -> None:
    catalogue = FakeCatalogue(points=(OLD, NEW), changed={NEW.id: None})
    stage = set_stage(samples, plan=plan_that_chooses("taken-in-prepare"), catalogue=catalogue)
    stage.execute()
    assert stage.acted() == ["erase"]
    assert FindingCode.RECOVERY_POINT_CHANGED in codes(stage)


def test_a_plan_that_could_not_list_what_there_is_breaks_nothing(samples: Path) -> None:
    plan = plan_that_chooses("taken-in-prepare", listed_points=None, recovery_point_fault="locked")
    stage = set_stage(samples, plan=plan, catalogue=FakeCatalogue(points=(OLD, NEW)))
    stage.execute()
    assert stage.acted() == ["erase"]
    assert FindingCode.NO_RECOVERY_POINT in codes(stage)


def several(**changes: object) -> Plan:
    old, new = (point.model_copy(update={"retention_class": "daily"}) for point in (OLD, NEW))
    told = {"listed_points": (listed(old), listed(new)), "recovery_point": old, "recovery_points": (old, new)}
    return plan_that_chooses("each-class", **(told | changes))


def test_every_point_of_several_is_seen_again_and_told(samples: Path) -> None:
    plan = several()
    stage = set_stage(samples, plan=plan, catalogue=FakeCatalogue(points=plan.recovery_points))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.PASSED
    assert seen(stage) == [(OLD.id, True), (NEW.id, True)]
    told = {act.variables.get("recovery_points") for act in stage.playbooks.acts}
    assert told == {f"{OLD.id}\n{NEW.id}"}


@pytest.mark.parametrize("gone", [OLD.id, NEW.id])
def test_one_of_several_that_is_gone_breaks_nothing(samples: Path, gone: str) -> None:
    plan = several()
    catalogue = FakeCatalogue(points=plan.recovery_points, changed={gone: None})
    stage = set_stage(samples, plan=plan, catalogue=catalogue)
    stage.execute()
    assert stage.acted() == ["erase"]
    assert FindingCode.RECOVERY_POINT_CHANGED in codes(stage)


def test_a_point_that_the_choice_does_not_give_is_no_pass(samples: Path) -> None:
    plan = several(recovery_points=(), recovery_point=several().recovery_points[1])
    stage = set_stage(samples, plan=plan, catalogue=FakeCatalogue(points=(OLD, NEW)))
    stage.execute()
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE
    assert codes(stage) == {FindingCode.RECOVERY_POINT_NOT_AS_CHOSEN}
