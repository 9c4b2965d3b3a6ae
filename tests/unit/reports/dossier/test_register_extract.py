"""The register's lines and the checkpoint over them: read in one form only, and signed by whom a verifier trusts."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.dossier.extract import (
    CHECKPOINT,
    check_origin,
    check_signature,
    format_entries,
    parse_entries,
    read_head,
    require_origin,
    require_signature,
)
from reports.dossier.period import Period
from reports.dossier.proof import build_proof
from reports.register.checkpoint import Checkpoint, origin_of, sign_checkpoint
from reports.register.entries import RegisterEntry
from reports.register.tree import Tree
from reports.signers import KeySigner
from reports.verification import CheckCode, Status
from tests.unit.reports.dossier.lives import at, chain, ended, planned, sealed, started

ENTRIES = chain((at(1), planned(at(3))), (at(2), started("r")), (at(2), ended("r")), (at(7), sealed("r")))
YEAR = Period.model_validate({"first_day": "2026-01-15", "last_day": "2026-03-31"})


OURS, THEIRS = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
ORIGIN = origin_of("demo")


def note(size: int, covered: int) -> str:
    """A checkpoint that says `size` lines, under the root of the first `covered` ones."""
    tree = Tree()
    for entry in ENTRIES[:covered]:
        tree.append(entry.line)
    head = Checkpoint(origin=ORIGIN, size=size, root=tree.root())
    return sign_checkpoint(head, signer=KeySigner(OURS)).content.decode()


def test_lines_are_read_back() -> None:
    assert parse_entries(format_entries(ENTRIES)) == ENTRIES
    assert parse_entries(b"") == ()


def _without(number: int, entries: tuple[RegisterEntry, ...] = ENTRIES) -> bytes:
    return format_entries([entry for entry in entries if entry.seq != number])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_without(0), "entry 0: it does not follow"),
        (_without(1), "entry 1: it does not follow"),
        (format_entries((*ENTRIES, ENTRIES[-1])), "entry 4: it does not follow"),
        (format_entries(reversed(ENTRIES)), "entry 0: it does not follow"),
        (format_entries(ENTRIES)[:-1], "last line is cut"),
        (format_entries(ENTRIES)[:-9], "last line is cut"),
        (format_entries(ENTRIES).replace(b'"seq":1', b'"seq": 1'), "entry 1: it is not in canonical form"),
        (b"{}\n", "entry 0: it is not an entry"),
        (b"\xff\n", "entry 0: it is not an entry"),
        (b"[" * 100_000 + b"\n", "entry 0: it is not an entry"),
        (b'{"seq":NaN}\n', "entry 0: it is not an entry"),
    ],
)
def test_what_is_not_whole_is_not_read(content: bytes, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        parse_entries(content)


@pytest.mark.parametrize("text", ["", "a\n1\n", note(4, 4).replace("\n4\n", "\n04\n")])
def test_what_is_no_checkpoint_is_not_read(text: str) -> None:
    with pytest.raises(EvidenceError, match=r"^register/checkpoint: it is no"):
        read_head(text)


def _signature(text: str | None, *keys: Ed25519PublicKey) -> tuple[Status, str]:
    (check,) = check_signature(text, keys=keys)
    assert (check.code, check.subject) == (CheckCode.REGISTER_SIGNATURE, CHECKPOINT)
    return check.status, check.detail


def test_the_key_of_the_register_signed_the_checkpoint() -> None:
    key = OURS.public_key()
    assert _signature(note(4, 4), THEIRS.public_key(), key) == (Status.OK, f"4 lines, {ORIGIN}")
    require_signature(note(4, 4), keys=[key], origin=ORIGIN)


def test_without_a_key_the_signature_is_not_asked() -> None:
    for text in (None, note(4, 4)):
        assert _signature(text)[0] is Status.NOTED
        require_signature(text, keys=[], origin=ORIGIN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is none"),
        (note(4, 4).replace("\n4\n", "\n3\n"), "does not hold"),
        (note(4, 4).replace("/demo", "/other"), "no key that is trusted here"),
        (note(4, 4).partition("\n\n")[0] + "\n\n", "no signed note"),
    ],
)
def test_what_the_key_did_not_sign_is_found(text: str | None, message: str) -> None:
    status, detail = _signature(text, OURS.public_key())
    assert status is Status.FAILED
    assert message in detail
    with pytest.raises(EvidenceError, match=message):
        require_signature(text, keys=[OURS.public_key()], origin=None)


def test_the_signature_of_another_key_does_not_do() -> None:
    assert _signature(note(4, 4), THEIRS.public_key())[0] is Status.FAILED


def test_a_dossier_is_not_made_under_the_checkpoint_of_another_register() -> None:
    with pytest.raises(EvidenceError, match=f"of {ORIGIN}, not of"):
        require_signature(note(4, 4), keys=[OURS.public_key()], origin=origin_of("other"))


def test_a_checkpoint_over_all_lines_holds() -> None:
    proof = build_proof(ENTRIES, checkpoint=note(4, 4), period=YEAR)
    assert (proof.holds, proof.beyond, proof.lines) == (True, 0, 4)
    assert (proof.first_line, proof.last_line) == (1, 2)
    assert proof.kinds == {"drill_ended": 1, "drill_started": 1}


def test_lines_behind_the_checkpoint_are_counted() -> None:
    proof = build_proof(ENTRIES, checkpoint=note(3, 3), period=YEAR)
    assert (proof.holds, proof.beyond) == (True, 1)


@pytest.mark.parametrize("size", [3, 5])
def test_a_checkpoint_of_other_lines_or_of_more_does_not(size: int) -> None:
    proof = build_proof(ENTRIES, checkpoint=note(size, 4), period=YEAR)
    assert (proof.holds, proof.beyond) == (False, 4)


def test_without_a_checkpoint_nothing_holds() -> None:
    proof = build_proof(ENTRIES, checkpoint=None, period=YEAR)
    assert (proof.holds, proof.beyond, proof.checkpoint_sha256) == (False, 4, None)


def test_an_empty_register_is_one() -> None:
    proof = build_proof((), checkpoint=None, period=YEAR)
    assert (proof.lines, proof.head, proof.first_line) == (0, "0" * 64, None)


@pytest.mark.parametrize("entered", [{}, {"runs/a.zip": ORIGIN, "runs/b.zip": ORIGIN}])
def test_the_register_is_that_of_the_reports(entered: dict[str, str]) -> None:
    assert list(check_origin(note(4, 4), entered=entered)) == []
    require_origin(note(4, 4), entered=entered)


def test_a_report_of_another_register_under_the_same_key_is_named() -> None:
    other = origin_of("other")
    entered = {"runs/a.zip": ORIGIN, "runs/b.zip": other}

    (check,) = check_origin(note(4, 4), entered=entered)

    assert (check.code, check.subject, check.status) == (CheckCode.REGISTER_SIGNATURE, CHECKPOINT, Status.FAILED)
    assert check.detail == f"runs/b.zip: its run was entered in the register {other}, and the one here is {ORIGIN}"
    with pytest.raises(EvidenceError, match=r"runs/b\.zip: its run was entered in the register"):
        require_origin(note(4, 4), entered=entered)


def test_without_a_checkpoint_there_is_no_name_to_compare() -> None:
    assert list(check_origin(None, entered={"runs/a.zip": ORIGIN})) == []
