"""Signed notes: the vectors of Go's `sumdb/note` and of C2SP, and every other form refused."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import EvidenceError
from reports.register.note import (
    Note,
    SignatureType,
    VerifierKey,
    cosign_text,
    parse_note,
    parse_verifier_key,
    sign_text,
)
from reports.signers import KeySigner

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
"""Everything above is the test data of golang.org/x/mod/sumdb/note."""
C2SP_EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501  as c2sp.org/tlog-cosignature prints it
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def peter() -> KeySigner:
    return KeySigner(Ed25519PrivateKey.from_private_bytes(PETER_SEED))


def signed(text: str = TEXT) -> bytes:
    return Note(text, (sign_text(text, name="PeterNeumann", signer=peter()),)).content


def test_go_signs_the_same_bytes() -> None:
    assert signed() == (TEXT + "\n" + BY_PETER).encode()


def test_go_knows_the_key_by_the_same_words() -> None:
    key = parse_verifier_key(PETER)
    assert (key.name, key.id.hex(), key.type, str(key)) == ("PeterNeumann", "c74f20a3", SignatureType.ED25519, PETER)


@pytest.mark.parametrize("text", ["remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"])
def test_the_key_of_a_witness_is_of_its_own_type(text: str) -> None:
    """A key of transparency-dev/formats' tests: the identifier depends on the type."""
    key = parse_verifier_key(text)
    assert (key.type, str(key)) == (SignatureType.COSIGNATURE, text)


def test_a_note_is_signed_by_those_who_signed_it() -> None:
    peter_key, enoch_key = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    note = parse_note((TEXT + "\n" + BY_PETER + BY_ENOCH).encode())
    assert note.text == TEXT
    assert [key for key, _ in note.signed_by([peter_key, enoch_key])] == [peter_key, enoch_key]
    assert [key for key, _ in note.signed_by([enoch_key])] == [enoch_key]
    assert note.signed_by([]) == ()


def test_a_signature_that_a_known_key_did_not_make_spoils_the_note() -> None:
    changed = parse_note((TEXT.replace("answer", "solution") + "\n" + BY_PETER).encode())
    with pytest.raises(EvidenceError, match=r"PeterNeumann\+c74f20a3 does not hold for this text"):
        changed.signed_by([parse_verifier_key(PETER)])


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        (TEXT + "\n").encode(),
        (TEXT + "\n" + BY_PETER[:-1]).encode(),
        ("\x01" + TEXT + "\n" + BY_PETER).encode(),
        ("\x1b[2J" + TEXT + "\n" + BY_PETER).encode(),
        b"\xff" + (TEXT + "\n" + BY_PETER).encode(),
        (TEXT + "\n" + BY_PETER.replace("PeterNeumann", "Bad Name")).encode(),
        (TEXT + "\n" + BY_PETER.replace("PeterNeumann", "a+b")).encode(),
        (TEXT + "\n" + BY_PETER + "Unexpected line.\n").encode(),
        (TEXT + "\n" + BY_PETER.replace("— ", "- ")).encode(),
        (TEXT + "\n" + BY_PETER.replace("x08go", "x08 go")).encode(),
        (TEXT + "\n— PeterNeumann x08gow==\n").encode(),
        (TEXT + "\n" + BY_PETER * 600).encode(),
        b"",
    ],
)
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_note(content)


def test_base_64_has_one_form() -> None:
    """The last character of `...AM=` holds two bits that a lenient reader throws away."""
    other = (TEXT + "\n" + BY_PETER.replace("JnAM=", "JnAN=")).encode()
    with pytest.raises(EvidenceError, match="in a form that nobody writes"):
        parse_note(other)


@given(at=st.integers(0, len(signed()) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(at: int, bit: int) -> None:
    content = bytearray(signed())
    content[at] ^= 1 << bit
    try:
        note = parse_note(bytes(content))
        assert note.content == bytes(content)
        assert note.signed_by([parse_verifier_key(PETER)]) == ()
    except EvidenceError:
        pass


def test_every_piece_and_every_changed_character_of_a_key_is_refused() -> None:
    pieces = {PETER[start:end] for start in range(len(PETER)) for end in range(start, len(PETER) + 1)} - {PETER}
    changed = {PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))}
    for text in pieces | changed:
        with pytest.raises(EvidenceError):
            parse_verifier_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_keys_of_another_length_or_type_are_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        parse_verifier_key(text)


def test_the_example_of_the_standard_is_read_and_written_back() -> None:
    note = parse_note(C2SP_EXAMPLE.encode())
    author, witness = note.signatures
    assert note.content == C2SP_EXAMPLE.encode()
    assert (author.name, author.key_id.hex(), len(author.content)) == ("example.com/behind-the-sofa", "033de0ae", 64)
    assert (witness.name, witness.key_id.hex(), witness.seconds) == ("witness.example.com/w1", "8d66cf3f", 1679315147)


def test_a_cosignature_dates_what_it_signs() -> None:
    line = cosign_text(TEXT, name="witness.example/w1", signer=peter(), at=NOON)
    key = VerifierKey("witness.example/w1", peter().public_key, SignatureType.COSIGNATURE)  # type: ignore[arg-type]
    assert Note(TEXT, (line,)).signed_by([key]) == ((key, line),)
    assert line.seconds == int(NOON.timestamp())
    message = f"cosignature/v1\ntime {line.seconds}\n{TEXT}".encode()
    assert line.content[8:] == peter().sign(message)


@pytest.mark.parametrize("at", [0, 7, 8, 71])
def test_a_cosignature_is_of_its_own_date_only(at: int) -> None:
    line = cosign_text(TEXT, name="w1", signer=peter(), at=NOON)
    content = bytearray(line.content)
    content[at] ^= 1
    key = VerifierKey("w1", peter().public_key, SignatureType.COSIGNATURE)  # type: ignore[arg-type]
    changed = Note(TEXT, (type(line)("w1", line.key_id, bytes(content)),))
    with pytest.raises(EvidenceError, match="does not hold"):
        changed.signed_by([key])


def test_the_same_key_is_another_as_a_witness() -> None:
    author = VerifierKey("w1", peter().public_key)  # type: ignore[arg-type]
    note = Note(TEXT, (cosign_text(TEXT, name="w1", signer=peter(), at=NOON),))
    assert note.signed_by([author]) == ()


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x1bb"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError, match="cannot be the name of a key"):
        sign_text(TEXT, name=name, signer=peter())


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(EvidenceError, match="signed with an Ed25519 key"):
        sign_text(TEXT, name="w1", signer=KeySigner(generate_private_key(SECP256R1())))
