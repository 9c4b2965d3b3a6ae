"""Runs that were really sealed, of several outcomes: sealed once, only to be read."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from reports.export.run import SealedRun, read_sealed_run
from tests.integration.reports.conftest import Seal, make_seal
from tests.integration.reports.example_run import Story, write_run

NAMES = {story: f"2026112{number}T020000Z-postgresql-restore-{number}f9c" for number, story in enumerate(Story)}
"""The name of the run of each story."""


@pytest.fixture(scope="session")
def own_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """The key that everything is sealed with."""
    return make_seal(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session")
def sealed_runs(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Story, SealedRun]:
    """A sealed run of every story, as the exports see it."""
    root = tmp_path_factory.mktemp("runs")
    return {story: _sealed(root, story=story, seal=own_seal) for story in Story}


def _sealed(root: Path, *, story: Story, seal: Seal) -> SealedRun:
    sealed = seal.seal(write_run(root / NAMES[story], story=story, run_id=NAMES[story]))
    return read_sealed_run(sealed.bundle.read_bytes())
