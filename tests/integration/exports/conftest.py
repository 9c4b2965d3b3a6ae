"""A project whose runs, one of every outcome, were really sealed: sealed once, only to be read."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.adapters.system import SystemClock
from orchestrator.core.model import Language
from reports.export.run import SealedRun, read_sealed_run
from reports.layout import BUNDLE, read_directory, sources
from reports.materials import read_materials
from reports.register.checkpoint import origin_of
from reports.register.keys import init_register_key, load_register_signer
from reports.register.log import RegisterLog
from reports.register.of_run import end, late_beginning
from reports.seal import seal as make_evidence
from tests.integration.reports.conftest import Seal, make_seal
from tests.integration.reports.example_run import Story, write_run

NAMES = {story: f"2026112{number}T020000Z-postgresql-restore-{number}f9c" for number, story in enumerate(Story)}
"""The name of the run of each story."""

REPRISE_YML = """\
format: reprise/project/v1
name: demo
organisation: {name: Hébergeur Santé Exemple}
staging: {groups: [restore_target]}
never: [production]
production: {endpoints: ["127.0.0.5:5432"]}
marker: {path: /etc/reprise-staging.json}
inventory: inventory/staging.yml
ssh: {known-hosts: trust/known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
language: fr
"""


@pytest.fixture(scope="session")
def project_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's directory. Only to be read: `project` is a copy for tests that write."""
    root = tmp_path_factory.mktemp("project")
    (root / "reprise.yml").write_text(REPRISE_YML, encoding="utf-8")
    seal, register = make_seal(root), _open_register(root)
    for story, name in NAMES.items():
        _seal_entered(write_run(root / "runs" / name, story=story, run_id=name), seal=seal, register=register)
    return root


def _open_register(root: Path) -> RegisterLog:
    """A register beside the project: what its runs carry is enough to show that they were entered."""
    init_register_key(key=root / "keys" / "register.key.pem", public=root / "trust" / "register.pub.pem")
    signer = load_register_signer(root / "keys" / "register.key.pem")
    return RegisterLog(root / "elsewhere", origin=origin_of("demo"), signer=signer, clock=SystemClock())


def _seal_entered(run: Path, *, seal: Seal, register: RegisterLog) -> None:
    materials = read_materials(sources(read_directory(run)))
    register.append([late_beginning(materials)])
    register.append([end(materials)])
    proof = register.prove_run(materials.plan.run_id)
    make_evidence(run, sealer=seal.sealer, language=Language.FRENCH, registration=proof)


@pytest.fixture(scope="session")
def sealed_runs(project_once: Path) -> Mapping[Story, SealedRun]:
    """The run of every story, as the exports see it."""
    bundles = {story: project_once / "runs" / name / BUNDLE for story, name in NAMES.items()}
    return {story: read_sealed_run(bundle.read_bytes()) for story, bundle in bundles.items()}


@pytest.fixture
def project(project_once: Path, tmp_path: Path) -> Path:
    """A project to be changed, with the run that passed."""
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy2(project_once / "reprise.yml", root)
    for folder in ("trust", "keys"):
        shutil.copytree(project_once / folder, root / folder)
    return add_run(root, Story.PASSED, project_once=project_once)


@pytest.fixture
def two_runs(project: Path, project_once: Path) -> Path:
    """The same project with the run that failed beside it."""
    return add_run(project, Story.FAILED, project_once=project_once)


def add_run(root: Path, story: Story, *, project_once: Path) -> Path:
    """Copy a sealed run into a project."""
    shutil.copytree(project_once / "runs" / NAMES[story], root / "runs" / NAMES[story])
    return root
