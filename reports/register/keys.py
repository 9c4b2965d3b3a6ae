"""The key of a register: an Ed25519 key of its own, beside the one that seals reports. Made once, never overwritten."""

import re
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, UsageError
from reports.keys import write_private_key
from reports.register.note import ed25519_key
from reports.signers import Signer, load_signer

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


def init_register_key(*, key: Path, public: Path) -> Ed25519PublicKey:
    """Make an Ed25519 key (PKCS #8, mode 0600) and the file of its public half, which is handed to those who verify.

    Where the machine stopped between the two files, the public half is written from the key that is there.

    Raises:
        UsageError: There is a public key already, or a file cannot be written.
        EvidenceError: The key that is there cannot be used.
        StoreError: The public key cannot be written.
    """
    if public.exists():
        raise UsageError(f"{public}: already there", hint="move it away first: old checkpoints still need it")
    if not key.exists():
        write_private_key(key, Ed25519PrivateKey.generate())
    made = ed25519_key(load_register_signer(key))
    public.parent.mkdir(parents=True, exist_ok=True)
    write_durably(public, public_pem(made))
    return made


def load_register_signer(key: Path) -> Signer:
    """The signer of a register.

    Raises:
        EvidenceError: There is no usable Ed25519 key there, or others can read it.
    """
    signer = load_signer(f"file:{key}")
    ed25519_key(signer)
    return signer


def load_public_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """Every key of a PEM file. Where a register's key was replaced, the file keeps the old one behind the new one.

    Raises:
        EvidenceError: There is none, or one is not an Ed25519 key.
    """
    try:
        found = [serialization.load_pem_public_key(block) for block in _PEM.findall(path.read_bytes())]
    except (OSError, ValueError) as error:
        raise EvidenceError(
            f"{path}: no public key can be read", hint="give the register's public key (PEM)"
        ) from error
    keys = tuple(key for key in found if isinstance(key, Ed25519PublicKey))
    if not keys or len(keys) != len(found):
        raise EvidenceError(f"{path}: a register is verified with Ed25519 keys, and nothing else")
    return keys


def public_pem(key: Ed25519PublicKey) -> bytes:
    """A public key as others can read it."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def check_register_pair(signer: Signer, keys: Sequence[Ed25519PublicKey]) -> None:
    """Make sure that what is signed can be verified with the public keys that are handed out.

    Raises:
        EvidenceError: It cannot.
    """
    if public_pem(ed25519_key(signer)) not in {public_pem(key) for key in keys}:
        raise EvidenceError("the register's public key is not that of its signing key", hint="see `reprise keys`")
