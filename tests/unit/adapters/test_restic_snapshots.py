import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.adapters.backups.restic_snapshots import parse_size, parse_snapshots, parse_version, read_points
from orchestrator.errors import CatalogueError

CLASSES = frozenset({"daily", "weekly"})


def said(letter: str, *, day: int, tags: tuple[str, ...] | None = ("daily",), **more: Any) -> dict[str, Any]:
    """A snapshot as restic 0.14 writes it."""
    common = {
        "tree": "d" * 64,
        "paths": ["/srv/documents"],
        "hostname": "documents",
        "uid": 999,
        "short_id": letter * 8,
    }
    time = f"2026-10-{day:02}T03:02:03.123456789+02:00"
    return {"time": time, "id": letter * 64, **common, **({"tags": tags} if tags is not None else {}), **more}


def points(*snapshots: dict[str, Any]) -> Any:
    return read_points(parse_snapshots(json.dumps(snapshots).encode()), classes=CLASSES, version="0.14.0")


def test_snapshots_are_points_oldest_first() -> None:
    newer, older = said("a", day=2), said("b", day=1, tags=("weekly", "by-night"))
    found = points(newer, older)
    assert [point.id for point in found] == ["b" * 16, "a" * 16]
    first = found[0]
    assert first.started_at == first.finished_at == datetime(2026, 10, 1, 1, 2, 3, 123456, UTC)
    assert (first.kind, first.tool, first.tool_version, first.encrypted) == ("snapshot", "restic", "0.14.0", True)
    assert (first.size_bytes, first.retention_class) == (None, "weekly")


def test_the_manifest_is_another_for_another_tree_and_the_same_for_the_same() -> None:
    changed = said("a", day=1, tree="e" * 64)
    digests = [
        points(one)[0].manifest_sha256 for one in (said("a", day=1), said("a", day=1), changed, said("b", day=1))
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize("tags", [None, (), ("by-hand",)])
def test_a_snapshot_may_be_of_no_class(tags: tuple[str, ...] | None) -> None:
    assert points(said("a", day=1, tags=tags))[0].retention_class is None


def test_a_snapshot_of_two_classes_is_refused() -> None:
    with pytest.raises(CatalogueError, match="aaaaaaaa is of the classes daily, weekly at once"):
        points(said("a", day=1, tags=("weekly", "daily")))


def test_a_later_restic_says_who_made_it_and_how_large_it_is() -> None:
    later = said("a", day=1, program_version="restic 0.17.3", summary={"total_bytes_processed": 42, "files_new": 1})
    point = points(later)[0]
    assert (point.tool_version, point.size_bytes) == ("0.17.3", 42)


@pytest.mark.parametrize("content", [b"null", b"[]"])
def test_an_empty_repository_has_nothing_to_restore(content: bytes) -> None:
    with pytest.raises(CatalogueError, match="no such snapshot"):
        read_points(parse_snapshots(content), classes=CLASSES, version="0.14.0")


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"id": "a"}]', b"Fatal: wrong password"])
def test_what_is_no_listing_is_not_understood(content: bytes) -> None:
    with pytest.raises(ValidationError):
        parse_snapshots(content)


def test_version_and_size_are_read() -> None:
    assert parse_version(b"restic 0.14.0 compiled with go1.19.8 on linux/amd64\n") == "0.14.0"
    assert parse_size(b'{"total_size":7911604,"total_file_count":313}') == 7911604
    for content in (b"", b"restic", b"borg 1.2.4"):
        with pytest.raises(ValidationError):
            parse_version(content)
