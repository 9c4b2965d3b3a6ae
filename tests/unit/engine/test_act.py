"""One step: its time limit, what it is told, and what is made of its end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.events import PlaybookFinished, StepFinished
from orchestrator.core.model import Outcome, Verdict
from orchestrator.engine.time_limit import TimeLimit
from orchestrator.errors import DefinitionError, Fault
from orchestrator.testing import FakeClock, ManualStop, Play, Reply, example_drill, example_plan
from tests.stage import ROWS, set_stage
from tests.unit.engine.journals import outcomes


def _with_timeout(index: int, timeout: str) -> Any:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    steps[index]["timeout"] = timeout
    return example_plan(example_drill(steps=steps))


def test_a_playbook_that_takes_too_long_is_stopped_and_its_outcome_is_unknown(samples: Path) -> None:
    stage = set_stage(samples, plan=_with_timeout(2, "2s"), plays={"restore": (Play(hangs=True),)})
    stage.execute()
    assert outcomes(stage.memory.events, "restore") == [(Outcome.UNKNOWN, "stopped (time limit of 2 s)")]
    took = [e.mono_us for e in stage.memory.entries if getattr(e.event, "step", "") == "restore"]
    assert 2_000_000 <= took[-1] - took[0] <= 2_100_000
    assert stage.acted()[-1] == "erase"
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE


def test_a_probe_that_takes_too_long_has_failed(samples: Path) -> None:
    stage = set_stage(samples, plan=_with_timeout(3, "1s"), replies={"restored-rows": (Reply(hangs=True),)})
    stage.execute()
    assert outcomes(stage.memory.events, "complete") == [(Outcome.FAILED, "no answer in time")]
    assert stage.result()[1].verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "play",
    [Play(ends=False), Play(complete=False), Play(exit_code=None), Play(exit_code=254)],
    ids=["no end", "events missing", "killed", "another exit code"],
)
def test_a_playbook_whose_end_proves_nothing_is_unknown(samples: Path, play: Play) -> None:
    stage = set_stage(samples, plays={"restore": (play,)})
    stage.execute()
    assert [outcome for outcome, _ in outcomes(stage.memory.events, "restore")] == [Outcome.UNKNOWN]
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE


def test_a_playbook_whose_end_was_not_seen_is_told_apart(samples: Path) -> None:
    stage = set_stage(samples, plays={"restore": (Play(ends=False),)})
    stage.execute()
    assert outcomes(stage.memory.events, "restore") == [(Outcome.UNKNOWN, "the playbook's end was not seen")]
    assert [e.step for e in stage.memory.events if isinstance(e, PlaybookFinished)] == ["lose", "erase"]


def test_every_playbook_is_told_the_run_the_boundary_and_the_recovery_point(samples: Path) -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    steps[1]["vars"] = {"depth": 3}
    stage = set_stage(samples, plan=example_plan(example_drill(steps=steps)))
    stage.execute()
    lose = stage.playbooks.acts[0]
    wanted = {
        "reprise_run": stage.plan.run_id,
        "reprise_project": "example",
        "reprise_group": "restore-target",
        "reprise_groups": "restore-target",
        "reprise_marker": "/etc/reprise-staging",
        "recovery_point": "20261123-013000F",
        "depth": 3,
    }
    assert {name: lose.variables.get(name) for name in wanted} == wanted
    assert lose.hosts == stage.plan.hosts


def test_a_name_that_stands_for_nothing_makes_the_step_unknown(samples: Path) -> None:
    def resolve(question: Mapping[str, Any]) -> dict[str, Any]:
        if question.get("ask") == "rows":
            raise DefinitionError((Fault(file="reprise.yml", line=None, key="environment.X", message="is not set"),))
        return dict(question)

    stage = set_stage(samples)
    stage.resolve = resolve
    stage.execute()
    assert outcomes(stage.memory.events, "manifest") == [(Outcome.UNKNOWN, "reprise.yml: environment.X: is not set")]
    assert stage.acted() == ["erase"]


def test_long_reasons_are_cut_to_what_a_journal_holds(samples: Path) -> None:
    stage = set_stage(samples, replies={"rows": (Reply(fault="x" * 5_000),)})
    stage.execute()
    reasons = [event.reason for event in stage.memory.events if isinstance(event, StepFinished)]
    assert max(map(len, reasons)) == 300


def test_the_values_of_a_reference_are_those_of_this_run(samples: Path) -> None:
    other = ROWS | {"patients.rows": 1_999}
    stage = set_stage(samples, replies={"restored-rows": (Reply(values=other),)})
    stage.execute()
    assert outcomes(stage.memory.events, "complete") == [(Outcome.FAILED, "patients.rows: 1999, not 2000")]


class TestTimeLimit:
    def test_it_is_requested_when_the_time_is_over(self) -> None:
        clock = FakeClock()
        limit = TimeLimit(parent=ManualStop(clock=clock), clock=clock, timeout_us=1_000)
        assert (limit.requested, limit.reason) == (False, None)
        assert limit.wait(5_000)
        assert clock.monotonic_us() == FakeClock().monotonic_us() + 1_000
        assert limit.reason == "time limit of 0.001 s"

    def test_it_is_requested_when_the_run_is_stopped(self) -> None:
        clock = FakeClock()
        parent = ManualStop(clock=clock)
        limit = TimeLimit(parent=parent, clock=clock, timeout_us=1_000_000)
        parent.request()
        assert limit.requested
        assert limit.reason == "stop requested"
