"""Tables as an XLSX workbook: one sheet each, typed cells, headings and codes in words. What they hold is `rows`'."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.xml.functions import tostring

from reports.export.table import Cell, Table
from reports.layout import pack
from reports.words import Words

_PROPERTIES = "docProps/core.xml"
_HEADING = (Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1F3A5F"))
_FORMATS = ((bool, "General"), (datetime, "yyyy-mm-dd hh:mm:ss"), (date, "yyyy-mm-dd"), (Decimal, "0.000"), (int, "0"))
"""How a cell of a type is shown; a `bool` is an `int`, and a `datetime` a `date`: the first that fits."""
_NARROWEST, _WIDEST = 8, 60
_IN_WORDS = {
    "type": "export.entry",
    "topic": "export.topic",
    "action_state": "export.action-state",
    "verdict": "verdict",
    "ending": "verdict",
    "weight": "weight",
    "quantity": "quantity",
    "basis": "basis",
    "data": "data",
    "unit": "export.unit",
}
"""Columns whose codes are written in words, and where the words are."""


def render_workbook(tables: Sequence[Table], *, words: Words, moment: datetime) -> bytes:
    """The workbook of these tables; the same tables give the same bytes.

    Args:
        tables: One sheet each, in this order.
        words: Whose language headings, codes and sheet names are in. Durations are seconds, instants are in UTC.
        moment: What the file says of when it was made: the newest instant in what it tells of, never the clock's.
    """
    workbook = Workbook(write_only=True)
    for table in tables:
        _fill(workbook.create_sheet(words(f"export.sheet.{table.name}")), table, words=words)
    properties = workbook.properties
    properties.title, properties.creator, properties.language = words("export.workbook"), "reprise", words.language
    return _packed(workbook, moment=moment.replace(tzinfo=None))


def _fill(sheet: WriteOnlyWorksheet, table: Table, *, words: Words) -> None:
    """Write a sheet from its first row to its last: a register may have a hundred thousand."""
    headings = [words(f"export.column.{column}") for column in table.columns]
    rows = [
        [_worded(column, cell, words=words) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{len(rows) + 1}"  # type: ignore[attr-defined]  # not in the stubs
    for position, heading in enumerate(headings):
        width = _width(heading, (row[position] for row in rows))
        sheet.column_dimensions[get_column_letter(position + 1)].width = width  # type: ignore[attr-defined]
    sheet.append([_heading(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _heading(sheet: WriteOnlyWorksheet, text: str) -> SheetCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font, cell.fill = _HEADING
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> SheetCell:
    cell = WriteOnlyCell(sheet)
    if isinstance(value, str):
        # A text is a text, whatever it begins with: `quotePrefix` keeps it one even when somebody edits it.
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"
        cell.quotePrefix = True
    elif value is not None:
        cell.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        cell.number_format = next(form for kind, form in _FORMATS if isinstance(value, kind))
    return cell


def _worded(column: str, cell: Cell, *, words: Words) -> Cell:
    prefix = _IN_WORDS.get(column)
    return words(f"{prefix}.{cell}") if prefix and cell else cell


def _width(heading: str, cells: Iterable[Cell]) -> int:
    """Enough for the longest cell and for the longest word of the heading, which is broken between its words."""
    longest = max((len(part) for cell in cells if cell is not None for part in str(cell).splitlines()), default=0)
    return min(max(longest + 2, max(map(len, heading.split())) + 3, _NARROWEST), _WIDEST)


def _packed(workbook: Workbook, *, moment: datetime) -> bytes:
    """The file without what only the clock put there: openpyxl dates both the archive's members and the properties."""
    saved = io.BytesIO()
    workbook.save(saved)
    with zipfile.ZipFile(saved) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    workbook.properties.created = workbook.properties.modified = moment
    content[_PROPERTIES] = tostring(workbook.properties.to_tree())
    return pack(content)
