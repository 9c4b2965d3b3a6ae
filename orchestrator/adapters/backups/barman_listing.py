"""The JSON of `barman list-backups` and `show-backup`: from the tool's words to recovery points. Pure.

Source: Barman's manual, and the output of version 3.4. What a later version adds is ignored.
"""

from datetime import UTC
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError, NoRecoveryPointError

DONE = "DONE"
"""The status of a backup that is complete; one that still waits for WAL cannot be relied on to start."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Listed(_Said):
    backup_id: str
    status: str


def _lettered(written: object) -> object:
    """Barman writes an instant with a space where ISO 8601 has a T."""
    return written.replace(" ", "T", 1) if isinstance(written, str) else written


_Instant = Annotated[AwareDatetime, BeforeValidator(_lettered)]


class _Base(_Said):
    begin_time: _Instant
    end_time: _Instant
    begin_wal: str
    end_wal: str
    disk_usage_bytes: int
    incremental_size_bytes: int | None = None
    backup_type: str = "full"


class Backup(_Said):
    """One backup, as far as a recovery point needs it."""

    backup_id: str
    status: str
    base_backup_information: _Base | None = None


Answer = TypeVar("Answer")

_LISTED = TypeAdapter(dict[str, tuple[_Listed, ...]])
_SHOWN = TypeAdapter(dict[str, Backup])
_ONE_LISTED = "its list of backups"
_ONE_SHOWN = "what it shows of a backup"


def complete_backups(content: bytes, *, server: str) -> tuple[str, ...]:
    """The ids of the backups that are complete, in any order.

    Raises:
        ValidationError: It is not what `list-backups` writes.
        CatalogueError: It speaks of other servers, or there is no complete backup.
    """
    answer = _LISTED.validate_json(content)
    listed = _of_server(answer, server, what=_ONE_LISTED)
    found = tuple(backup.backup_id for backup in listed if backup.status == DONE)
    if not found:
        hint = (
            "take one with `barman backup --wait`" if not listed else "see `barman list-backups` for what they wait for"
        )
        raise NoRecoveryPointError(f"server {server}: no backup is complete ({len(listed)} listed)", hint=hint)
    return found


def read_backup(content: bytes, *, server: str) -> Backup:
    """What `show-backup` says of one backup.

    Raises:
        ValidationError: It is not that.
        CatalogueError: It speaks of another server.
    """
    return _of_server(_SHOWN.validate_json(content), server, what=_ONE_SHOWN)


def recovery_point(backup: Backup, *, version: str) -> RecoveryPoint:
    """A complete backup as a recovery point.

    Raises:
        CatalogueError: It is not complete any more.
    """
    base = backup.base_backup_information
    if base is None or backup.status != DONE:
        raise CatalogueError(f"backup {backup.backup_id} is {backup.status}", hint="ask again when it is DONE")
    return RecoveryPoint(
        id=backup.backup_id,
        kind=base.backup_type,
        started_at=base.begin_time.astimezone(UTC),
        finished_at=base.end_time.astimezone(UTC),
        size_bytes=base.disk_usage_bytes,
        repository_bytes=base.incremental_size_bytes,
        tool="barman",
        tool_version=version,
        manifest_sha256=None,
        first_log=base.begin_wal,
        last_log=base.end_wal,
        of="database",
    )


def read_version(content: bytes) -> str:
    """The number in what `barman --version` writes; nothing where there is none."""
    words = content.decode("utf-8", errors="replace").split()
    return next((word for word in words if word[:1].isdigit()), "")


def read_paths(content: bytes, *, backup: str) -> str:
    """Of the paths of a backup's files the one of PostgreSQL's own manifest, which has a checksum of every other.

    Raises:
        CatalogueError: There is none: whether the backup is as it was, nobody could say.
    """
    paths = content.decode("utf-8", errors="surrogateescape").splitlines()
    wanted = [path for path in paths if path.endswith(f"/{backup}/data/backup_manifest")]
    if len(wanted) != 1:
        hint = f"make it with `barman generate-manifest`, or back up with backup_method = postgres ({len(paths)} files)"
        raise CatalogueError(f"backup {backup} has no backup_manifest", hint=hint)
    return wanted[0]


def _of_server(answer: dict[str, Answer], server: str, *, what: str) -> Answer:
    if set(answer) != {server}:
        raise CatalogueError(f"Barman speaks of {', '.join(sorted(answer)) or 'no server'} in {what}, not of {server}")
    return answer[server]
