"""SSH keys and signatures made in memory, as `ssh-keygen -Y sign` makes them: for tests that touch no disk."""

import base64
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Key = Ed25519PrivateKey | RSAPrivateKey | ec.EllipticCurvePrivateKey


def ed25519(name: str) -> Ed25519PrivateKey:
    """The same key for the same name, in every run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def public(key: Key) -> str:
    """The public key in OpenSSH's form."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def signed(message: bytes, *, key: Key, namespace: str = "reprise", digest: str = "sha512") -> str:
    """A signature in base64, without its armour."""
    blob = base64.b64decode(public(key).split(" ")[1])
    hashed = hashlib.new(digest, message).digest()
    covered = b"SSHSIG" + _strings(namespace.encode(), b"", digest.encode(), hashed)
    body = _strings(blob, namespace.encode(), b"", digest.encode(), _strings(*_raw(covered, key=key)))
    return base64.b64encode(b"SSHSIG" + (1).to_bytes(4, "big") + body).decode()


def _raw(covered: bytes, *, key: Key) -> tuple[bytes, bytes]:
    if isinstance(key, Ed25519PrivateKey):
        return b"ssh-ed25519", key.sign(covered)
    if isinstance(key, RSAPrivateKey):
        return b"rsa-sha2-512", key.sign(covered, padding.PKCS1v15(), hashes.SHA512())
    r, s = decode_dss_signature(key.sign(covered, ec.ECDSA(hashes.SHA256())))
    return b"ecdsa-sha2-nistp256", _strings(_mpint(r), _mpint(s))


def _mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _strings(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
