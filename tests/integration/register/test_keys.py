"""The register's key: its own, private, never overwritten, and known to openssl."""

import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.errors import EvidenceError, UsageError
from reports.keys import init_keys, load_certificates, write_private_key
from reports.register.keys import (
    check_register_pair,
    init_register_key,
    load_public_keys,
    load_register_signer,
    public_pem,
)
from reports.signers import KeySigner
from tests.integration.register.conftest import Book, started
from tests.integration.reports.conftest import MADE_AT


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "keys" / "register.key.pem", tmp_path / "trust" / "register.pub.pem"


def test_a_key_is_private_and_its_other_half_is_public(places: tuple[Path, Path]) -> None:
    key, public = places
    made = init_register_key(key=key, public=public)
    assert (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(key.parent.stat().st_mode)) == (0o600, 0o700)
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert public.read_bytes() == public_pem(made)
    signer = load_register_signer(key)
    check_register_pair(signer, load_public_keys(public))
    described = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(public), "-noout", "-text"], check=True, capture_output=True, text=True
    ).stdout
    assert described.startswith("ED25519 Public-Key")


def test_a_key_is_never_overwritten(places: tuple[Path, Path]) -> None:
    key, public = places
    init_register_key(key=key, public=public)
    before = key.read_bytes(), public.read_bytes()
    with pytest.raises(UsageError, match="already there"):
        init_register_key(key=key, public=public)
    assert (key.read_bytes(), public.read_bytes()) == before


def test_after_a_stop_between_the_two_files_the_second_is_made(places: tuple[Path, Path]) -> None:
    key, public = places
    made = init_register_key(key=key, public=public)
    public.unlink()
    assert public_pem(init_register_key(key=key, public=public)) == public_pem(made)


def test_a_key_that_others_can_read_is_not_used(places: tuple[Path, Path]) -> None:
    init_register_key(key=places[0], public=places[1])
    places[0].chmod(0o640)
    with pytest.raises(EvidenceError, match="the private key: others can read it"):
        load_register_signer(places[0])


def test_another_kind_of_key_is_not_used(tmp_path: Path) -> None:
    write_private_key(tmp_path / "key.pem", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(EvidenceError, match="signed with an Ed25519 key"):
        load_register_signer(tmp_path / "key.pem")
    seal = init_keys(key=tmp_path / "s.pem", certificate=tmp_path / "c.pem", organisation="X", now=MADE_AT)
    public = seal.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    (tmp_path / "pub.pem").write_bytes(public_pem(public))  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match="Ed25519 keys, and nothing else"):
        load_public_keys(tmp_path / "pub.pem")


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pub.pem").write_bytes(content)
    with pytest.raises(EvidenceError, match=r"pub\.pem: "):
        load_public_keys(tmp_path / "pub.pem")


def test_a_replaced_key_stands_before_the_old_one(tmp_path: Path) -> None:
    keys = [Ed25519PrivateKey.generate().public_key() for _ in range(3)]
    (tmp_path / "pub.pem").write_bytes(b"".join(public_pem(key) for key in keys))
    assert load_public_keys(tmp_path / "pub.pem") == tuple(keys)
    with pytest.raises(EvidenceError, match="not that of its signing key"):
        check_register_pair(KeySigner(Ed25519PrivateKey.generate()), keys)


def test_the_certificates_of_a_directory_are_found_beside_the_register_key(tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    init_keys(key=tmp_path / "k.pem", certificate=trust / "seal.crt.pem", organisation="X", now=MADE_AT)
    init_register_key(key=tmp_path / "register.key.pem", public=trust / "register.pub.pem")
    assert len(load_certificates(trust)) == 1


def test_openssl_verifies_a_checkpoint(book: Book, tmp_path: Path) -> None:
    """The text is what is before the empty line; the signature is what is behind the four bytes of the key's number."""
    book.open().append([started("run-0")])
    (tmp_path / "pub.pem").write_bytes(public_pem(book.key))
    script = (
        'sed "/^$/,\\$d" "$1" > text; grep -a "^— " "$1" | cut -d" " -f3 | base64 -d | tail -c +5 > signature; '
        "openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -in text -sigfile signature"
    )
    command = ["sh", "-c", script, "sh", str(book.files.checkpoint)]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "Signature Verified Successfully" in done.stdout
