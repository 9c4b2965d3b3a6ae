"""Keys: made once, readable by their owner alone, accepted by openssl; and each kind of key that may sign."""

import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, UsageError
from reports.assessment import Trust
from reports.keys import init_keys, load_certificates, subject_name
from reports.seal import seal
from reports.signers import PrivateKey, load_signer
from reports.signing.sealer import Sealer
from reports.verify import verify
from tests.integration.reports.conftest import MADE_AT, Seal
from tests.integration.reports.example_run import write_run


def test_a_key_is_private_and_never_overwritten(own_seal: Seal) -> None:
    before = own_seal.key_path.read_bytes()

    assert stat.S_IMODE(own_seal.key_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_seal.key_path.parent.stat().st_mode) == 0o700
    other = own_seal.certificate_path.with_name("other.pem")
    with pytest.raises(UsageError, match="a key is already there"):
        init_keys(key=own_seal.key_path, certificate=other, organisation="Autre", now=MADE_AT)
    with pytest.raises(UsageError, match="already there"):
        init_keys(
            key=own_seal.key_path.with_name("other.pem"),
            certificate=own_seal.certificate_path,
            organisation="Autre",
            now=MADE_AT,
        )
    assert own_seal.key_path.read_bytes() == before


def test_openssl_accepts_the_certificate_for_three_years(own_seal: Seal) -> None:
    path = str(own_seal.certificate_path)
    at = str(int((MADE_AT + timedelta(days=1094)).timestamp()))
    command = ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", path, path]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.endswith("OK\n")
    (read,) = load_certificates(own_seal.certificate_path.parent)
    assert subject_name(read).startswith("Hébergeur Santé Exemple")


def test_a_key_that_others_can_read_is_not_used(own_seal: Seal, tmp_path: Path) -> None:
    copy = tmp_path / "key.pem"
    copy.write_bytes(own_seal.key_path.read_bytes())
    copy.chmod(0o644)

    with pytest.raises(EvidenceError, match="the private key: others can read it"):
        load_signer(f"file:{copy}")


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_said_without_a_traceback(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(EvidenceError, match="no usable private key"):
        load_signer(f"file:{path}")
    with pytest.raises(UsageError, match="not a URI that is known here"):
        load_signer(str(path))


def _write(key: PrivateKey, directory: Path) -> str:
    path = directory / "key.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.chmod(0o600)
    return f"file:{path}"


def _certificate(key: PrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Autre clé")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(MADE_AT).not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return dated.add_extension(usage, critical=True).sign(key, algorithm)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
        ed25519.Ed25519PrivateKey.generate,
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["rsa", "ed25519", "p384"],
)
def test_other_kinds_of_keys_seal_and_verify(make: Callable[[], PrivateKey], tmp_path: Path) -> None:
    key = make()
    certificate = _certificate(key)
    signer = load_signer(_write(key, tmp_path))

    sealer = Sealer(signer=signer, certificate=certificate)
    sealed = seal(write_run(tmp_path / "run"), sealer=sealer, language=Language.ENGLISH)
    report = verify(sealed.bundle, trust=Trust(certificates=(certificate,), without_register=True))

    assert report.failures == ()
    assert report.valid


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(public_exponent=65537, key_size=2048), ec.generate_private_key(ec.SECP521R1())],
    ids=["short RSA", "another curve"],
)
def test_weak_or_unknown_keys_are_refused(key: PrivateKey, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not used here"):
        load_signer(_write(key, tmp_path))
