"""The JSON of `pgbackrest info`: from the tool's words to recovery points. Pure.

Source: pgBackRest's command reference, "info", and its output of version 2.45. What a later version adds is ignored.
"""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError, NoRecoveryPointError

_HINTS = {
    1: "no such stanza in this repository: is it spelled right, and was stanza-create run?",
    2: "take a backup first",
    3: "run stanza-create",
    99: "are the cipher and the passphrase those of this repository? `pgbackrest info` there says more",
}


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Status(_Said):
    code: int
    message: str


class _Key(_Said):
    id: int
    repo_key: int = Field(alias="repo-key")


class _Database(_Said):
    id: int
    repo_key: int = Field(alias="repo-key")
    system_id: int = Field(alias="system-id")


class _Repository(_Said):
    key: int
    cipher: str


class _Tool(_Said):
    version: str


class _Log(_Said):
    start: str | None
    stop: str | None


class _RepositorySize(_Said):
    size: int | None = None


class _Size(_Said):
    size: int
    repository: _RepositorySize


class _Times(_Said):
    start: int
    stop: int


class _Backup(_Said):
    label: str
    type: str
    error: bool | None = None
    archive: _Log
    backrest: _Tool
    database: _Key
    info: _Size
    timestamp: _Times


class Stanza(_Said):
    """One stanza, as far as recovery points need it."""

    name: str
    status: _Status
    backup: tuple[_Backup, ...]
    db: tuple[_Database, ...]
    repo: tuple[_Repository, ...]


_ANSWER = TypeAdapter(tuple[Stanza, ...])
_NO_CONTROLS = bytes.maketrans(bytes(range(32)), b" " * 32)
"""JSON has none in its texts, and takes a blank for those between them."""


def parse_info(content: bytes) -> tuple[Stanza, ...]:
    """Read what `info --output=json` writes.

    Raises:
        ValidationError: It is not that.
    """
    # Where a file is not what pgBackRest takes it for (an encrypted one, read without the key), it quotes its bytes.
    return _ANSWER.validate_json(content.translate(_NO_CONTROLS).decode(errors="replace"))


def read_points(stanzas: tuple[Stanza, ...]) -> tuple[RecoveryPoint, ...]:
    """The recovery points of the one stanza that was asked for, oldest first.

    Raises:
        CatalogueError: The stanza is not there or not in order, or there is no backup without a fault.
    """
    if len(stanzas) != 1:
        raise CatalogueError(f"pgBackRest speaks of {len(stanzas)} stanzas where one was asked for")
    stanza = stanzas[0]
    if stanza.status.code != 0:
        raise CatalogueError(
            f"stanza {stanza.name}: pgBackRest says {stanza.status.message} (status {stanza.status.code})",
            hint=_HINTS.get(stanza.status.code),
        )
    sound = sorted((b for b in stanza.backup if b.error is not True), key=lambda backup: backup.timestamp.stop)
    if not sound:
        raise NoRecoveryPointError(f"stanza {stanza.name}: no backup is without a fault", hint=_HINTS[2])
    return tuple(_point(backup, stanza) for backup in sound)


def _point(backup: _Backup, stanza: Stanza) -> RecoveryPoint:
    ciphers = {repository.key: repository.cipher for repository in stanza.repo}
    systems = {(database.repo_key, database.id): database.system_id for database in stanza.db}
    cipher = ciphers.get(backup.database.repo_key)
    system = systems.get((backup.database.repo_key, backup.database.id))
    return RecoveryPoint(
        id=backup.label,
        kind=backup.type,
        started_at=datetime.fromtimestamp(backup.timestamp.start, UTC),
        finished_at=datetime.fromtimestamp(backup.timestamp.stop, UTC),
        size_bytes=backup.info.size,
        repository_bytes=backup.info.repository.size,
        tool="pgbackrest",
        tool_version=backup.backrest.version,
        manifest_sha256=None,
        encrypted=None if cipher is None else cipher != "none",
        first_log=backup.archive.start,
        last_log=backup.archive.stop,
        system_identifier=None if system is None else str(system),
        of="database",
    )
