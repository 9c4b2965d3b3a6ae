"""The chain: what was altered in any way is found, and named by its line."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.events import PhaseStarted, RunFinished, RunStarted, StopRequested
from orchestrator.core.journal import Entry, acknowledged, format_line, parse_journal
from orchestrator.core.model import Phase
from orchestrator.errors import ExitCode, JournalError
from orchestrator.testing import FakeClock, MemoryJournal

GENESIS = "0" * 64


def _journal() -> bytes:
    journal = MemoryJournal(genesis=GENESIS, clock=FakeClock())
    journal.append(RunStarted(run_id="r", plan_sha256=GENESIS, requester="é ≥", boot_id="b"))
    for phase in Phase:
        journal.append(PhaseStarted(phase=phase))
    journal.append(StopRequested(reason='a "word"'))
    journal.append(RunFinished())
    return journal.content


CONTENT = _journal()
LINES = CONTENT.splitlines(keepends=True)


def _refused(content: bytes) -> str:
    with pytest.raises(JournalError) as caught:
        parse_journal(content, genesis=GENESIS)
    assert caught.value.exit_code is ExitCode.EVIDENCE
    return str(caught.value)


def test_it_is_read_as_it_was_written() -> None:
    entries = parse_journal(CONTENT, genesis=GENESIS)
    assert [entry.seq for entry in entries] == list(range(len(LINES)))
    assert b"".join(map(format_line, entries)) == CONTENT
    assert entries[0].prev == GENESIS
    assert [entry.prev for entry in entries[1:]] == [entry.digest for entry in entries[:-1]]


def test_an_empty_journal_has_no_entry() -> None:
    assert parse_journal(b"", genesis=GENESIS) == ()


def test_a_journal_of_another_plan_is_refused() -> None:
    with pytest.raises(JournalError, match="line 0: it does not follow"):
        parse_journal(CONTENT, genesis="1" * 64)


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
@settings(max_examples=400)
def test_any_byte_that_is_changed_is_found(index: int, difference: int) -> None:
    altered = bytearray(CONTENT)
    altered[index] ^= difference
    content = bytes(altered)
    try:
        entries = parse_journal(content, genesis=GENESIS)
    except JournalError:
        return
    # The last line has no follower whose `prev` would show a change: its digest is what the attestation signs.
    assert entries[:-1] == parse_journal(CONTENT, genesis=GENESIS)[:-1]
    assert entries[-1].digest != parse_journal(CONTENT, genesis=GENESIS)[-1].digest


@given(st.integers(0, len(LINES) - 2))
def test_a_line_that_is_removed_is_found(index: int) -> None:
    _refused(b"".join(LINES[:index] + LINES[index + 1 :]))


def test_the_last_line_removed_is_a_shorter_chain_that_the_attested_length_and_head_show() -> None:
    assert len(parse_journal(b"".join(LINES[:-1]), genesis=GENESIS)) == len(LINES) - 1


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
def test_two_lines_that_are_swapped_are_found(first: int, second: int) -> None:
    if first != second:
        lines = list(LINES)
        lines[first], lines[second] = lines[second], lines[first]
        _refused(b"".join(lines))


@given(st.integers(0, len(LINES)), st.sampled_from([*LINES, b"\n", b"{}\n", b"null\n", b" \n"]))
def test_a_line_that_is_inserted_is_found(index: int, line: bytes) -> None:
    _refused(b"".join([*LINES[:index], line, *LINES[index:]]))


@given(st.integers(1, len(CONTENT) - 1))
def test_a_torn_tail_is_found_and_what_was_acknowledged_is_kept(cut: int) -> None:
    torn = CONTENT[:cut]
    whole = acknowledged(torn)
    assert torn.startswith(whole)
    assert whole == b"".join(LINES[: torn.count(b"\n")])
    parse_journal(whole, genesis=GENESIS)
    if whole != torn:
        assert _refused(torn) == "journal: the last line is cut"


def _with(**changes: object) -> bytes:
    return json.dumps(json.loads(LINES[0]) | changes, sort_keys=True, separators=(",", ":")).encode() + b"\n"


NOT_ENTRIES = {
    "no JSON": b"x\n",
    "a list": b"[]\n",
    "bytes that are no text": b"\xff\xfe\n",
    "an unknown key": _with(more=1),
    "an unknown event": _with(event={"type": "run_imagined"}),
    "an event without a type": _with(event={}),
    "an event with an unknown key": _with(event={"type": "run_finished", "more": 1}),
    "a naive time": _with(at="2026-11-23T02:00:00"),
    "a time of another zone": _with(at="2026-11-23T03:00:00+01:00"),
    "a negative clock": _with(mono_us=-1),
    "a number too large for JSON readers": _with(seq=2**60),
    "a number too long to read": b'{"seq":' + b"9" * 5_000 + b"}\n",
    "NaN": _with(mono_us=float("nan")),
    "a lone surrogate": _with(prev="\ud800"),
    "deep": b"[" * 100_000 + b"\n",
    "spaces": LINES[0].replace(b":", b": ", 1),
    "keys in another order": b'{"seq":0,' + LINES[0].replace(b',"seq":0', b"")[1:],
    "a carriage return": LINES[0][:-1] + b"\r\n",
    "an escape where there need be none": LINES[0].replace("é".encode(), b"\\u00e9"),
    "a key twice": b'{"seq":0,' + LINES[0][1:],
    "a number as text": _with(seq="0"),
    "true as a number": _with(seq=False),
}


@pytest.mark.parametrize("line", NOT_ENTRIES.values(), ids=NOT_ENTRIES)
def test_what_is_no_entry_in_canonical_form_is_refused_by_its_line(line: bytes) -> None:
    assert _refused(line).startswith("journal line 0: ")


def test_a_time_has_its_microseconds_and_its_zone() -> None:
    entry = Entry(seq=0, prev=GENESIS, at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC), mono_us=7, event=RunFinished())
    assert b'"at":"2026-01-02T03:04:05.000006Z"' in format_line(entry)
