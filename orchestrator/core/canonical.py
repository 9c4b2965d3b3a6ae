"""The one canonical form of everything that is hashed or signed: RFC 8785 (JCS), and its SHA-256."""

import hashlib

import rfc8785
from pydantic import BaseModel


def canonical(value: BaseModel) -> bytes:
    """The canonical JSON bytes of a value. The same value always gives the same bytes, on every machine."""
    document = value.model_dump(mode="json")
    return rfc8785.dumps(document)


def sha256(content: bytes) -> str:
    """The SHA-256 of bytes, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()
