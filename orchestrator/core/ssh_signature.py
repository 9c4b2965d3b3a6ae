"""Signatures that a person makes with an SSH key (`ssh-keygen -Y sign`), read and checked. Pure: makes none itself.

The format is OpenSSH's PROTOCOL.sshsig, the keys those of RFC 4253 and RFC 8709. Kinds: Ed25519, ECDSA, and RSA with
SHA-2. A key on a FIDO token signs something else than the message, and is refused.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Annotated

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import AfterValidator, Field

NAMESPACE = "reprise"
"""What the signatures are for: one made for anything else (a commit, a mail) is none here."""

SMALLEST_RSA_BITS = 3072
_MAGIC = b"SSHSIG"
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_RSA = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
_ECDSA: dict[str, hashes.HashAlgorithm] = {
    "ecdsa-sha2-nistp256": hashes.SHA256(),
    "ecdsa-sha2-nistp384": hashes.SHA384(),
    "ecdsa-sha2-nistp521": hashes.SHA512(),
}
_KINDS = ("ssh-ed25519", "ssh-rsa", *_ECDSA)


def parse_public_key(text: str) -> str:
    """A public key as one line of OpenSSH's has it (`ssh-ed25519 AAAA... comment`), without its comment.

    Raises:
        ValueError: It is no such key, of a kind that is not known here, or too short.
    """
    kind, _, rest = text.strip().partition(" ")
    written = f"{kind} {rest.split(' ')[0]}"
    if kind not in _KINDS:
        raise ValueError(f"a key is one of {', '.join(_KINDS)}, and not {kind or 'nothing'}")
    try:
        key = load_ssh_public_key(written.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"it is no public key of kind {kind}") from error
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA_BITS:
        raise ValueError(f"an RSA key has at least {SMALLEST_RSA_BITS} bits")
    return written


PublicKey = Annotated[str, AfterValidator(parse_public_key)]
"""A public key in OpenSSH's form, without a comment."""


def fingerprint(key: str) -> str:
    """OpenSSH's fingerprint (`SHA256:...`) of a public key."""
    digest = hashlib.sha256(base64.b64decode(key.split(" ")[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_signature(text: str) -> str:
    """A signature in base64, without armour, in the one spelling that its bytes have.

    Raises:
        ValueError: It is no signature of this format. Whether it is one of anything is not asked.
    """
    _read(text)
    return text


Signature = Annotated[str, Field(max_length=8_000), AfterValidator(parse_signature)]
"""A signature that can be read; whose it is, and of what, is another question."""


def signing_key(signature: str) -> str:
    """The public key that a signature says it is made with.

    Raises:
        ValueError: It is no signature of this format.
    """
    return _read(signature).key


def is_signed(message: bytes, signature: str, *, key: str) -> bool:
    """Whether this key signed this message, for `NAMESPACE`.

    Args:
        message: The bytes that were to be signed.
        signature: In base64, without armour.
        key: The public key, as `parse_public_key` gives it.

    Raises:
        ValueError: It is no signature of this format.
    """
    read = _read(signature)
    return read.key == key and read.namespace == NAMESPACE and read.holds(message)


class _Read:
    """A signature, taken apart."""

    def __init__(self, blob: bytes) -> None:
        fields = _Fields(blob.removeprefix(_MAGIC))
        if not blob.startswith(_MAGIC) or fields.number() != 1:
            raise ValueError("it is no SSH signature of version 1")
        key = fields.string()
        self.namespace, self._reserved, self._hash = fields.text(), fields.string(), fields.text()
        signature = _Fields(fields.string())
        self._algorithm, self._signature = signature.text(), signature.string()
        if fields.rest or signature.rest:
            raise ValueError("something follows the SSH signature")
        self.key = parse_public_key(f"{_Fields(key).text()} {base64.b64encode(key).decode()}")

    def holds(self, message: bytes) -> bool:
        """Whether the signature is one of the message, by the key that is named in it."""
        if self._hash not in _HASHES:
            raise ValueError(f"{self._hash} is no digest of an SSH signature")
        digest = _HASHES[self._hash](message).digest()
        parts = (self.namespace.encode(), self._reserved, self._hash.encode(), digest)
        try:
            self._verify(_MAGIC + b"".join(len(part).to_bytes(4, "big") + part for part in parts))
        except InvalidSignature:
            return False
        return True

    def _verify(self, signed: bytes) -> None:
        key = load_ssh_public_key(self.key.encode())
        match key:
            case Ed25519PublicKey() if self._algorithm == "ssh-ed25519":
                key.verify(self._signature, signed)
            case RSAPublicKey() if self._algorithm in _RSA:
                key.verify(self._signature, signed, padding.PKCS1v15(), _RSA[self._algorithm])
            case ec.EllipticCurvePublicKey() if self.key.startswith(f"{self._algorithm} "):
                pair = _Fields(self._signature)
                encoded = encode_dss_signature(pair.integer(), pair.integer())
                key.verify(encoded, signed, ec.ECDSA(_ECDSA[self._algorithm]))
            case _:
                raise ValueError(f"{self._algorithm} is no signature of such a key")


class _Fields:
    """The fields of SSH's wire format (RFC 4251, section 5), one after the other."""

    def __init__(self, rest: bytes) -> None:
        self.rest = rest

    def number(self) -> int:
        """A uint32."""
        if len(self.rest) < 4:
            raise ValueError("the SSH signature is cut")
        number, self.rest = int.from_bytes(self.rest[:4], "big"), self.rest[4:]
        return number

    def string(self) -> bytes:
        """A string of bytes."""
        length = self.number()
        if len(self.rest) < length:
            raise ValueError("the SSH signature is cut")
        string, self.rest = self.rest[:length], self.rest[length:]
        return string

    def text(self) -> str:
        """A string that is a name."""
        return self.string().decode("ascii")

    def integer(self) -> int:
        """An mpint."""
        return int.from_bytes(self.string(), "big", signed=True)


def _read(signature: str) -> _Read:
    try:
        blob = base64.b64decode(signature, validate=True)
        if base64.b64encode(blob).decode() != signature:
            raise ValueError("its base64 is not in the usual form")
        return _Read(blob)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("it is no SSH signature") from error
