"""Keys in files: PEM and PKCS#12, with or without a passphrase. The passphrase is named by a reference."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from orchestrator.errors import EvidenceError
from orchestrator.secrets import Secrets
from reports.signers import KeySigner, Signer, accepted
from reports.signing.keys.uri import parse_uri, passphrase_of, read_private

_OPTIONS = frozenset({"passphrase", "passphrase-file", "passphrase-env"})


def open_pem(uri: str, *, secrets: Secrets) -> Signer:
    """The key of `file:key.pem[?passphrase=REFERENCE|passphrase-file=...|passphrase-env=...]`.

    Raises:
        EvidenceError: There is no usable key there, or others can read it.
    """
    where = parse_uri(uri, options=_OPTIONS)
    path = Path(where.path)
    content, secret = read_private(path, what="private key"), passphrase_of(where.options, secrets=secrets)
    try:
        key = load_pem_private_key(content, password=secret)
    # A wrong passphrase is a ValueError, a missing or needless one a TypeError.
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: no usable private key", hint="`reprise keys init` makes one") from error
    return KeySigner(accepted(key, place=str(path)))


def open_pkcs12(uri: str, *, secrets: Secrets) -> Signer:
    """The key of `pkcs12:key.p12[?passphrase=REFERENCE|passphrase-file=...|passphrase-env=...]`.

    Raises:
        EvidenceError: As above.
    """
    where = parse_uri(uri, options=_OPTIONS)
    path = Path(where.path)
    content, secret = read_private(path, what="private key"), passphrase_of(where.options, secrets=secrets)
    try:
        key, _, _ = pkcs12.load_key_and_certificates(content, secret)
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: no usable private key", hint="is the passphrase right?") from error
    return KeySigner(accepted(key, place=str(path)))
