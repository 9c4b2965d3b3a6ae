"""The two series of a run, as CSV that any tool reads: samples of a watch, markers of a canary. Text in, values out."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.errors import EvidenceError

SAMPLE_COLUMNS = ("due_us", "started_us", "finished_us", "answered", "fault")
MARKER_COLUMNS = ("number", "sent_us", "acknowledged_us", "fault")

_NUMBER = re.compile(r"[0-9]{1,16}")
_CELLS = dict.fromkeys(("due_us", "started_us", "finished_us", "number", "sent_us"), _NUMBER) | {
    "answered": re.compile(r"[01]"),
    "acknowledged_us": re.compile(r"[0-9]{0,16}"),
}
"""What a cell of each column may be. Of a column that is not here: anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question of a watch: when it was due, asked and over (monotonic microseconds), and if it was answered."""

    due_us: int
    started_us: int
    finished_us: int
    answered: bool
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One marker of a canary: its number from 1, when it was sent, when its commit was acknowledged (None: never)."""

    number: int
    sent_us: int
    acknowledged_us: int | None
    fault: str = ""


def format_sample(sample: Sample) -> str:
    """One line of a samples file, line feed included."""
    return _line(
        (
            sample.due_us,
            sample.started_us,
            sample.finished_us,
            int(sample.answered),
            sample.fault,
        )
    )


def format_marker(marker: Marker) -> str:
    """One line of a markers file, line feed included."""
    acknowledged = "" if marker.acknowledged_us is None else marker.acknowledged_us
    return _line((marker.number, marker.sent_us, acknowledged, marker.fault))


def header(columns: tuple[str, ...]) -> str:
    """The first line of a series."""
    return _line(columns)


def parse_samples(text: str) -> tuple[Sample, ...]:
    """Read a samples file. A torn last line (the observer was killed) is left out: it was never closed.

    Raises:
        EvidenceError: A line is not a sample.
    """
    return tuple(
        Sample(
            due_us=int(due),
            started_us=int(start),
            finished_us=int(end),
            answered=answered == "1",
            fault=fault,
        )
        for due, start, end, answered, fault in _rows(text, columns=SAMPLE_COLUMNS)
    )


def parse_markers(text: str) -> tuple[Marker, ...]:
    """Read a markers file. A torn last line is left out.

    Raises:
        EvidenceError: A line is not a marker.
    """
    return tuple(
        Marker(
            number=int(number),
            sent_us=int(sent),
            acknowledged_us=int(ack) if ack else None,
            fault=fault,
        )
        for number, sent, ack, fault in _rows(text, columns=MARKER_COLUMNS)
    )


def _is_cell(column: str, cell: str) -> bool:
    return column not in _CELLS or _CELLS[column].fullmatch(cell) is not None


class _Echo:
    """Hands back each line that a CSV writer makes, where a file would keep it."""

    def write(self, text: str) -> str:
        return text


def _line(cells: Iterable[object]) -> str:
    return str(csv.writer(_Echo(), lineterminator="\n").writerow(cells))


def _rows(text: str, *, columns: tuple[str, ...]) -> list[list[str]]:
    whole = text[: text.rfind("\n") + 1]
    try:
        rows = list(csv.reader(line + "\n" for line in whole.split("\n")[:-1]))
    except csv.Error as error:
        raise EvidenceError(f"a series is not CSV: {error}") from error
    if not rows or tuple(rows[0]) != columns:
        raise EvidenceError(f"a series does not begin with {','.join(columns)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(columns) or not all(map(_is_cell, columns, row)):
            raise EvidenceError(f"line {number} of a series is not {','.join(columns)}")
    return rows[1:]
