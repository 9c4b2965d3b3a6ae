"""What happened to the lines of a register, told from their numbers and links: altered, removed, inserted, moved. Pure.

It names what somebody did who could not sign. What somebody did who made numbers and links fit again, only roots show.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.register.chain import parse_entry
from reports.register.entries import GENESIS, RegisterEntry
from reports.register.findings import FaultCode, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it is found: what it says that it is, and its own digest. `fault` says why it is no entry."""

    number: int
    seq: int
    prev: str
    digest: str
    entry: RegisterEntry | None
    fault: str = ""


def read_lines(content: Sequence[bytes]) -> tuple[Line, ...]:
    """Look at every line. One that cannot be read stands for the number that it should have had."""
    found: list[Line] = []
    for number, line in enumerate(content, start=1):
        expected = found[-1].seq + 1 if found else 0
        found.append(_read_line(line, number=number, expected=expected))
    return tuple(found)


def find_damage(lines: Sequence[Line], *, vouched: int) -> tuple[Finding, ...]:
    """Name what is wrong with numbers and links.

    Args:
        lines: All lines.
        vouched: How many of the first lines are as they were signed: of a broken link, it is the other end then.
    """
    kept, inserted = _without_repeated(lines)
    findings = [_malformed(line) for line in lines if line.fault]
    findings += [_inserted(line, original=original) for line, original in inserted]
    findings += _removed(kept)
    findings += [_moved(line) for line in _out_of_order(kept)]
    altered = {line.seq: line for line in _altered(kept, vouched=vouched)}
    malformed = {line.seq for line in lines if line.fault}
    findings += [_altered_entry(line) for seq, line in sorted(altered.items()) if seq not in malformed]
    return tuple(findings)


def _read_line(line: bytes, *, number: int, expected: int) -> Line:
    digest = sha256(line)
    try:
        entry = parse_entry(line, seq=number - 1)
    except EvidenceError as error:
        seq, prev = _claimed(line, expected=expected)
        return Line(number=number, seq=seq, prev=prev, digest=digest, entry=None, fault=str(error).partition(": ")[2])
    return Line(number=number, seq=entry.seq, prev=entry.prev, digest=digest, entry=entry)


def _claimed(line: bytes, *, expected: int) -> tuple[int, str]:
    """The number and link of a line that is no entry, as far as they can be told."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return expected, ""
    seq, prev = (document.get("seq"), document.get("prev")) if isinstance(document, dict) else (None, None)
    return seq if type(seq) is int and seq >= 0 else expected, prev if isinstance(prev, str) else ""


def _without_repeated(lines: Sequence[Line]) -> tuple[tuple[Line, ...], list[tuple[Line, Line]]]:
    """One line for each number: the one that the next entry is tied to; with it, each other and its original."""
    by_seq: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_seq[line.seq].append(line)
    original = {seq: _original(group, followers=by_seq.get(seq + 1, [])) for seq, group in by_seq.items()}
    kept = tuple(line for line in lines if original[line.seq] is line)
    return kept, [(line, original[line.seq]) for line in lines if original[line.seq] is not line]


def _original(group: Sequence[Line], *, followers: Sequence[Line]) -> Line:
    tied = {line.prev for line in followers}
    return next((line for line in group if line.digest in tied), group[0])


def _removed(kept: Sequence[Line]) -> Iterator[Finding]:
    expected = 0
    for seq in sorted(line.seq for line in kept):
        if seq > expected:
            yield _removed_range(expected, seq - 1)
        expected = seq + 1


def _out_of_order(kept: Sequence[Line]) -> Iterator[Line]:
    """The fewest lines that must have been moved: those outside the longest run of rising numbers."""
    tails: list[int] = []
    lengths = [0] * len(kept)
    for place, line in enumerate(kept):
        lengths[place] = bisect_left(tails, line.seq) + 1
        tails[lengths[place] - 1 : lengths[place]] = [line.seq]
    wanted, below = len(tails), float("inf")
    rising: set[int] = set()
    for place in reversed(range(len(kept))):
        if lengths[place] == wanted and kept[place].seq < below:
            rising.add(place)
            wanted, below = wanted - 1, kept[place].seq
    return (line for place, line in enumerate(kept) if place not in rising)


def _altered(kept: Sequence[Line], *, vouched: int) -> Iterator[Line]:
    """Of each broken link, the end that nobody vouches for."""
    by_seq = {line.seq: line for line in kept}
    first = by_seq.get(0)
    if first is not None and first.prev != GENESIS:
        yield first
    for seq, line in sorted(by_seq.items()):
        following = by_seq.get(seq + 1)
        if following is not None and following.prev != line.digest:
            yield following if seq < vouched else line


def _malformed(line: Line) -> Finding:
    return _of(line, FaultCode.ENTRY_MALFORMED, line.fault)


def _inserted(line: Line, *, original: Line) -> Finding:
    detail = f"it bears the number of line {original.number}, which the entry after it is tied to"
    return _of(line, FaultCode.ENTRY_INSERTED, detail)


def _moved(line: Line) -> Finding:
    return _of(line, FaultCode.ENTRY_MOVED, "it does not stand where its number belongs")


def _altered_entry(line: Line) -> Finding:
    return _of(line, FaultCode.ENTRY_ALTERED, "the entries around it are tied to other content")


def _removed_range(first: int, last: int) -> Finding:
    subject = f"entry {first}" if first == last else f"entries {first} to {last}"
    detail = "the numbers around it are there" if first == last else "the numbers around them are there"
    return Finding(code=FaultCode.ENTRY_REMOVED, subject=subject, detail=detail, seq=first)


def _of(line: Line, code: FaultCode, detail: str) -> Finding:
    subject = f"entry {line.seq} (line {line.number})"
    return Finding(code=code, subject=subject, detail=detail, seq=line.seq, line=line.number)
