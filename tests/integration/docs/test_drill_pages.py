"""`docs/reference/drills/` says what the shipped drills are, all of them and no others."""

from pathlib import Path

from reports.catalogue.drill_page import draw_all

ROOT = Path(__file__).parents[3]


def test_the_pages_are_what_the_drills_say() -> None:
    pages = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs/reference/drills").iterdir()}
    assert pages == draw_all(ROOT / "drills")
