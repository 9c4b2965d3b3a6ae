"""Keys in files, in a real token (SoftHSM) and behind a real program: each signs, none is given away."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from orchestrator.errors import EvidenceError, RepriseError, UsageError
from reports.signers import is_signature_of, load_signer
from tests.integration.reports.conftest import Seal
from tests.integration.reports.pki import Pki
from tests.integration.reports.workshop import Workshop

CONTENT = b"what is signed"
PASSPHRASE = "un secret à ne pas dire"
PIN = "834917"


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.fixture
def encrypted(own_seal: Seal, tmp_path: Path) -> Path:
    """A PEM key with a passphrase."""
    key = load_pem_private_key(own_seal.key_path.read_bytes(), password=None)
    secret = BestAvailableEncryption(PASSPHRASE.encode())
    return private(tmp_path / "key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    return private(tmp_path / "passphrase", PASSPHRASE.encode() + b"\n")


def signs(uri: str, certificate: x509.Certificate) -> bool:
    signer = load_signer(uri)
    assert PASSPHRASE not in repr(signer)
    assert PIN not in repr(signer)
    key = certificate.public_key()
    return is_signature_of(signer.sign(CONTENT), CONTENT, key=key)  # type: ignore[arg-type]


def test_a_passphrase_is_in_a_file_or_in_a_variable(
    encrypted: Path, passphrase: Path, own_seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAL_PASSPHRASE", PASSPHRASE)

    assert signs(f"file:{encrypted}?passphrase-file={passphrase}", own_seal.certificate)
    assert signs(f"file:{encrypted}?passphrase-env=SEAL_PASSPHRASE", own_seal.certificate)


def test_pkcs12(own_seal: Seal, passphrase: Path, tmp_path: Path) -> None:
    key = load_pem_private_key(own_seal.key_path.read_bytes(), password=None)
    packed = pkcs12.serialize_key_and_certificates(
        b"seal",
        key,  # type: ignore[arg-type]
        own_seal.certificate,
        None,
        BestAvailableEncryption(PASSPHRASE.encode()),
    )
    file = private(tmp_path / "seal.p12", packed)

    assert signs(f"pkcs12:{file}?passphrase-file={passphrase}", own_seal.certificate)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("file:{key}", "no usable private key"),
        ("pkcs12:{key}", "no usable private key"),
        ("file:{key}?passphrase-env=NOT_SET_ANYWHERE", "env:NOT_SET_ANYWHERE: it is not set"),
        ("file:{key}?passphrase-file={key}.none", "the passphrase of the signing key: file:.*: it cannot be read"),
        ("file:{key}?passphrase=x", "the passphrase of the signing key: a secret is named by no reference"),
        ("file:{key}?passphrase-file={open}", "the passphrase of the signing key: file:.*: others can read it"),
        ("file:", "it names nothing"),
        ("vault:{key}", "there is no vault"),
        ("pkcs11:token=a;object=b?module-path=/x&pin-value=1234", "a PIN is never written there"),
        ("pkcs11:token=a?module-path=/x&pin-source=env:X", "it does not name a key"),
        ("command:/bin/true", "whose key is it"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_and_no_secret_is(
    uri: str, message: str, encrypted: Path, tmp_path: Path
) -> None:
    (tmp_path / "open").write_text("un secret")
    (tmp_path / "open").chmod(0o644)

    with pytest.raises(RepriseError, match=message) as refused:
        load_signer(uri.format(key=encrypted, open=tmp_path / "open"))

    assert "un secret" not in f"{refused.value} {refused.value.hint}"
    assert "1234" not in f"{refused.value} {refused.value.hint}"


def program(tmp_path: Path, *, does: str) -> Path:
    file = tmp_path / "sign"
    file.write_text(f"#!{sys.executable}\n{does}\n")
    file.chmod(stat.S_IRWXU)
    return file


SIGNING = """
import sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
assert len(sys.argv) == 1
key = serialization.load_pem_private_key(open({key!r}, "rb").read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))
"""


def test_a_program_signs(own_seal: Seal, tmp_path: Path) -> None:
    file = program(tmp_path, does=SIGNING.format(key=str(own_seal.key_path)))

    assert signs(f"command:{file}?certificate={own_seal.certificate_path}", own_seal.certificate)


@pytest.mark.parametrize(
    ("does", "message"),
    [
        ("raise SystemExit(3)", "it ended with 3"),
        ("print('not a signature')", "not a signature with this key"),
        ("", "not a signature with this key"),
    ],
)
def test_a_program_that_does_not_sign(does: str, message: str, own_seal: Seal, tmp_path: Path) -> None:
    signer = load_signer(f"command:{program(tmp_path, does=does)}?certificate={own_seal.certificate_path}")

    with pytest.raises(EvidenceError, match=message):
        signer.sign(CONTENT)


@pytest.fixture(scope="module")
def token(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token with a P-256, a P-384 and an RSA key, made by the programs that come with SoftHSM. Its PIN file."""
    home = tmp_path_factory.mktemp("token")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}/tokens\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", str(home / "softhsm2.conf"))
        _fill(pki)
        yield private(home / "pin", f"{PIN}\n".encode())


def _fill(pki: Pki) -> None:
    run = ["softhsm2-util", "--module", module()]
    init = [*run, "--init-token", "--free", "--label", "reprise", "--so-pin", PIN, "--pin", PIN]
    subprocess.run(init, check=True, capture_output=True)
    for number, label in enumerate(("p256", "p384", "rsa"), start=1):
        key = ["--import", str(pki.key("seals", label)), "--label", label, "--id", f"0{number}"]
        subprocess.run([*run, *key, "--token", "reprise", "--pin", PIN], check=True, capture_output=True)


def module() -> str:
    """SoftHSM's library: of this machine, or of the prepared environment."""
    found = [Path(base) / "softhsm/libsofthsm2.so" for base in os.environ.get("LD_LIBRARY_PATH", "").split(":") if base]
    program_at = subprocess.run(["which", "softhsm2-util"], check=True, capture_output=True, text=True).stdout.strip()
    beside = Path(program_at).parents[1] / "lib/softhsm/libsofthsm2.so"
    return str(next(path for path in (*found, beside, Path("/usr/lib/softhsm/libsofthsm2.so")) if path.exists()))


@pytest.mark.parametrize("label", ["p256", "p384", "rsa"])
def test_a_token_signs(label: str, token: Path, pki: Pki) -> None:
    uri = f"pkcs11:token=reprise;object={label}?module-path={module()}&pin-source=file:{token}"

    assert signs(uri, pki.certificate("seals", label))


@pytest.mark.parametrize("label", ["p256", "p384"])
def test_a_token_seals_a_report(label: str, token: Path, workshop: Workshop) -> None:
    uri = f"pkcs11:token=reprise;object={label}?module-path={module()}&pin-source=file:{token}"

    sealed, prepared = workshop.seal(replace(workshop.sealer(label), signer=load_signer(uri)))

    assert workshop.holds(sealed, prepared)


@pytest.mark.parametrize(
    "change", [("reprise", "other"), ("=p256", "=none"), ("libsofthsm2", "nothing")], ids=["token", "object", "module"]
)
def test_a_token_that_is_not_there(change: tuple[str, str], token: Path) -> None:
    uri = f"pkcs11:token=reprise;object=p256?module-path={module()}&pin-source=file:{token}"

    with pytest.raises(EvidenceError, match="it cannot sign"):
        load_signer(uri.replace(*change))


def test_a_wrong_pin(token: Path, tmp_path: Path) -> None:
    wrong = private(tmp_path / "pin", b"000000")

    with pytest.raises(EvidenceError, match="it cannot sign") as refused:
        load_signer(f"pkcs11:token=reprise;object=p256?module-path={module()}&pin-source=file:{wrong}")
    assert "000000" not in str(refused.value)


def test_a_path_without_a_scheme_is_no_uri(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a URI that is known here"):
        load_signer(str(tmp_path))
