"""Steps side by side, each after what it needs."""

import threading
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.model import Outcome, Verdict
from orchestrator.testing import Play, example_drill, example_plan
from tests.patience import PATIENCE_SECONDS
from tests.stage import set_stage
from tests.unit.engine.journals import outcomes, started


def _steps(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(step.model_dump(by_alias=True) for step in example_drill().steps), *more]


def _playbook(identifier: str, phase: str, **keys: Any) -> dict[str, Any]:
    return {"id": identifier, "phase": phase, "playbook": f"fake/{identifier}.yml", **keys}


def test_steps_without_needs_run_side_by_side(samples: Path) -> None:
    barrier = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    plan = example_plan(example_drill(steps=_steps(_playbook("one", "prepare"), _playbook("two", "prepare"))))
    both = (Play(effect=barrier.wait),)
    stage = set_stage(samples, plan=plan, plays={"one": both, "two": both})
    stage.execute()
    assert outcomes(stage.memory.events, "one") == outcomes(stage.memory.events, "two") == [(Outcome.OK, "")]
    assert not barrier.broken


def test_a_step_begins_after_what_it_needs_has_ended(samples: Path) -> None:
    more = (_playbook("last", "recover", needs=["restore"]), _playbook("middle", "recover", needs=["lose"]))
    stage = set_stage(samples, plan=example_plan(example_drill(steps=_steps(*more))))
    stage.execute()
    order = [(e.event.type, getattr(e.event, "step", "")) for e in stage.memory.entries]
    assert order.index(("step_finished", "restore")) < order.index(("step_started", "last"))
    assert outcomes(stage.memory.events, "middle") == [(Outcome.OK, "")]


def test_a_step_whose_need_failed_never_runs_and_is_unknown(samples: Path) -> None:
    plan = example_plan(example_drill(steps=_steps(_playbook("last", "recover", needs=["restore"]))))
    stage = set_stage(samples, plan=plan, plays={"restore": (Play(failed=True),)})
    stage.execute()
    measurements, judgement = stage.result()
    assert "last" not in started(stage.memory.events)
    assert {step.step: step.outcome for step in measurements.steps}["last"] is Outcome.UNKNOWN
    assert judgement.verdict is Verdict.FAILED


def test_cleanup_goes_on_behind_a_cleanup_step_that_failed(samples: Path) -> None:
    plan = example_plan(example_drill(steps=_steps(_playbook("check-erased", "cleanup", needs=["erase"]))))
    stage = set_stage(samples, plan=plan, plays={"erase": (Play(failed=True),)})
    stage.execute()
    assert stage.acted()[-2:] == ["erase", "check-erased"]


def test_a_blocking_step_that_fails_ends_the_drill_and_a_minor_one_does_not(samples: Path) -> None:
    for severity, acted in (("blocking", ["odd", "erase"]), ("minor", ["odd", "lose", "restore", "erase"])):
        plan = example_plan(example_drill(steps=_steps(_playbook("odd", "prepare", severity=severity))))
        stage = set_stage(samples, plan=plan, plays={"odd": (Play(failed=True),)})
        stage.execute()
        assert stage.acted() == acted


@pytest.mark.parametrize(("fails", "attempts", "outcome"), [(0, 1, "ok"), (1, 2, "ok"), (2, 3, "ok"), (3, 3, "failed")])
def test_a_step_is_tried_again_as_often_as_it_may(samples: Path, fails: int, attempts: int, outcome: str) -> None:
    stage = set_stage(samples)
    good = Play(effect=stage.service.restore)
    steps = _steps()
    steps[2]["retries"] = 2
    stage = set_stage(
        samples,
        plan=example_plan(example_drill(steps=steps)),
        plays={"restore": (Play(failed=True),) * fails + (good,)},
    )
    stage.execute()
    found = outcomes(stage.memory.events, "restore")
    assert len(found) == attempts
    assert found[-1][0] == outcome
    assert [act.attempt for act in stage.playbooks.acts if act.step.id == "restore"] == list(range(1, attempts + 1))


def test_a_stop_ends_the_retries(samples: Path) -> None:
    steps = _steps()
    steps[2]["retries"] = 5

    def ask() -> None:
        stage.stop.request()

    plan = example_plan(example_drill(steps=steps))
    stage = set_stage(samples, plan=plan, plays={"restore": (Play(failed=True, effect=ask),)})
    stage.execute()
    assert len(outcomes(stage.memory.events, "restore")) == 1
