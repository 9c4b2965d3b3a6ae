"""A run that somebody varied: both verifiers take what the drill lets be chosen, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.model import Scalar
from orchestrator.core.plan import Plan
from orchestrator.errors import EvidenceError
from orchestrator.testing import example_drill, example_plan
from reports.materials import read_materials
from reports.standalone import verify_evidence as bare
from tests.stage import files_of, set_stage

PARAMETERS: dict[str, Any] = {
    "jobs": {"title": {"fr": "Tâches", "en": "Jobs"}, "default": 2},
    "kind": {"title": {"fr": "Classe", "en": "Class"}, "default": "daily", "options": ["daily", "monthly"]},
}


def _files(plan: Plan, samples: Path) -> dict[str, bytes]:
    stage = set_stage(samples, plan=plan)
    stage.execute()
    return files_of(plan, stage.memory.content, samples=samples)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return tmp_path / "samples"


def _plan(values: dict[str, Scalar], **changes: Any) -> Plan:
    return example_plan(example_drill(parameters=PARAMETERS), parameters=values, **changes)


def test_what_was_chosen_is_told_to_every_playbook_and_read_back_by_both(samples: Path) -> None:
    plan = _plan({"jobs": 4, "kind": "monthly"}, target="database")
    stage = set_stage(samples, plan=plan)
    stage.execute()
    assert {act.variables["jobs"] for act in stage.playbooks.acts} == {4}
    assert next(dict(act.aliases) for act in stage.playbooks.acts) == {"restore-target": "database"}
    files = files_of(plan, stage.memory.content, samples=samples)
    assert read_materials(files).plan.parameters == {"jobs": 4, "kind": "monthly"}
    run = bare.read_run(files)
    assert [host["name"] for host in bare.called(run.plan, "restore-target")] == ["database"]
    assert bare.called(run.plan, "elsewhere") == []


@pytest.mark.parametrize(
    "values",
    [
        {"jobs": 2},
        {"jobs": 2, "kind": "daily", "rto": 1},
        {"jobs": True, "kind": "daily"},
        {"jobs": -1, "kind": "daily"},
        {"jobs": 2, "kind": "yearly"},
        {"jobs": 2, "kind": "{{ x }}"},
    ],
)
def test_what_could_not_be_chosen_is_refused_by_both(values: dict[str, Scalar], samples: Path) -> None:
    files = _files(_plan(values), samples)
    with pytest.raises(EvidenceError):
        read_materials(files)
    with pytest.raises(bare.Wrong):
        bare.read_run(files)
