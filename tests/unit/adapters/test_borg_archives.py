import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.adapters.backups.borg_archives import parse_archives, parse_size, parse_version, read_points
from orchestrator.errors import CatalogueError

CLASSES = ("daily", "weekly")


def archive(name: str, *, day: int) -> dict[str, Any]:
    """An archive as Borg 1.2 writes it in a listing."""
    time = f"2026-10-{day:02}T01:02:03.000000"
    return {"archive": name, "barchive": name, "id": f"{day:064x}", "name": name, "start": time, "time": time}


def points(*archives: dict[str, Any], prefix: str = "documents-", mode: str = "repokey-blake2") -> Any:
    listing = {
        "archives": archives,
        "encryption": {"mode": mode},
        "repository": {"id": "e" * 64, "last_modified": "2026-11-24T12:50:16.000000", "location": "/srv/borg"},
    }
    return read_points(parse_archives(json.dumps(listing).encode()), prefix=prefix, classes=CLASSES, version="1.2.4")


def test_archives_are_points_oldest_first_and_those_of_others_are_left_out() -> None:
    found = points(
        archive("documents-daily-2", day=2), archive("documents-weekly-1", day=1), archive("database-daily-1", day=1)
    )
    assert [point.id for point in found] == ["documents-weekly-1", "documents-daily-2"]
    first = found[0]
    assert first.started_at == first.finished_at == datetime(2026, 10, 1, 1, 2, 3, tzinfo=UTC)
    assert (first.kind, first.tool, first.tool_version, first.size_bytes) == ("archive", "borg", "1.2.4", None)
    assert [point.retention_class for point in found] == ["weekly", "daily"]


def test_the_manifest_is_another_for_another_archive_and_the_same_for_the_same() -> None:
    other = archive("documents-1", day=1) | {"id": "f" * 64}
    written = (archive("documents-1", day=1), archive("documents-1", day=1), other, archive("documents-2", day=1))
    digests = [points(one)[0].manifest_sha256 for one in written]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize("name", ["documents-2026", "documents-dailyish-1", "documents-monthly-1"])
def test_an_archive_may_be_of_no_class(name: str) -> None:
    assert points(archive(name, day=1))[0].retention_class is None


@pytest.mark.parametrize(
    ("mode", "encrypted"),
    [
        ("repokey-blake2", True),
        ("keyfile", True),
        ("none", False),
        ("authenticated", False),
        ("authenticated-blake2", False),
    ],
)
def test_what_is_only_authenticated_is_not_encrypted(mode: str, encrypted: bool) -> None:
    assert points(archive("documents-1", day=1), mode=mode)[0].encrypted is encrypted


def test_an_archive_that_no_command_can_name_is_none() -> None:
    names = ("documents-{now}", "documents-a/b", "documents-a\nb", "documents-of the night")
    found = points(*(archive(name, day=day) for day, name in enumerate(names, start=1)))
    assert [point.id for point in found] == ["documents-of the night"]


def test_nothing_to_restore_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="no such archive"):
        points(archive("database-1", day=1))


@pytest.mark.parametrize("content", [b"", b"{}", b'{"archives": []}', b"Repository /x does not exist."])
def test_what_is_no_listing_is_not_understood(content: bytes) -> None:
    with pytest.raises(ValidationError):
        parse_archives(content)


def test_version_and_size_are_read() -> None:
    assert parse_version(b"borg 1.2.4\n") == "1.2.4"
    assert (
        parse_size(json.dumps({"archives": [{"name": "x", "stats": {"original_size": 7, "nfiles": 1}}]}).encode()) == 7
    )
    for content in (b"", b"borg", b"restic 0.14.0"):
        with pytest.raises(ValidationError):
            parse_version(content)
    with pytest.raises(ValidationError):
        parse_size(b'{"archives": []}')
