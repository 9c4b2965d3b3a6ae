"""From the files of a directory to recovery points: which are whole dumps, of which class, and of when. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from orchestrator.core.model import Record
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError, NoRecoveryPointError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_AT = "%Y%m%dT%H%M%SZ"


class DumpFile(Record):
    """One file as its host sees it; `sidecar` is the first word of the file beside it, None where there is none."""

    name: str
    bytes: int
    mtime_us: int
    written: bool
    holds: bool
    sidecar: str | None


_ANSWER = TypeAdapter(tuple[DumpFile, ...])


def parse_files(content: bytes) -> tuple[DumpFile, ...]:
    """Read what the host wrote.

    Raises:
        ValidationError: It is not that.
    """
    return _ANSWER.validate_json(content)


def read_dumps(files: Sequence[DumpFile], *, pattern: re.Pattern[str], sidecar: bool) -> tuple[RecoveryPoint, ...]:
    """The whole dumps among some files, oldest first.

    Args:
        files: All that lies in the directory.
        pattern: What the whole name must match. Its group `class` names the dump's class, `at` the instant at which
            it was begun (`20261124T020000Z`).
        sidecar: Whether a dump counts only with a digest beside it.

    Raises:
        NoRecoveryPointError: There is none; the message says what was found instead, and no name.
    """
    named = [(file, match) for file in files if (match := pattern.fullmatch(file.name))]
    reasons = Counter(reason for file, _ in named if (reason := _unfit(file, sidecar=sidecar)))
    points = [_point(file, match) for file, match in named if not _unfit(file, sidecar=sidecar)]
    if not points:
        found = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        raise NoRecoveryPointError(
            f"dumps: of {len(files)} files, {len(named)} have the name of a dump and none is whole"
            + (f" ({found})" if found else ""),
            hint="is directory the right one, does pattern match the whole name, and did the last backup end?",
        )
    return tuple(sorted(points, key=lambda point: (point.finished_at, point.id)))


def _unfit(file: DumpFile, *, sidecar: bool) -> str:
    """Why a file is no dump that could be restored; nothing where it is one."""
    if not file.bytes:
        return "empty"
    if file.written:
        return "being written"
    if not file.holds:
        return "without the beginning or end of a whole one"
    if sidecar and _DIGEST.fullmatch(file.sidecar or "") is None:
        return "without a SHA-256 beside it"
    return ""


def _point(file: DumpFile, match: re.Match[str]) -> RecoveryPoint:
    groups = match.groupdict()
    written_at = _EPOCH + timedelta(microseconds=file.mtime_us)
    begun_at = _begun(groups.get("at")) or written_at
    return RecoveryPoint(
        id=file.name,
        kind=groups.get("class") or "full",
        started_at=begun_at,
        finished_at=max(begun_at, written_at),
        size_bytes=file.bytes,
        repository_bytes=file.bytes,
        tool="dumps",
        tool_version="1",
        manifest_sha256=None,
    )


def _begun(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, _AT).replace(tzinfo=UTC)
    except ValueError as error:
        raise CatalogueError(
            "dumps: the group `at` of pattern does not match an instant", hint="it must match such as 20261124T020000Z"
        ) from error
