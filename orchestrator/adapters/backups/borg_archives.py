"""The JSON of Borg: from the tool's words to recovery points. Pure.

Source: Borg's documentation, "All about JSON", and its output of version 1.2. What a later version adds is ignored.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, NaiveDatetime, TypeAdapter

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Record
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import NoRecoveryPointError

_NO_ENCRYPTION = ("none", "authenticated", "authenticated-blake2")
"""The last two prove who wrote, and hide nothing."""

# Borg fills in what stands in braces, and takes what follows a slash for a path.
_NAMEABLE = re.compile(r"[^\s{}/][^{}/\x00-\x1f]*")


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Encryption(_Said):
    mode: str


class Archive(Record):
    """One archive, as far as recovery points need it. Its id is a keyed digest over all that it holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    start: NaiveDatetime


class Listing(_Said):
    """What a repository has."""

    archives: tuple[Archive, ...]
    encryption: _Encryption


class _Statistics(_Said):
    original_size: int


class _Measured(_Said):
    stats: _Statistics


class _Information(_Said):
    archives: tuple[_Measured]


_VERSION = TypeAdapter(str)


def parse_archives(content: bytes) -> Listing:
    """Read what `list --json` writes.

    Raises:
        ValidationError: It is not that.
    """
    return Listing.model_validate_json(content)


def parse_size(content: bytes) -> int:
    """Read what `info --json` writes of one archive: bytes.

    Raises:
        ValidationError: It is not that.
    """
    return _Information.model_validate_json(content).archives[0].stats.original_size


def parse_version(content: bytes) -> str:
    """The number in `borg 1.2.4`.

    Raises:
        ValidationError: There is none.
    """
    words = content.decode(errors="replace").split()
    return _VERSION.validate_python(words[1] if words[:1] == ["borg"] and len(words) > 1 else None)


def read_points(listing: Listing, *, prefix: str, classes: Sequence[str], version: str) -> tuple[RecoveryPoint, ...]:
    """The recovery points, oldest first.

    Args:
        listing: What the repository has. Its times are in UTC.
        prefix: What the names of the archives begin with; the others are left out.
        classes: The words that are retention classes.
        version: Of the Borg that was asked: an archive does not say which one made it.

    Raises:
        CatalogueError: There is none.
    """
    names = (
        archive for archive in listing.archives if archive.name.startswith(prefix) and _NAMEABLE.fullmatch(archive.name)
    )
    encrypted = listing.encryption.mode not in _NO_ENCRYPTION
    points = [_point(one, prefix=prefix, classes=classes, version=version, encrypted=encrypted) for one in names]
    if not points:
        raise NoRecoveryPointError(
            "the repository has no such archive", hint="take a backup first, or correct `prefix`"
        )
    return tuple(sorted(points, key=lambda point: (point.finished_at, point.id)))


def manifest(archive: Archive) -> str:
    """The SHA-256 of an archive's name, time and id, which Borg computes from all that is in the archive."""
    return sha256(canonical(archive))


def _point(archive: Archive, *, prefix: str, classes: Sequence[str], version: str, encrypted: bool) -> RecoveryPoint:
    # The listing tells when an archive was begun: nothing that it holds is older than we say.
    began = _utc(archive.start)
    kind = archive.name.removeprefix(prefix)
    return RecoveryPoint(
        id=archive.name,
        kind="archive",
        started_at=began,
        finished_at=began,
        size_bytes=None,  # Only a look into each archive would tell.
        tool="borg",
        tool_version=version,
        manifest_sha256=manifest(archive),
        encrypted=encrypted,
        retention_class=next((name for name in classes if kind.startswith(f"{name}-")), None),
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
