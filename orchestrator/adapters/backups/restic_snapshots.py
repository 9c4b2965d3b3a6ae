"""The JSON of restic: from the tool's words to recovery points. Pure.

Source: restic's documentation, "Scripting", and its output of version 0.14. What a later version adds is ignored, but
for the summary that versions from 0.17 on keep with a snapshot.
"""

from collections.abc import Iterable
from datetime import UTC

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError, NoRecoveryPointError

ID_LENGTH = 16
"""As much of a snapshot's id as names it: restic takes any beginning that no other has, and a person can read it."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Summary(_Said):
    total_bytes_processed: int | None = None


class Snapshot(_Said):
    """One snapshot, as far as recovery points need it."""

    id: str
    time: AwareDatetime
    tree: str
    tags: tuple[str, ...] = ()
    program_version: str | None = None
    summary: _Summary = _Summary()


class _Statistics(_Said):
    total_size: int


_SNAPSHOTS = TypeAdapter(tuple[Snapshot, ...] | None)
_VERSION = TypeAdapter(str)


def parse_snapshots(content: bytes) -> tuple[Snapshot, ...]:
    """Read what `snapshots --json` writes; a repository without any says `null` in some versions.

    Raises:
        ValidationError: It is not that.
    """
    return _SNAPSHOTS.validate_json(content) or ()


def parse_size(content: bytes) -> int:
    """Read what `stats --json` writes: bytes.

    Raises:
        ValidationError: It is not that.
    """
    return _Statistics.model_validate_json(content).total_size


def parse_version(content: bytes) -> str:
    """The number in `restic 0.14.0 compiled with ...`.

    Raises:
        ValidationError: There is none.
    """
    words = content.decode(errors="replace").split()
    return _VERSION.validate_python(words[1] if words[:1] == ["restic"] and len(words) > 1 else None)


def read_points(snapshots: Iterable[Snapshot], *, classes: frozenset[str], version: str) -> tuple[RecoveryPoint, ...]:
    """The recovery points, oldest first.

    Args:
        snapshots: What the repository has.
        classes: The tags that are retention classes.
        version: Of the restic that was asked, where a snapshot does not say which one made it.

    Raises:
        NoRecoveryPointError: There is none.
        CatalogueError: One is of two classes.
    """
    points = (_point(snapshot, classes=classes, version=version) for snapshot in snapshots)
    found = tuple(sorted(points, key=lambda point: (point.finished_at, point.id)))
    if not found:
        raise NoRecoveryPointError(
            "the repository has no such snapshot", hint="take a backup first, or correct snapshot-host and tag"
        )
    return found


def manifest(snapshot: Snapshot) -> str:
    """The SHA-256 of a snapshot's id, time, tags and tree: restic names a tree by all that is in it."""
    return sha256(canonical(snapshot))


def _point(snapshot: Snapshot, *, classes: frozenset[str], version: str) -> RecoveryPoint:
    # The one time that restic tells is that of the beginning: nothing that it holds is older than we say.
    began = snapshot.time.astimezone(UTC)
    return RecoveryPoint(
        id=snapshot.id[:ID_LENGTH],
        kind="snapshot",
        started_at=began,
        finished_at=began,
        size_bytes=snapshot.summary.total_bytes_processed,
        tool="restic",
        tool_version=(snapshot.program_version or version).removeprefix("restic "),
        manifest_sha256=manifest(snapshot),
        encrypted=True,  # There is no repository of restic's that is not.
        retention_class=_class(snapshot, classes),
    )


def _class(snapshot: Snapshot, classes: frozenset[str]) -> str | None:
    found = sorted(classes.intersection(snapshot.tags))
    if len(found) > 1:
        raise CatalogueError(
            f"snapshot {snapshot.id[:8]} is of the classes {', '.join(found)} at once",
            hint="give each snapshot the tag of one class, or name fewer tags in `classes`",
        )
    return found[0] if found else None
