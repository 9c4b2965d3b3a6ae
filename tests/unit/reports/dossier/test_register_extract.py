"""The register's lines and the checkpoint over them: read in one form only, and their root as RFC 6962 has it."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import EvidenceError
from reports.dossier.extract import format_entries, parse_checkpoint, parse_entries, tree_root
from reports.dossier.period import Period
from reports.dossier.proof import build_proof
from reports.register.entries import RegisterEntry
from tests.unit.reports.dossier.lives import at, chain, ended, planned, sealed, started

ENTRIES = chain((at(1), planned(at(3))), (at(2), started("r")), (at(2), ended("r")), (at(7), sealed("r")))
YEAR = Period.model_validate({"first_day": "2026-01-15", "last_day": "2026-03-31"})


def note(size: int, root: str) -> str:
    return f"example/log\n{size}\n{base64.b64encode(bytes.fromhex(root)).decode()}\n\n— example/log c2ln\n"


def _reference(leaves: list[bytes]) -> bytes:
    """MTH, word for word as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + _reference(leaves[:split]) + _reference(leaves[split:])).digest()


@given(st.integers(0, 40))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    entries = chain(*((at(1), planned(at(3), f"drill-{number}")) for number in range(count)))
    assert tree_root(entries) == _reference([entry.line for entry in entries]).hex()


def test_lines_are_read_back() -> None:
    assert parse_entries(format_entries(ENTRIES)) == ENTRIES
    assert parse_entries(b"") == ()


def _without(number: int, entries: tuple[RegisterEntry, ...] = ENTRIES) -> bytes:
    return format_entries([entry for entry in entries if entry.seq != number])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_without(0), "line 0 does not follow"),
        (_without(1), "line 1 does not follow"),
        (format_entries((*ENTRIES, ENTRIES[-1])), "line 4 does not follow"),
        (format_entries(reversed(ENTRIES)), "line 0 does not follow"),
        (format_entries(ENTRIES)[:-1], "last line is cut"),
        (format_entries(ENTRIES)[:-9], "last line is cut"),
        (format_entries(ENTRIES).replace(b'"seq":1', b'"seq": 1'), "line 1 is not in canonical form"),
        (b"{}\n", "line 0 is not an entry"),
        (b"\xff\n", "line 0 is not an entry"),
        (b"[" * 100_000 + b"\n", "line 0 is not an entry"),
        (b'{"seq":NaN}\n', "line 0 is not an entry"),
    ],
)
def test_what_is_not_whole_is_not_read(content: bytes, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        parse_entries(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\nx\nAAAA\n\n",
        "a\n01\n" + "A" * 43 + "=\n\n",
        "a\n1\nAAAA\n\n",
        "a\n1\n***\n\n",
        "\n1\nAAAA\n\n",
    ],
)
def test_what_is_no_checkpoint_is_not_read(text: str) -> None:
    with pytest.raises(EvidenceError, match="checkpoint"):
        parse_checkpoint(text)


def test_a_checkpoint_over_all_lines_holds() -> None:
    proof = build_proof(ENTRIES, checkpoint=note(4, tree_root(ENTRIES)), period=YEAR)
    assert (proof.holds, proof.beyond, proof.lines) == (True, 0, 4)
    assert (proof.first_line, proof.last_line) == (1, 2)
    assert proof.kinds == {"drill_ended": 1, "drill_started": 1}


def test_lines_behind_the_checkpoint_are_counted() -> None:
    proof = build_proof(ENTRIES, checkpoint=note(3, tree_root(ENTRIES[:3])), period=YEAR)
    assert (proof.holds, proof.beyond) == (True, 1)


@pytest.mark.parametrize("size", [3, 5])
def test_a_checkpoint_of_other_lines_or_of_more_does_not(size: int) -> None:
    proof = build_proof(ENTRIES, checkpoint=note(size, tree_root(ENTRIES)), period=YEAR)
    assert (proof.holds, proof.beyond) == (False, 4)


def test_without_a_checkpoint_nothing_holds() -> None:
    proof = build_proof(ENTRIES, checkpoint=None, period=YEAR)
    assert (proof.holds, proof.beyond, proof.checkpoint_sha256) == (False, 4, None)


def test_an_empty_register_is_one() -> None:
    proof = build_proof((), checkpoint=None, period=YEAR)
    assert (proof.lines, proof.head, proof.first_line) == (0, "0" * 64, None)
