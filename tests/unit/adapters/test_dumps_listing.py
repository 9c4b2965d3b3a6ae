import re
from datetime import UTC, datetime

import pytest

from orchestrator.adapters.backups.dumps_listing import DumpFile, parse_files, read_dumps
from orchestrator.errors import CatalogueError

PATTERN = re.compile(r"staff-(?P<class>daily|weekly)-(?P<at>[0-9TZ]+)\.ldif")
WRITTEN_US = 1_795_491_000_000_000
WRITTEN_AT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
DIGEST = "ab" * 32


def file(name: str = "staff-daily-20261124T020000Z.ldif", **other: object) -> DumpFile:
    facts = {"name": name, "bytes": 9, "mtime_us": WRITTEN_US, "written": False, "holds": True, "sidecar": None}
    return DumpFile.model_validate({**facts, **other})


def test_a_dump_says_its_class_and_when_it_was_begun_and_written() -> None:
    (point,) = read_dumps((file(),), pattern=PATTERN, sidecar=False)
    assert (point.id, point.kind, point.size_bytes) == ("staff-daily-20261124T020000Z.ldif", "daily", 9)
    assert (point.started_at, point.finished_at) == (datetime(2026, 11, 24, 2, tzinfo=UTC), WRITTEN_AT)


def test_a_name_without_class_and_instant_leaves_the_time_of_the_file() -> None:
    (point,) = read_dumps((file("dump.rdb"),), pattern=re.compile(r"dump\.rdb"), sidecar=False)
    assert (point.kind, point.started_at, point.finished_at) == ("full", WRITTEN_AT, WRITTEN_AT)


def test_the_oldest_comes_first() -> None:
    newer = file("staff-daily-20261124T030000Z.ldif", mtime_us=WRITTEN_US + 1)
    found = read_dumps((newer, file()), pattern=PATTERN, sidecar=False)
    assert [point.id for point in found] == [file().name, newer.name]


@pytest.mark.parametrize(
    "spoiled",
    [{"bytes": 0}, {"written": True}, {"holds": False}, {"sidecar": ""}, {"sidecar": DIGEST[1:]}, {"sidecar": None}],
)
def test_what_is_not_whole_is_no_recovery_point(spoiled: dict[str, object]) -> None:
    whole = file("staff-weekly-20261120T020000Z.ldif", sidecar=DIGEST)
    found = read_dumps((whole, file(file().name, **{"sidecar": DIGEST, **spoiled})), pattern=PATTERN, sidecar=True)
    assert [point.id for point in found] == [whole.name]


def test_a_part_of_a_name_does_not_match() -> None:
    with pytest.raises(CatalogueError, match="of 1 files, 0 have the name of a dump"):
        read_dumps((file(f"{file().name}.part"),), pattern=PATTERN, sidecar=False)


def test_none_at_all_says_what_was_found_instead_and_no_name() -> None:
    spoiled = (file(bytes=0), file("staff-daily-20261123T020000Z.ldif", written=True))
    with pytest.raises(CatalogueError) as caught:
        read_dumps(spoiled, pattern=PATTERN, sidecar=False)
    assert str(caught.value).endswith("2 have the name of a dump and none is whole (1 being written, 1 empty)")
    assert "staff" not in str(caught.value)


def test_an_instant_that_is_none_is_refused() -> None:
    with pytest.raises(CatalogueError, match="group `at`"):
        read_dumps((file("staff-daily-2026.ldif"),), pattern=PATTERN, sidecar=False)


def test_the_answer_of_a_host_is_read_back() -> None:
    assert parse_files(f"[{file().model_dump_json()}]".encode()) == (file(),)
