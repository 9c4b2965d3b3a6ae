"""The register as a dossier carries it: its lines from the first on, chained, and their signed checkpoint. Pure.

Every line, not only those of the period: a tree's root is computed from all of its leaves, and what was planned or
waived before the period decides what became of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.register.chain import Chain
from reports.register.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint
from reports.register.directory import split_lines, whole_lines
from reports.register.entries import RegisterEntry
from reports.register.note import parse_note
from reports.verification import Check, CheckCode, attempted, failed, noted, passed

REGISTER = "register/register.jsonl"
CHECKPOINT = "register/checkpoint"
LOG = REGISTER.rpartition("/")[2]
"""What the lines are called where they are scanned: as what they are, and not as a file in somebody's folder."""
_HINT = "`reprise register verify` says what is wrong: make the dossier from what verifies"


def parse_entries(content: bytes) -> tuple[RegisterEntry, ...]:
    """Read the register's lines and check their chain.

    Raises:
        EvidenceError: A line is cut, is not a canonical entry, or does not follow the one before.
    """
    if content != whole_lines(content):
        raise EvidenceError(f"{REGISTER}: the last line is cut", hint=_HINT)
    chain = Chain()
    chain.take(split_lines(content))
    try:
        chain.check(0)
    except EvidenceError as error:
        raise EvidenceError(f"{REGISTER}: {error}", hint=_HINT) from error
    return chain.entries(chain.size)


def format_entries(entries: Iterable[RegisterEntry]) -> bytes:
    """The bytes of `register.jsonl`."""
    return b"".join(entry.line + b"\n" for entry in entries)


def read_head(note: str) -> Checkpoint:
    """What a checkpoint says. Whose signatures it bears is not asked here.

    Raises:
        EvidenceError: It is not a checkpoint.
    """
    try:
        return parse_checkpoint(parse_note(note.encode()).text)
    except EvidenceError as error:
        raise EvidenceError(f"{CHECKPOINT}: {error}", hint=_HINT) from error


def require_signature(note: str | None, *, keys: Sequence[Ed25519PublicKey], origin: str | None) -> None:
    """Before a dossier is made: the checkpoint is signed by the register's own key, where that is known.

    Args:
        note: The checkpoint with its signatures; None where there is none.
        keys: The register's public keys. With none, nothing is asked: the dossier proves as much as it says.
        origin: The name that the register must bear, where the caller knows it.

    Raises:
        EvidenceError: There is no checkpoint, or none of the keys signed it, or it is of another register.
    """
    if not keys:
        return
    try:
        _signed(note, keys=keys, origin=origin)
    except EvidenceError as error:
        raise EvidenceError(f"{CHECKPOINT}: {error}", hint=_HINT) from error


def require_origin(note: str | None, *, entered: Mapping[str, str]) -> None:
    """Before a dossier is made: no report in it was entered in another register than the one that is in it.

    Args:
        note: The checkpoint; None where there is none.
        entered: The name of the register in which each report that verifies shows its run, by the run or its file.

    Raises:
        EvidenceError: One was, or the checkpoint is none.
    """
    for name, detail in _strangers(note, entered=entered):
        raise EvidenceError(f"{name}: {detail}", hint="keep the runs of other projects out of runs/")


def check_origin(note: str | None, *, entered: Mapping[str, str]) -> Iterator[Check]:
    """Whether the register is the one in which the reports were entered: a key may sign more than one. As above."""
    for name, detail in _strangers(note, entered=entered):
        yield failed(CheckCode.REGISTER_SIGNATURE, CHECKPOINT, f"{name}: {detail}")


def _strangers(note: str | None, *, entered: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if note is None:
        return
    own = read_head(note).origin
    for name, origin in sorted(entered.items()):
        if origin != own:
            yield name, f"its run was entered in the register {origin}, and the one here is {own}"


def check_signature(note: str | None, *, keys: Sequence[Ed25519PublicKey]) -> Iterator[Check]:
    """Whether the register's key signed the checkpoint. The key came by another way than with the dossier."""
    if not keys:
        yield noted(CheckCode.REGISTER_SIGNATURE, CHECKPOINT, "not asked: no key of a register is trusted here")
    elif note is None:
        yield failed(CheckCode.REGISTER_SIGNATURE, CHECKPOINT, _MISSING)
    else:
        yield from attempted(CheckCode.REGISTER_SIGNATURE, CHECKPOINT, lambda: _answer(note, keys=keys))


_MISSING = "there is none: nothing that the register's key signed speaks for these lines"


def _answer(note: str, *, keys: Sequence[Ed25519PublicKey]) -> Iterator[Check]:
    head = _signed(note, keys=keys, origin=None)
    yield passed(CheckCode.REGISTER_SIGNATURE, CHECKPOINT, f"{head.size} lines, {head.origin}")


def _signed(note: str | None, *, keys: Sequence[Ed25519PublicKey], origin: str | None) -> Checkpoint:
    if note is None:
        raise EvidenceError(_MISSING)
    return read_checkpoint(note.encode(), keys=keys, origin=origin).checkpoint
