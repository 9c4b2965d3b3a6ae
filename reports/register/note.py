"""Signed notes (https://c2sp.org/signed-note): a text, and a line for each key that signed it. Read in one form only.

Two types of signature: Ed25519, and the cosignature of a witness, which dates what it signs
(https://c2sp.org/tlog-cosignature). What the text says is `checkpoint`'s.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.signers import Signer, is_signature_of

ID_BYTES = 4
LARGEST_BYTES = 64_000
"""Of a note. The 16 signatures that everybody must accept fit many times."""
_DASH = "\u2014 "
_TIME_BYTES = 8
_SIGNATURE_BYTES = 64
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_VERIFIER_KEY = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+=*)")


class SignatureType(IntEnum):
    """The types that are used here, by their byte in a key's identifier."""

    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name that it signs under and the type of its signatures."""

    name: str
    key: Ed25519PublicKey
    type: SignatureType = SignatureType.ED25519

    @property
    def id(self) -> bytes:
        """The four bytes that, with the name, tell which key made a signature."""
        return bytes.fromhex(sha256(self.name.encode() + b"\n" + self._material))[:ID_BYTES]

    def __str__(self) -> str:
        """The key as others are configured with it: `name+identifier+key`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._material).decode()}"

    @property
    def _material(self) -> bytes:
        raw = self.key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return bytes([self.type]) + raw


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: under which name, by which key, and the signature itself."""

    name: str
    key_id: bytes
    content: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.content).decode()}\n"

    def is_of(self, key: VerifierKey) -> bool:
        """Whether this line claims to be made by this key. Whether it was, `Note.signed_by` tells."""
        return (self.name, self.key_id) == (key.name, key.id)

    @property
    def seconds(self) -> int:
        """The date in a cosignature, in seconds since 1970 (UTC)."""
        return int.from_bytes(self.content[:_TIME_BYTES], "big")


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a line feed, and the signatures over it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def content(self) -> bytes:
        """The note as it is in a file."""
        return (self.text + "\n" + "".join(str(signature) for signature in self.signatures)).encode()

    def signed_by(self, keys: Sequence[VerifierKey]) -> tuple[tuple[VerifierKey, NoteSignature], ...]:
        """Which of these keys signed it, with what. A line of a key that is not asked for is ignored.

        Raises:
            EvidenceError: A line claims to be made by one of these keys and was not.
        """
        found = [(key, line) for line in self.signatures for key in keys if line.is_of(key)]
        for key, line in found:
            if not _holds(line, text=self.text, key=key):
                raise EvidenceError(f"the signature of {key.name}+{key.id.hex()} does not hold for this text")
        return tuple(found)


def parse_note(content: bytes) -> Note:
    """Read a note. Of all the bytes that could mean the same, one form is accepted.

    Raises:
        EvidenceError: It is not a signed note in that form.
    """
    if len(content) > LARGEST_BYTES:
        raise EvidenceError(f"it is no signed note: more than {LARGEST_BYTES} bytes")
    try:
        document = content.decode()
    except UnicodeDecodeError as error:
        raise EvidenceError("it is no signed note: it is not UTF-8") from error
    # What a terminal would hide or act on is refused with everything else below a space.
    if any(character < " " and character != "\n" for character in document):
        raise EvidenceError("it is no signed note: it holds a control character")
    text, separator, lines = document.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise EvidenceError("it is no signed note: there is no signature behind an empty line")
    return Note(text + "\n", tuple(_parse_line(line) for line in lines[:-1].split("\n")))


def parse_verifier_key(text: str) -> VerifierKey:
    """Read `name+identifier+key`.

    Raises:
        EvidenceError: It is not such a key, or its identifier is not its own.
    """
    match = _VERIFIER_KEY.fullmatch(text)
    if match is None:
        raise EvidenceError("it is not a verifier key", hint="one looks like name+01234567+AbCd...")
    material = _decoded(match["key"])
    if len(material) != 1 + 32 or material[0] not in set(SignatureType):
        raise EvidenceError(f"{match['name']}: keys of this type are not used here")
    key = VerifierKey(match["name"], Ed25519PublicKey.from_public_bytes(material[1:]), SignatureType(material[0]))
    if key.id.hex() != match["id"]:
        raise EvidenceError(f"{key.name}: {match['id']} is not the identifier of this key")
    return key


def sign_text(text: str, *, name: str, signer: Signer) -> NoteSignature:
    """Sign the text of a note as its author.

    Raises:
        EvidenceError: The key is not an Ed25519 key or cannot be used, or the name cannot stand in a note.
    """
    key = VerifierKey(checked_name(name), ed25519_key(signer))
    return NoteSignature(name, key.id, signer.sign(text.encode()))


def cosign_text(text: str, *, name: str, signer: Signer, at: datetime) -> NoteSignature:
    """Sign the text of a note as a witness who saw it at this instant (UTC; whole seconds are kept).

    Raises:
        EvidenceError: The key is not an Ed25519 key or cannot be used, or the name cannot stand in a note.
    """
    key = VerifierKey(checked_name(name), ed25519_key(signer), SignatureType.COSIGNATURE)
    seconds = int(at.timestamp())
    signature = signer.sign(_dated(text, seconds=seconds))
    return NoteSignature(name, key.id, seconds.to_bytes(_TIME_BYTES, "big") + signature)


def checked_name(name: str) -> str:
    """A name that can stand in a signature line.

    Raises:
        EvidenceError: It is empty or holds a space, a plus sign or a control character.
    """
    if not _NAME.fullmatch(name):
        raise EvidenceError(f"{name!r} cannot be the name of a key", hint="no spaces, no plus sign: example.com/name")
    return name


def ed25519_key(signer: Signer) -> Ed25519PublicKey:
    """The public key of a signer of notes.

    Raises:
        EvidenceError: It is of another kind.
    """
    key = signer.public_key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise EvidenceError("a register is signed with an Ed25519 key", hint="`reprise keys init` makes one")


def _holds(line: NoteSignature, *, text: str, key: VerifierKey) -> bool:
    match key.type:
        case SignatureType.ED25519:
            return is_signature_of(line.content, text.encode(), key=key.key)
        case SignatureType.COSIGNATURE:
            whole = len(line.content) == _TIME_BYTES + _SIGNATURE_BYTES and line.seconds < 2**63
            signed = _dated(text, seconds=line.seconds)
            return whole and is_signature_of(line.content[_TIME_BYTES:], signed, key=key.key)


def _dated(text: str, *, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _parse_line(line: str) -> NoteSignature:
    name, separator, blob = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not separator or not _NAME.fullmatch(name):
        raise EvidenceError("it is no signed note: a line after the text is not a signature")
    content = _decoded(blob)
    if len(content) <= ID_BYTES:
        raise EvidenceError("it is no signed note: a signature is too short")
    return NoteSignature(name, content[:ID_BYTES], content[ID_BYTES:])


def _decoded(text: str) -> bytes:
    """Base 64 in the one way in which it is written: what is decoded gives the same text again."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError("it is no base 64") from error
    if base64.b64encode(content).decode() != text:
        raise EvidenceError("it is base 64 in a form that nobody writes")
    return content
