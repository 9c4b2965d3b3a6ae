"""The journal as a chain: each line carries the digest of the line before, and the first one that of the plan.

Pure: lines in, entries out, or an error that names the line. Writing and fsync are the store's.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import Event
from orchestrator.core.model import SHA256, Microseconds, Moment, Record
from orchestrator.errors import JournalError


class Entry(Record):
    """One line: its number from 0, the digest of the line before, both clocks, and the event."""

    seq: int
    prev: SHA256
    at: Moment
    mono_us: Microseconds
    event: Annotated[Event, Field(discriminator="type")]

    @property
    def digest(self) -> str:
        """What the next line's `prev` must be."""
        return sha256(canonical(self))


def format_line(entry: Entry) -> bytes:
    """An entry as its line of the file, with the line feed that ends it."""
    return canonical(entry) + b"\n"


def parse_journal(content: bytes, *, genesis: str) -> tuple[Entry, ...]:
    """Read a whole journal and check every link of its chain.

    Args:
        content: The bytes of `journal.jsonl`.
        genesis: The SHA-256 of the plan, which the first line must carry.

    Raises:
        JournalError: A line is not an entry in canonical form, or does not follow from the line before it.
    """
    return tuple(_linked(_lines(content), genesis=genesis))


def acknowledged(content: bytes) -> bytes:
    """The journal without a torn last line: a line with no line feed was never acknowledged to anybody."""
    return content[: content.rfind(b"\n") + 1]


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    if content and not content.endswith(b"\n"):
        raise JournalError(
            "journal: the last line is cut",
            hint="`reprise recover` finishes an interrupted run",
        )
    return enumerate(content.split(b"\n")[:-1])


def _linked(lines: Iterable[tuple[int, bytes]], *, genesis: str) -> Iterator[Entry]:
    expected = genesis
    for number, line in lines:
        entry = _parse_line(line, number=number)
        if entry.seq != number or entry.prev != expected:
            raise JournalError(f"journal line {number}: it does not follow from the line before it")
        expected = sha256(line)
        yield entry


def _parse_line(line: bytes, *, number: int) -> Entry:
    try:
        entry = Entry.model_validate(json.loads(line))
        form = canonical(entry)
    # Deep nesting, and numbers that RFC 8785 has no form for, are faults of the line like any other.
    except (ValueError, RecursionError) as error:
        raise JournalError(f"journal line {number}: it is not an event of this format") from error
    if form != line:
        raise JournalError(f"journal line {number}: it is not in canonical form")
    return entry
