"""SSH signatures of every kind of key that is known: the right one holds, and nothing else does."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from orchestrator.core.ssh_signature import fingerprint, is_signed, parse_public_key, parse_signature, signing_key
from reports.standalone import verify_evidence as bare
from tests.ssh_keys import Key, ed25519, public, signed

MESSAGE = b'{"decision":"granted"}'
KEYS: dict[str, Key] = {
    "ed25519": ed25519("director"),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 3072),
}


@pytest.mark.parametrize("kind", KEYS)
def test_what_the_key_signed_holds_for_both_readers(kind: str) -> None:
    key = KEYS[kind]
    for digest in ("sha256", "sha512"):
        signature = signed(MESSAGE, key=key, digest=digest)
        assert is_signed(MESSAGE, signature, key=public(key))
        assert bare.is_signed_by_person(MESSAGE, signature, key=public(key))
        assert signing_key(signature) == public(key)


@pytest.mark.parametrize("kind", KEYS)
def test_nothing_else_holds(kind: str) -> None:
    key, other = KEYS[kind], ed25519("somebody else")
    wrong = {
        "another message": (MESSAGE + b" ", signed(MESSAGE, key=key)),
        "another purpose": (MESSAGE, signed(MESSAGE, key=key, namespace="git")),
        "another key": (MESSAGE, signed(MESSAGE, key=other)),
    }
    for name, (message, signature) in wrong.items():
        assert not is_signed(message, signature, key=public(key)), name
        assert not bare.is_signed_by_person(message, signature, key=public(key)), name


def test_a_signature_under_the_name_of_another_key_does_not_hold() -> None:
    """The key that is named inside is the right one; it did not sign."""
    key, other = ed25519("director"), ed25519("somebody else")
    blob, foreign = (base64.b64decode(signed(MESSAGE, key=one)) for one in (key, other))
    forged = base64.b64encode(blob[:-64] + foreign[-64:]).decode()
    assert not is_signed(MESSAGE, forged, key=public(key))
    assert not bare.is_signed_by_person(MESSAGE, forged, key=public(key))


def _changed(**parts: bytes) -> str:
    blob = base64.b64decode(signed(MESSAGE, key=ed25519("director")))
    return base64.b64encode(parts.get("before", b"") + blob[: len(blob) - 1] + parts.get("after", blob[-1:])).decode()


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "not base64!",
        base64.b64encode(b"SSHSIG").decode(),
        _changed(after=b""),
        _changed(after=b"xy"),
        _changed(before=b"x"),
        signed(MESSAGE, key=ed25519("director")) + "\n",
    ],
    ids=["empty", "no base64", "only its magic", "cut", "followed by something", "preceded", "with a line feed"],
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(ValueError, match=r"SSH signature|base64"):
        parse_signature(signature)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a key is one of"),
        ("ssh-dss AAAA", "a key is one of"),
        ("ssh-ed25519 AAAA", "no public key"),
        ("sk-ssh-ed25519@openssh.com AAAA", "a key is one of"),
        (public(rsa.generate_private_key(65537, 2048)), "at least 3072 bits"),
    ],
)
def test_what_is_no_key_that_is_good_enough_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_public_key(text)


def test_a_comment_is_left_out() -> None:
    key = public(ed25519("director"))
    assert parse_public_key(f"{key} director@example\n") == key
    assert fingerprint(key).startswith("SHA256:")
    assert len(fingerprint(key)) == 50
