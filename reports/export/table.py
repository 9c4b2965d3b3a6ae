"""A table of typed cells, and its form as CSV (RFC 4180, UTF-8). What the tables hold is `rows`' matter."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Cell = str | bool | int | Decimal | datetime | date | None
"""None: there is nothing to say. A duration is a number of seconds (`Decimal`), an instant is aware and in UTC."""

_MICROSECONDS = Decimal("0.000001")
_WOULD_BE_A_FORMULA = re.compile(r"(^|[;\t\r\n])([\s\"']*)(?=[=+\-@＝＋－＠])")
"""At the start of a cell, and after what a spreadsheet of another locale takes for the end of one."""


class TableName(StrEnum):
    """The tables there are."""

    REGISTER = "register"
    RUNS = "runs"
    MEASUREMENTS = "measurements"
    FINDINGS = "findings"
    ACTIONS = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under named columns, all of the same length."""

    name: TableName
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def seconds(us: int | None) -> Decimal | None:
    """Microseconds as seconds, exactly, to six decimals."""
    return None if us is None else (Decimal(us) * _MICROSECONDS).quantize(_MICROSECONDS)


def render_csv(table: Table) -> bytes:
    """The table as CSV: one header, lines that end in CR LF, no byte-order mark.

    Instants are ISO 8601 in UTC with `Z`, durations seconds with six decimals, answers `true` and `false`. A text that
    a spreadsheet would calculate gets an apostrophe before the character that would begin the formula.
    """
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_written(cell) for cell in row] for row in table.rows)
    return output.getvalue().encode()


def neutralised(text: str) -> str:
    """The text in a form that no spreadsheet calculates; most texts are that already."""
    return _WOULD_BE_A_FORMULA.sub(r"\1\2'", text)


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.isoformat().replace("+00:00", "Z")
        case date():
            return cell.isoformat()
        case str():
            return neutralised(cell)
        case _:
            return str(cell)
