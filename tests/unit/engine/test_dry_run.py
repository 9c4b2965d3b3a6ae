"""Up to the first act: questions are asked, playbooks are only checked, and only those that say that they can be."""

from pathlib import Path
from typing import Any

from orchestrator.core.ports import PlaybookMode
from orchestrator.engine.act import Actor
from orchestrator.engine.dry_run import Tried, asked_ahead, dry_run
from orchestrator.testing import Play, Reply, example_drill, example_plan
from tests.stage import Stage, set_stage


def _changed(index: int, **changes: Any) -> list[dict[str, Any]]:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    steps[index] |= changes
    return steps


def _try(stage: Stage) -> dict[str, Tried]:
    actor = Actor(plan=stage.plan, bench=stage.bench, content=stage.content, seen={})
    return {tried.step: tried for tried in dry_run(actor, stop=stage.stop)}


def test_nothing_is_acted_and_no_observer_is_started(samples: Path) -> None:
    stage = set_stage(samples)
    tried = _try(stage)
    assert stage.acted() == []
    assert not samples.exists() or list(samples.iterdir()) == []
    assert tried["lose"].detail == "not tried: would carry out fake/lose.yml, which does not say `check: true`"
    assert tried["manifest"] == Tried(step="manifest", ok=True, detail="answered as it must be")


def test_a_playbook_that_says_so_is_only_checked(samples: Path) -> None:
    stage = set_stage(samples, plan=example_plan(example_drill(steps=_changed(1, check=True))))
    tried = _try(stage)
    assert [(act.step.id, act.mode) for act in stage.playbooks.acts] == [("lose", PlaybookMode.CHECK)]
    assert tried["lose"].ok


def test_a_playbook_that_fails_its_check_speaks_against_the_run(samples: Path) -> None:
    plan = example_plan(example_drill(steps=_changed(1, check=True)))
    tried = _try(set_stage(samples, plan=plan, plays={"lose": (Play(failed=True),)}))
    assert not tried["lose"].ok


def test_a_check_that_passes_before_anything_was_restored_speaks_against_the_run(samples: Path) -> None:
    plan = example_plan(example_drill(self_test_after="prepare"))
    tried = _try(set_stage(samples, plan=plan))
    assert tried["complete"] == Tried(step="complete", ok=False, detail="DOES NOT FAIL where it must")


def test_a_check_that_fails_on_the_empty_host_is_as_it_must_be(samples: Path) -> None:
    plan = example_plan(example_drill(self_test_after="prepare"))
    empty = set_stage(samples, plan=plan, replies={"restored-rows": (Reply(values={"patients.rows": 0}),)})
    assert _try(empty)["complete"] == Tried(step="complete", ok=True, detail="fails where it must")


def test_a_check_that_needs_a_disruption_to_fail_is_only_asked(samples: Path) -> None:
    tried = _try(set_stage(samples))["complete"]
    assert (tried.ok, tried.detail) == (True, "can be asked; it must fail once something is broken")


def test_a_question_that_waits_for_an_act_is_not_asked_yet() -> None:
    steps = _changed(0, needs=["ready"])
    steps.insert(0, {"id": "ready", "phase": "prepare", "playbook": "fake/ready.yml"})
    assert [step.id for step in asked_ahead(example_drill())] == ["manifest"]
    assert asked_ahead(example_drill(steps=steps)) == ()


def test_who_stops_it_is_obeyed_between_two_steps(samples: Path) -> None:
    stage = set_stage(samples)
    stage.stop.request("SIGINT")
    assert _try(stage) == {}
