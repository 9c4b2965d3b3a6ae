"""The tutorial, carried out: its files are written, its commands run on the lab, and they print what the page shows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.handbook import OUTPUT, Block, Reader, read_blocks

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "own-system.md"
_RUN = re.compile(r"\d{8}T\d{6}Z(-[a-z-]+-[0-9a-f]{4})?")
_FIGURES = re.compile(r"\d+(?:\.\d+)?(?: (?:µs|ms|s|min|h))?(?: \d+ (?:s|min))*")


@pytest.fixture
def reader(lab: Layout, tmp_path: Path) -> Iterator[Reader]:
    """Somebody who has a lab. What he left running, because a command failed, is ended."""
    yield Reader(directory=tmp_path, settings={"LAB": str(lab.state)})
    # The page says how: its last block, which finds nothing to do where it was reached.
    if (project := tmp_path / "appointments").is_dir():
        Reader(directory=project, settings={}).follow(read_blocks(PAGE.read_text(encoding="utf-8"))[-1])


# A lab, a deployment and three drills, on a machine that has other tests to run.
@pytest.mark.timeout(1800)
def test_who_follows_the_page_sees_what_it_shows(reader: Reader) -> None:
    blocks = read_blocks(PAGE.read_text(encoding="utf-8"))
    printed = ""
    for block in blocks[:-1]:
        if block.language == OUTPUT:
            assert not missing(block, printed=printed), printed
        else:
            printed = reader.follow(block)


def test_the_page_has_one_drill_one_playbook_and_runs_that_end_in_each_way() -> None:
    blocks = read_blocks(PAGE.read_text(encoding="utf-8"))
    files = [block.name for block in blocks if block.name and not block.name.startswith("exit=")]
    assert [name for name in files if name.startswith("drills/")] == ["drills/appointments-restore.yml"]
    assert [name for name in files if name.startswith("playbooks/")] == ["playbooks/appointments/appointments.yml"]
    assert [block.name for block in blocks if "reprise run" in block.text] == ["", "exit=1", "exit=3"]


def missing(shown: Block, *, printed: str) -> list[str]:
    """The lines that a page shows and that were not printed, whatever figures are in them."""
    there = set(map(_without_figures, printed.splitlines()))
    return [line for line in shown.text.splitlines() if _without_figures(line) not in there]


def _without_figures(line: str) -> str:
    return " ".join(_FIGURES.sub("#", _RUN.sub("RUN", line)).split())
