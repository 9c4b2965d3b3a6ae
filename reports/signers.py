"""Who signs: the port behind which a key lives (a file here; a token or a remote seal by plugin); and who signed.

The same key signs the PDF and the attestation. It is never written to a log, an error or the evidence.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError, UsageError
from orchestrator.extensions import load_extension
from orchestrator.secrets import SECRETS_HERE, Secrets

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
SMALLEST_RSA_BITS = 3072
CURVES = (ec.SECP256R1, ec.SECP384R1)
_KINDS = f"use ECDSA P-256 or P-384, RSA of at least {SMALLEST_RSA_BITS} bits, or Ed25519"


class Signer(Protocol):
    """Signs bytes with a key that it does not give away. Entry-point group `reprise.signers`."""

    @property
    def public_key(self) -> PublicKey:
        """The other half of the key."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature over the content itself (hashed inside): ECDSA or PKCS#1 v1.5, or Ed25519.

        ECDSA on P-384 goes with SHA-384, all else with SHA-256. An ECDSA signature is DER (`Ecdsa-Sig-Value`).

        Raises:
            EvidenceError: The key cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A key in this process's memory."""

    _key: PrivateKey

    def __repr__(self) -> str:
        return f"KeySigner({algorithm_name(self.public_key)})"

    @property
    def public_key(self) -> PublicKey:
        """The other half of the key."""
        return self._key.public_key()

    def sign(self, content: bytes) -> bytes:
        """The signature over the content."""
        match self._key:
            case ec.EllipticCurvePrivateKey():
                return self._key.sign(content, ec.ECDSA(_hash_of(self.public_key)))
            case rsa.RSAPrivateKey():
                return self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())
            case _:
                return self._key.sign(content)


def load_signer(uri: str, *, secrets: Secrets = SECRETS_HERE) -> Signer:
    """The signer that a URI names. Its scheme is an entry point of the group `reprise.signers`.

    `file:` and `pkcs12:` and a path; `pkcs11:` and a token (RFC 7512); `command:` and a program.

    Args:
        uri: Where the key is.
        secrets: Where the passphrase or PIN is looked up that the URI refers to.

    Raises:
        UsageError: The URI is of another kind.
        EvidenceError: There is no usable key there, or others can read it.
    """
    scheme, colon, _ = uri.partition(":")
    if not colon or "/" in scheme:
        raise UsageError("signing key: not a URI that is known here", hint="write `file:` and the path of a PEM key")
    opened: Signer = load_extension("reprise.signers", scheme)(uri, secrets=secrets)
    return opened


def accepted(key: object, *, place: str) -> PrivateKey:
    """A private key of a kind that is used here.

    Raises:
        EvidenceError: It is not.
    """
    if not isinstance(key, PrivateKey):
        raise EvidenceError(f"{place}: keys of this kind are not used here", hint=_KINDS)
    accepted_public(key.public_key(), place=place)
    return key


def accepted_public(key: object, *, place: str) -> PublicKey:
    """A public key of a kind that is used here, and strong enough.

    Raises:
        EvidenceError: It is not.
    """
    strong = isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_BITS
    known_curve = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)
    if isinstance(key, PublicKey) and (strong or known_curve or isinstance(key, ed25519.Ed25519PublicKey)):
        return key
    raise EvidenceError(f"{place}: keys of this kind are not used here", hint=_KINDS)


def digest_of(key: PublicKey) -> Literal["sha256", "sha384", "sha512"]:
    """The digest that goes with a key. RFC 8419: with Ed25519, that of a CMS is SHA-512."""
    match key:
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP384R1):
            return "sha384"
        case ed25519.Ed25519PublicKey():
            return "sha512"
        case _:
            return "sha256"


def algorithm_name(key: PublicKey) -> str:
    """What a report calls the algorithm."""
    match key:
        case ec.EllipticCurvePublicKey():
            return "ECDSA P-384, SHA-384" if isinstance(key.curve, ec.SECP384R1) else "ECDSA P-256, SHA-256"
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}, PKCS #1 v1.5, SHA-256"
        case _:
            return "Ed25519"


def public_key_of(certificate: Certificate) -> PublicKey:
    """The key that a certificate speaks for.

    Raises:
        EvidenceError: It is of a kind that is not used here.
    """
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, CURVES):
        raise EvidenceError("certificate: keys on this curve are not used here")
    if isinstance(key, PublicKey):
        return key
    raise EvidenceError("certificate: keys of this kind are not used here")


def is_signature_of(signature: bytes, content: bytes, *, key: PublicKey) -> bool:
    """Whether this key made this signature over these bytes."""
    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(signature, content, ec.ECDSA(_hash_of(key)))
            case rsa.RSAPublicKey():
                key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
            case _:
                key.verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash_of(key: PublicKey) -> hashes.HashAlgorithm:
    return hashes.SHA384() if digest_of(key) == "sha384" else hashes.SHA256()
