"""Keys in files: PEM and PKCS#12, with or without a passphrase. The passphrase is in another file or in a variable."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from orchestrator.errors import EvidenceError
from reports.signers import KeySigner, Signer, accepted
from reports.signing.keys.uri import parse_uri, read_private, secret_from

_OPTIONS = frozenset({"passphrase-file", "passphrase-env"})


def open_pem(uri: str) -> Signer:
    """The key of `file:key.pem[?passphrase-file=...|passphrase-env=...]`.

    Raises:
        EvidenceError: There is no usable key there, or others can read it.
    """
    where = parse_uri(uri, options=_OPTIONS)
    path = Path(where.path)
    content, secret = read_private(path, what="private key"), secret_from(where.options, name="passphrase")
    try:
        key = load_pem_private_key(content, password=secret)
    # A wrong passphrase is a ValueError, a missing or needless one a TypeError.
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: no usable private key", hint="`reprise keys init` makes one") from error
    return KeySigner(accepted(key, place=str(path)))


def open_pkcs12(uri: str) -> Signer:
    """The key of `pkcs12:key.p12[?passphrase-file=...|passphrase-env=...]`.

    Raises:
        EvidenceError: As above.
    """
    where = parse_uri(uri, options=_OPTIONS)
    path = Path(where.path)
    content, secret = read_private(path, what="private key"), secret_from(where.options, name="passphrase")
    try:
        key, _, _ = pkcs12.load_key_and_certificates(content, secret)
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: no usable private key", hint="is the passphrase right?") from error
    return KeySigner(accepted(key, place=str(path)))
