"""A project of the lab for each test."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.workshop import Workshop, no_settings_of_ours, open_workshop

__all__ = ["no_settings_of_ours", "workshop"]


@pytest.fixture
def workshop(lab: Layout, tmp_path: Path) -> Workshop:
    """On the lab as it comes up."""
    return open_workshop(lab, tmp_path)
