"""The register as a dossier carries it: its lines from the first on, chained, and their checkpoint. Pure.

Every line, not only those of the period: a tree's root is computed from all of its leaves, and what was planned or
waived before the period decides what became of it. Whose signature a checkpoint bears is the register's own business.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable

from pydantic import ValidationError

from orchestrator.core.model import SHA256, Record
from orchestrator.errors import EvidenceError
from reports.register.entries import GENESIS, RegisterEntry

REGISTER = "register/register.jsonl"
CHECKPOINT = "register/checkpoint"
LOG = REGISTER.rpartition("/")[2]
"""What the lines are called where they are scanned: as what they are, and not as a file in somebody's folder."""
_ROOT_BYTES = 32


class Checkpoint(Record):
    """What the body of a checkpoint says (C2SP tlog-checkpoint): whose log, how long, and the root of its tree."""

    origin: str
    size: int
    root_sha256: SHA256


def parse_entries(content: bytes) -> tuple[RegisterEntry, ...]:
    """Read the register's lines and check their chain.

    Raises:
        EvidenceError: A line is cut, is not a canonical entry, or does not follow the one before.
    """
    entries: list[RegisterEntry] = []
    previous = GENESIS
    for number, line in enumerate(content.split(b"\n")[:-1]):
        entry = _entry(line, number=number)
        if (entry.seq, entry.prev) != (number, previous):
            raise EvidenceError(f"{REGISTER}: line {number} does not follow the line before", hint=_HINT)
        previous = entry.digest
        entries.append(entry)
    if content and not content.endswith(b"\n"):
        raise EvidenceError(f"{REGISTER}: the last line is cut", hint=_HINT)
    return tuple(entries)


def format_entries(entries: Iterable[RegisterEntry]) -> bytes:
    """The bytes of `register.jsonl`."""
    return b"".join(entry.line + b"\n" for entry in entries)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint's body; its signatures are not looked at.

    Raises:
        EvidenceError: It is not a checkpoint.
    """
    body, separator, _ = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) < 3 or not lines[0] or not lines[1].isdigit():
        raise EvidenceError(f"{CHECKPOINT}: it is not a checkpoint", hint=_HINT)
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise EvidenceError(f"{CHECKPOINT}: its root is not base64", hint=_HINT) from error
    if len(root) != _ROOT_BYTES or str(int(lines[1])) != lines[1]:
        raise EvidenceError(f"{CHECKPOINT}: it is not a checkpoint", hint=_HINT)
    return Checkpoint(origin=lines[0], size=int(lines[1]), root_sha256=root.hex())


def tree_root(entries: Iterable[RegisterEntry]) -> str:
    """The root of the Merkle tree over lines (RFC 6962, section 2.1), in hexadecimal."""
    complete: list[tuple[int, bytes]] = []
    for entry in entries:
        level, node = 0, hashlib.sha256(b"\x00" + entry.line).digest()
        while complete and complete[-1][0] == level:
            level, node = level + 1, _parent(complete.pop()[1], node)
        complete.append((level, node))
    if not complete:
        return hashlib.sha256().hexdigest()
    root = complete.pop()[1]
    while complete:
        root = _parent(complete.pop()[1], root)
    return root.hex()


_HINT = "`reprise verify` the register itself, and make the dossier from what verifies"


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _entry(line: bytes, *, number: int) -> RegisterEntry:
    try:
        entry = RegisterEntry.model_validate(json.loads(line))
        form = entry.line
    except (ValueError, ValidationError, RecursionError) as error:
        raise EvidenceError(f"{REGISTER}: line {number} is not an entry", hint=_HINT) from error
    if form != line:
        raise EvidenceError(f"{REGISTER}: line {number} is not in canonical form", hint=_HINT)
    return entry
