"""Where printed pages break, by the report's own style, wherever on a page something begins."""

import subprocess
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from reports.pdf import draw_pdf

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
PLACES = range(196, 258, 4)
"""Millimetres from the top of a page: from where everything fits to where nothing does."""
ROWS = 5


def _pages(sections: str, directory: Path) -> list[str]:
    style = files("reports").joinpath("templates", "report.css").read_text(encoding="utf-8")
    page = f'<html lang="en"><head><title>Pages</title><style>{style}</style></head><body>{sections}</body></html>'
    path = directory / "pages.pdf"
    path.write_bytes(draw_pdf(page, attachments={}, identifier="pages", moment=MOMENT))
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]


def _below(place: int, content: str) -> str:
    return f'<section class="break"><div style="height: {place}mm">at {place}</div>{content}</section>'


def _rows(place: int) -> str:
    return "".join(
        f'<tr><td>{number}</td><td class="label">row of {place}</td><td></td></tr>' for number in range(ROWS)
    )


def _shares(pages: list[str], words: str) -> list[int]:
    """How many rows stand on each page that has any."""
    return [count for page in pages if (count := page.count(words))]


def test_a_page_never_has_one_row_of_a_group_of_fields(tmp_path: Path) -> None:
    head = '<thead><tr><th scope="col" colspan="3">A</th></tr></thead>'
    tables = (_below(place, f'<table class="fields">{head}<tbody>{_rows(place)}</tbody></table>') for place in PLACES)
    pages = _pages("".join(tables), tmp_path)

    shares = [_shares(pages, f"row of {place}") for place in PLACES]

    assert {sum(share) for share in shares} == {ROWS}
    assert all(min(share) >= 2 for share in shares)
    assert len({tuple(share) for share in shares}) > 1, "some are whole, some are in two"


def test_what_must_stay_whole_is_on_one_page(tmp_path: Path) -> None:
    blocks = (
        _below(place, f'<div class="whole"><h3>How</h3><table class="commands">{_rows(place)}</table></div>')
        for place in PLACES
    )
    pages = _pages("".join(blocks), tmp_path)

    assert [_shares(pages, f"row of {place}") for place in PLACES] == [[ROWS]] * len(PLACES)
    assert len(pages) > len(PLACES), "some had to go to the next page"
