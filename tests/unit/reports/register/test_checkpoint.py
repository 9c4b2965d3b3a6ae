"""Checkpoints: three lines in one form, signed under the register's own name, cosigned by witnesses."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.register.checkpoint import (
    Checkpoint,
    Cosignature,
    origin_of,
    parse_checkpoint,
    read_checkpoint,
    sign_checkpoint,
)
from reports.register.note import Note, SignatureType, VerifierKey, parse_note, sign_text
from reports.register.tree import EMPTY_ROOT
from reports.signers import KeySigner

ORIGIN = origin_of("demo")
HEAD = Checkpoint(origin=ORIGIN, size=3, root=bytes(range(32)))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def keyed(seed: int) -> tuple[KeySigner, Ed25519PublicKey]:
    secret = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return KeySigner(secret), secret.public_key()


OURS, OUR_KEY = keyed(1)
THEIRS, THEIR_KEY = keyed(2)
WITNESS = VerifierKey("witness.example/w1", THEIR_KEY, SignatureType.COSIGNATURE)


def test_a_checkpoint_is_three_lines() -> None:
    expected = "reprise.invalid/register/demo\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert HEAD.text == expected
    assert parse_checkpoint(expected) == HEAD


def test_a_project_may_have_any_name() -> None:
    assert origin_of("Hébergeur + Santé\n") == "reprise.invalid/register/H%C3%A9bergeur%20%2B%20Sant%C3%A9%0A"
    head = Checkpoint(origin=origin_of("a b+c\n"), size=0, root=EMPTY_ROOT)
    signed = sign_checkpoint(head, signer=OURS)
    assert read_checkpoint(signed.content, keys=[OUR_KEY], origin=origin_of("a b+c\n")).checkpoint == head


def test_a_signed_checkpoint_is_read_back_with_the_key_that_signed_it() -> None:
    signed = sign_checkpoint(HEAD, signer=OURS)
    assert read_checkpoint(signed.content, keys=[THEIR_KEY, OUR_KEY]) == signed
    assert (signed.size, signed.content.count(b"\n")) == (3, 5)


@pytest.mark.parametrize("keys", [[], [THEIR_KEY]])
def test_a_foreign_key_is_named_as_such(keys: list[Ed25519PublicKey]) -> None:
    with pytest.raises(EvidenceError, match="no key that is trusted here signed it"):
        read_checkpoint(sign_checkpoint(HEAD, signer=OURS).content, keys=keys)


def test_a_register_is_signed_under_its_own_name() -> None:
    other = sign_text(HEAD.text, name=origin_of("other"), signer=OURS)
    with pytest.raises(EvidenceError, match="no key that is trusted here"):
        read_checkpoint(Note(HEAD.text, (other,)).content, keys=[OUR_KEY])
    with pytest.raises(EvidenceError, match=r"it is a checkpoint of .*/demo, not of .*/other"):
        read_checkpoint(sign_checkpoint(HEAD, signer=OURS).content, keys=[OUR_KEY], origin=origin_of("other"))


@pytest.mark.parametrize(
    "text",
    [
        HEAD.text + "extension\n",
        HEAD.text[:-1],
        HEAD.text.replace("\n3\n", "\n03\n"),
        HEAD.text.replace("\n3\n", "\n+3\n"),
        HEAD.text.replace("\n3\n", "\n-3\n"),
        HEAD.text.replace("\n3\n", "\n٣\n"),
        HEAD.text.replace("\n3\n", "\n99999999999999999\n"),
        HEAD.text.replace("Hh8=", "Hh9="),
        HEAD.text.replace("Hh8=", "Hg=="),
        "\n" + HEAD.text,
        HEAD.text.replace(ORIGIN, ""),
        "",
    ],
)
def test_there_is_no_other_form(text: str) -> None:
    with pytest.raises(EvidenceError, match="it is not a checkpoint"):
        parse_checkpoint(text)


def test_a_witness_cosigns_and_is_found_by_his_key() -> None:
    signed = sign_checkpoint(HEAD, signer=OURS)
    cosigned = signed.cosigned(witness=WITNESS.name, signer=THEIRS, at=NOON)
    read = read_checkpoint(cosigned.content, keys=[OUR_KEY])
    assert read.cosignatures([WITNESS]) == (Cosignature(WITNESS.name, NOON),)
    assert read.cosignatures([]) == read.cosignatures([VerifierKey("w2", THEIR_KEY, SignatureType.COSIGNATURE)]) == ()


def test_a_cosignature_takes_the_place_of_an_older_one() -> None:
    signed = sign_checkpoint(HEAD, signer=OURS)
    first = signed.cosigned(witness=WITNESS.name, signer=THEIRS, at=NOON)
    later = first.cosigned(witness=WITNESS.name, signer=THEIRS, at=NOON.replace(hour=13))
    assert later.cosignatures([WITNESS]) == (Cosignature(WITNESS.name, NOON.replace(hour=13)),)


def test_the_signatures_of_two_copies_are_put_together() -> None:
    signed = sign_checkpoint(HEAD, signer=OURS)
    cosigned = signed.cosigned(witness=WITNESS.name, signer=THEIRS, at=NOON)
    assert signed.merged(cosigned.note) == cosigned
    assert cosigned.merged(cosigned.note) == cosigned
    other = sign_checkpoint(Checkpoint(origin=ORIGIN, size=4, root=HEAD.root), signer=OURS)
    with pytest.raises(EvidenceError, match="not the same checkpoint"):
        signed.merged(other.note)


def test_a_forged_cosignature_is_an_error() -> None:
    cosigned = sign_checkpoint(HEAD, signer=OURS).cosigned(witness=WITNESS.name, signer=THEIRS, at=NOON)
    forged = cosigned.content.replace(b"\n3\n", b"\n4\n")
    resigned = sign_checkpoint(Checkpoint(origin=ORIGIN, size=4, root=HEAD.root), signer=OURS)
    both = resigned.merged(parse_note(forged))
    with pytest.raises(EvidenceError, match=r"witness\.example/w1\+.* does not hold"):
        both.cosignatures([WITNESS])
