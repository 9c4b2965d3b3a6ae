"""Where the fakes put their series."""

from pathlib import Path

import pytest


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return tmp_path / "samples"
