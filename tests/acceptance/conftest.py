"""A project of the lab for each test."""

import os
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.workshop import Workshop, open_workshop


@pytest.fixture
def workshop(lab: Layout, tmp_path: Path) -> Workshop:
    """On the lab as it comes up."""
    return open_workshop(lab, tmp_path)


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has in his environment does not reach a test."""
    for name in [name for name in os.environ if name.endswith("_DSN") or name.startswith("ANSIBLE_")]:
        monkeypatch.delenv(name)
