"""The workbook, opened again: types, texts that stay texts, both languages, the same bytes."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from orchestrator.core.model import Language
from reports.export.rows import actions_table, register_table
from reports.export.table import Cell, Table, TableName
from reports.export.workbook import render_workbook
from reports.words import load_words
from tests.unit.reports.export.entries import HOSTILE, NOON, chain

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _render(*tables: Table, language: Language = Language.FRENCH) -> bytes:
    return render_workbook(tables, words=load_words(language), moment=MOMENT)


def _opened(*tables: Table, language: Language = Language.FRENCH) -> Workbook:
    return load_workbook(io.BytesIO(_render(*tables, language=language)))


def _one(column: str, value: Cell) -> Table:
    return Table(name=TableName.RUNS, columns=("run", column), rows=(("r", value),))


@pytest.mark.parametrize(
    ("column", "value", "read", "number_format"),
    [
        ("started_at", NOON, NOON.replace(tzinfo=None), "yyyy-mm-dd hh:mm:ss"),
        ("action_due_on", date(2026, 12, 31), datetime(2026, 12, 31), "yyyy-mm-dd"),  # noqa: DTZ001  a day has no zone
        ("duration_s", Decimal("18.884500"), 18.8845, "0.000"),
        ("exit_code", 4, 4, "0"),
        ("rto_met", False, False, "General"),
        ("rto_met", None, None, "General"),
        ("text", "exercice", "exercice", "General"),
    ],
)
def test_each_type_is_a_type_of_the_sheet(column: str, value: Cell, read: object, number_format: str) -> None:
    cell = _opened(_one(column, value)).worksheets[0]["B2"]

    assert cell.value == read
    assert type(cell.value) is type(read)
    assert cell.number_format == number_format


def test_a_text_that_looks_like_a_formula_is_a_text_and_stays_as_it_was_written() -> None:
    cell = _opened(_one("text", HOSTILE)).worksheets[0]["B2"]

    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", HOSTILE, True)


def test_a_character_that_xml_cannot_hold_is_replaced() -> None:
    assert _opened(_one("text", "a\x0bb")).worksheets[0]["B2"].value == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("language", "sheets", "heading", "ending"),
    [
        (Language.FRENCH, ["Registre", "Actions"], "Échéance (UTC)", "refusé par le garde-fou"),
        (Language.ENGLISH, ["Register", "Actions"], "Due at (UTC)", "refused by the guard"),
    ],
)
def test_headings_codes_and_names_of_sheets_are_in_words(
    language: Language, sheets: list[str], heading: str, ending: str
) -> None:
    book = _opened(register_table(chain()), actions_table(chain()), language=language)

    assert book.sheetnames == sheets
    headings = [cell.value for cell in book.worksheets[0][1]]
    assert heading in headings
    table = register_table(chain())
    assert book.worksheets[0].cell(row=6, column=table.columns.index("ending") + 1).value == ending


def test_the_header_is_frozen_and_every_column_can_be_filtered() -> None:
    table = register_table(chain())
    sheet = _opened(table).worksheets[0]

    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert (sheet.max_row, sheet.max_column) == (len(table.rows) + 1, len(table.columns))
    assert len(sheet.column_dimensions) == len(table.columns)
    assert all(8 <= column.width <= 60 for column in sheet.column_dimensions.values())


def test_every_row_comes_back() -> None:
    table = actions_table(chain())
    sheet = _opened(table).worksheets[0]

    read = dict(zip(table.columns, [cell.value for cell in sheet[2]], strict=True))
    assert (read["action"], read["action_state"], read["seq"]) == ("replace-probe", "réalisée", 8)


def test_the_same_tables_give_the_same_bytes_and_no_date_of_the_clock() -> None:
    once = _render(register_table(chain()))
    properties = load_workbook(io.BytesIO(once)).properties

    assert _render(register_table(chain())) == once
    assert properties.created == properties.modified == MOMENT.replace(tzinfo=None)


def test_an_empty_table_is_a_sheet_with_its_header() -> None:
    sheet = _opened(actions_table(())).worksheets[0]

    assert sheet.max_row == 1
    assert sheet["A1"].value == "Action"
