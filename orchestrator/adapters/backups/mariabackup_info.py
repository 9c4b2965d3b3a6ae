"""What mariadb-backup writes of itself into a backup: from its words to recovery points. Pure.

Source: the files `xtrabackup_info` and `xtrabackup_checkpoints` (since 11.1 `mariadb_backup_...`) of version 10.11, and
MariaDB's documentation, "Files Created by mariadb-backup". What a later version adds is ignored.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError, NoRecoveryPointError

# The tool writes this file when everything else is there: `log-applied` is a backup that was prepared since.
_WHOLE = ("full-backuped", "log-applied")
_TIME = "%Y-%m-%d %H:%M:%S"
_LINE = re.compile(r"(?P<key>\w+) = (?P<value>.*)")
_POSITION = re.compile(r"filename '(?P<file>[^']+)', position '(?P<position>\d+)'")


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FoundBackup(_Said):
    """One directory of the repository, with the tool's own notes as far as there are any. `bytes`: of all its files."""

    name: str
    bytes: int
    info: str | None
    checkpoints: str | None


class _Checkpoints(_Said):
    backup_type: str


class _Info(_Said):
    tool_version: str
    start_time: str
    end_time: str
    partial: Literal["Y", "N"]
    incremental: Literal["Y", "N"]
    binlog_pos: str = ""


_REPORT = TypeAdapter(tuple[FoundBackup, ...])


def parse_report(content: bytes) -> tuple[FoundBackup, ...]:
    """Read what `mariabackup_on_host` writes.

    Raises:
        ValidationError: It is not that.
    """
    return _REPORT.validate_json(content)


def read_points(found: Iterable[FoundBackup], *, zone: tzinfo) -> tuple[RecoveryPoint, ...]:
    """The recovery points among these directories, oldest first.

    A backup that broke off is none, nor is one of some tables only, nor an incremental one, which is none by itself.

    Args:
        found: As the host listed them.
        zone: That of the host on which the tool ran: it writes its local time and does not say which.

    Raises:
        CatalogueError: A note is not understood, or there is no whole backup at all.
    """
    points = [point for backup in found if (point := _point(backup, zone=zone)) is not None]
    if not points:
        raise NoRecoveryPointError("mariadb-backup: no full backup is there and complete", hint="take a backup first")
    return tuple(sorted(points, key=lambda point: point.finished_at))


def _point(backup: FoundBackup, *, zone: tzinfo) -> RecoveryPoint | None:
    if backup.info is None or backup.checkpoints is None:
        return None
    try:
        info = _Info.model_validate(_entries(backup.info))
        checkpoints = _Checkpoints.model_validate(_entries(backup.checkpoints))
        if checkpoints.backup_type not in _WHOLE or "Y" in (info.partial, info.incremental):
            return None
        return _told(backup, info, zone=zone)
    except (ValidationError, ValueError) as error:
        raise CatalogueError(
            f"backup {backup.name}: what mariadb-backup wrote of it is not understood",
            hint="mariadb-backup 10.3 or newer is known",
        ) from error


def _told(backup: FoundBackup, info: _Info, *, zone: tzinfo) -> RecoveryPoint:
    position = _POSITION.search(info.binlog_pos)
    return RecoveryPoint(
        id=backup.name,
        kind="full",
        started_at=_moment(info.start_time, zone=zone),
        finished_at=_moment(info.end_time, zone=zone),
        size_bytes=backup.bytes,
        repository_bytes=backup.bytes,
        tool="mariadb-backup",
        tool_version=info.tool_version,
        manifest_sha256=None,
        # The logs that follow a backup begin at this position of this one.
        first_log=None if position is None else f"{position['file']}:{position['position']}",
        of="database",
    )


def _entries(text: str) -> dict[str, str]:
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    return {match["key"]: match["value"].strip() for match in matches if match is not None}


def _moment(text: str, *, zone: tzinfo) -> datetime:
    """In the hour that a zone has twice a year, the earlier one: the older backup loses more."""
    return datetime.strptime(text, _TIME).replace(tzinfo=zone, fold=0).astimezone(UTC)
