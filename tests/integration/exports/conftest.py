"""A project whose runs, one of every outcome, were really sealed: sealed once, only to be read."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from reports.export.run import SealedRun, read_sealed_run
from reports.layout import BUNDLE
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
    seal: Seal = make_seal(root)
    for story, name in NAMES.items():
        seal.seal(write_run(root / "runs" / name, story=story, run_id=name))
    return root


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
