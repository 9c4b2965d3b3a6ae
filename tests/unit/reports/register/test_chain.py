"""The chain of entries: written in one form, read back the same, and every break named."""

import json

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.register.chain import Chain, parse_entry
from reports.register.entries import GENESIS, DrillMissed
from tests.unit.reports.register.conftest import NOON, chained, ended, sealed, started

EVENTS = (started("run-0"), ended("run-0"), sealed("run-0"))


def test_entries_are_numbered_and_carry_the_digest_of_the_line_before() -> None:
    chain = chained(EVENTS)
    entries = chain.entries(3)
    assert [entry.seq for entry in entries] == [0, 1, 2]
    assert [entry.prev for entry in entries] == [GENESIS, sha256(entries[0].line), sha256(entries[1].line)]
    assert chain.head == entries[2].digest
    chain.check(0)


def test_several_at_once_are_the_same_as_one_after_the_other() -> None:
    empty = Chain()
    assert empty.following(EVENTS, at=NOON) == chained(EVENTS).entries(3)
    assert empty.size == 0


def test_a_line_is_read_back_as_it_was_written() -> None:
    missed = DrillMissed(
        drill="d", system="s", perimeters=(5,), due_at=NOON, reason="Pas de créneau : « gel » des changements"
    )
    (entry,) = Chain().following([missed], at=NOON)
    assert parse_entry(entry.line, seq=0) == entry


def _other_form(line: bytes) -> bytes:
    return json.dumps(json.loads(line)).encode()


def _unknown_key(line: bytes) -> bytes:
    return line[:-1] + b',"zz":1}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "not an entry of this format"),
        (b"{}", "not an entry of this format"),
        (b"[" * 100_000, "not an entry of this format"),
        (b'\xff"', "not an entry of this format"),
        (_other_form(chained(EVENTS).entry(0).line), "not in canonical form"),
        (_unknown_key(chained(EVENTS).entry(0).line), "not an entry of this format"),
    ],
    ids=["empty", "without keys", "deep", "not UTF-8", "other form", "unknown key"],
)
def test_what_is_no_entry_is_refused(line: bytes, words: str) -> None:
    with pytest.raises(EvidenceError, match=f"entry 7: it is {words}"):
        parse_entry(line, seq=7)


@pytest.mark.parametrize(("order", "broken"), [((0, 2, 1), 1), ((1, 2), 0), ((0, 2), 1), ((0, 0, 1, 2), 1)])
def test_the_first_entry_that_does_not_follow_is_named(order: tuple[int, ...], broken: int) -> None:
    lines = [chained(EVENTS).entry(number).line for number in range(3)]
    chain = Chain()
    chain.take(lines[number] for number in order)
    with pytest.raises(EvidenceError, match=f"entry {broken}: it does not follow from the entry before it"):
        chain.check(0)


def test_an_entry_that_is_not_there_is_named() -> None:
    for seq in (-1, 3):
        with pytest.raises(EvidenceError, match="there is no entry"):
            chained(EVENTS).entry(seq)


def test_what_mentions_a_text_is_found_before_the_rest_is_read() -> None:
    chain = chained(EVENTS)
    chain.take([b"not even an entry"])
    assert [entry.seq for entry in chain.mentioning("run-0", size=4)] == [0, 1, 2]
    assert list(chain.mentioning("run", size=4)) == []
