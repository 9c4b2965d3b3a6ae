"""The entries of a project's register, as the exports need them: numbered and chained, or an error that names the line.

Who signed them and whether the log was cut is `reprise verify`'s question, not asked here.
"""

import json

from pydantic import ValidationError

from orchestrator.errors import EvidenceError
from orchestrator.project import Project
from reports.register.entries import GENESIS, RegisterEntry

REGISTER_FOLDER = "register"
_LOG = "register.jsonl"


def read_entries(project: Project) -> tuple[RegisterEntry, ...] | None:
    """Every entry in its order, or None where the project keeps no register.

    Raises:
        EvidenceError: The log cannot be read, or a line does not follow from the one before.
    """
    path = project.root / REGISTER_FOLDER / _LOG
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvidenceError(f"{path}: it cannot be read: {error.strerror}") from error
    entries: list[RegisterEntry] = []
    # A last line without a line feed was never acknowledged to anybody.
    for seq, line in enumerate(content.split(b"\n")[:-1]):
        entry = _parse(line, place=f"{path}: entry {seq}")
        if (entry.seq, entry.prev) != (seq, entries[-1].digest if entries else GENESIS):
            raise EvidenceError(f"{path}: entry {seq} does not follow from the entry before it")
        entries.append(entry)
    return tuple(entries)


def _parse(line: bytes, *, place: str) -> RegisterEntry:
    try:
        entry = RegisterEntry.model_validate(json.loads(line))
        form = entry.line
    except (ValueError, ValidationError, RecursionError) as error:
        raise EvidenceError(f"{place} is not an entry of this format") from error
    if form != line:
        raise EvidenceError(f"{place} is not in canonical form")
    return entry
