"""CSV: RFC 4180, exact figures, and nothing in it that a spreadsheet would calculate."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.export.table import Cell, Table, TableName, neutralised, render_csv, seconds

DANGEROUS = "=+-@＝＋－＠"
"""What begins a formula, in the half-width and the full-width form."""


def _render(*rows: tuple[Cell, ...], columns: tuple[str, ...] = ("a", "b")) -> str:
    return render_csv(Table(name=TableName.RUNS, columns=columns, rows=rows)).decode()


def test_lines_end_as_the_standard_wants_and_the_first_one_is_the_header() -> None:
    assert _render(("x", None)) == "a,b\r\nx,\r\n"


def test_commas_quotes_and_line_feeds_come_back_as_they_were() -> None:
    text = 'one, "two"\nthree'

    assert list(csv.reader(io.StringIO(_render((text, "é")), newline=""))) == [["a", "b"], [text, "é"]]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (Decimal("5.000000"), "5.000000"),
        (datetime(2026, 11, 23, 2, 0, 0, 126456, tzinfo=UTC), "2026-11-23T02:00:00.126456Z"),
        (date(2026, 12, 31), "2026-12-31"),
        (Decimal("-0.000310"), "-0.000310"),
    ],
)
def test_each_type_has_one_form(cell: Cell, written: str) -> None:
    assert _render(("x", cell)) == f"a,b\r\nx,{written}\r\n"


@pytest.mark.parametrize("us", [0, 1, 999_999, 9_262_240, 2**53 - 1])
def test_seconds_are_exact(us: int) -> None:
    written = seconds(us)

    assert written is not None
    assert int(written * 1_000_000) == us
    assert len(str(written).rpartition(".")[2]) == 6


def test_no_bound_is_no_number() -> None:
    assert seconds(None) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("  =1", "  '=1"),
        ("\t=1", "\t'=1"),
        ("ok;=1", "ok;'=1"),
        ('ok;"=1', "ok;\"'=1"),
        ("ok\n=1", "ok\n'=1"),
        ("a-b = c", "a-b = c"),
        ("e-mail@exemple", "e-mail@exemple"),
        ("", ""),
    ],
)
def test_what_would_be_a_formula_becomes_a_text(text: str, written: str) -> None:
    assert neutralised(text) == written


@given(st.text(alphabet=st.sampled_from([*DANGEROUS, " ", "\t", "\r", "\n", ";", '"', "'", "a", "1"])))
def test_no_text_begins_a_formula_whatever_separates_the_cells(text: str) -> None:
    for separator in (";", "\t", "\n", "\r"):
        for cell in neutralised(text).split(separator):
            assert cell.lstrip(' "\t\r\n')[:1] not in tuple(DANGEROUS)


@given(st.text())
def test_only_apostrophes_are_added(text: str) -> None:
    assert neutralised(text).replace("'", "") == text.replace("'", "")
