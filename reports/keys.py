"""Makes the key and the self-signed certificate of a project, and reads certificates. Never overwrites a key."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, UsageError
from reports.signers import PrivateKey, PublicKey, Signer, public_key_of

VALIDITY = timedelta(days=3 * 365)
"""As long as an HDS certificate. A seal is renewed with it."""
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_SUFFIXES = frozenset({".pem", ".crt"})
_BACKDATED = timedelta(minutes=5)
"""So that a target or an auditor's machine whose clock is a little late does not find a certificate of the future."""


def init_keys(*, key: Path, certificate: Path, organisation: str, now: datetime) -> x509.Certificate:
    """Make an ECDSA P-256 key (mode 0600) and a certificate that it signs itself: level 1, no third party vouches.

    Args:
        key: Where the key goes; its directory is made (mode 0700) if it is not there.
        certificate: Where the certificate goes: what to hand to those who verify.
        organisation: The name that reports and PDF readers show, at most 64 characters.
        now: The wall clock, in UTC.

    Raises:
        UsageError: A key or certificate is already there, or the name is too long for a certificate.
        StoreError: The certificate could not be written.
    """
    if not 1 <= len(organisation) <= 64:
        raise UsageError(f"organisation name: {len(organisation)} characters", hint="a certificate holds 1 to 64")
    if certificate.exists():
        raise UsageError(f"{certificate}: already there", hint="move it away first: old reports still need it")
    secret = ec.generate_private_key(ec.SECP256R1())
    issued = _self_signed(secret, organisation=organisation, now=now)
    write_private_key(key, secret)
    certificate.parent.mkdir(parents=True, exist_ok=True)
    write_durably(certificate, certificate_pem(issued))
    return issued


def load_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM file, or of the `.pem` and `.crt` files of a directory, which may hold other keys too.

    Raises:
        EvidenceError: There is none.
    """
    try:
        texts = [file.read_bytes() for file in certificate_files(path)]
        found = tuple(one for text in texts for one in x509.load_pem_x509_certificates(text))
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path}: no certificate can be read", hint="give a PEM certificate") from error
    if not found:
        raise EvidenceError(f"{path}: no certificate there", hint="`reprise keys init` makes one")
    return found


def certificate_files(path: Path) -> list[Path]:
    """The files that hold certificates: a file itself; of a directory, which may hold other keys too, those that do."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
    return [file for file in files if _CERTIFICATE in file.read_bytes()]


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """A certificate as others can read it."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of a certificate, in lower-case hexadecimal: what is compared over another channel."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def subject_name(certificate: x509.Certificate) -> str:
    """The name that a certificate bears."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def check_pair(signer: Signer, certificate: x509.Certificate) -> None:
    """Make sure that this certificate speaks for this key, before anything is signed that nobody could verify.

    Raises:
        EvidenceError: It does not.
    """
    if public_der(signer.public_key) != public_der(public_key_of(certificate)):
        raise EvidenceError("the certificate is not that of the signing key", hint="see `reprise keys`")


def public_der(key: PublicKey) -> bytes:
    """A public key as SubjectPublicKeyInfo: two keys are one where these bytes are."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def write_private_key(path: Path, secret: PrivateKey) -> None:
    """Put a private key in a file that its owner alone can read (mode 0600), durably, and never over another.

    Raises:
        UsageError: There is a key already, or it cannot be written.
    """
    content = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise UsageError(f"{path}: a key is already there", hint="a key is never overwritten; move it away") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def _self_signed(secret: ec.EllipticCurvePrivateKey, *, organisation: str, now: datetime) -> x509.Certificate:
    attributes = ((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, f"{organisation} - reprise"))
    name = x509.Name([x509.NameAttribute(oid, text[:64]) for oid, text in attributes])
    identifier = x509.SubjectKeyIdentifier.from_public_key(secret.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_seal_usage(), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _seal_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
