import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from orchestrator.adapters.backups.mariabackup_info import parse_report, read_points
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError

INFO = """\
uuid = aa97d756-e805-11f1-92bf-02fc00000001
name =
tool_name = mariadb-backup
tool_command = --backup --password=...
tool_version = 10.11.19-MariaDB
start_time = 2026-11-24 12:50:44
end_time = {end_time}
lock_time = 0
binlog_pos = filename 'binlog.000002', position '339', GTID of the last change '0-1-11'
innodb_from_lsn = 0
partial = {partial}
incremental = {incremental}
format = mbstream
"""
CHECKPOINTS = "backup_type = {backup_type}\nfrom_lsn = 0\nto_lsn = 50290\n"


def backup(
    name: str,
    *,
    end_time: str = "2026-11-24 12:50:46",
    partial: str = "N",
    incremental: str = "N",
    backup_type: str = "full-backuped",
) -> dict[str, object]:
    """As mariadb-backup 10.11 writes it."""
    return {
        "name": name,
        "bytes": 4711,
        "info": INFO.format(end_time=end_time, partial=partial, incremental=incremental),
        "checkpoints": CHECKPOINTS.format(backup_type=backup_type),
    }


def points(*backups: dict[str, object], zone: str = "UTC") -> tuple[RecoveryPoint, ...]:
    return read_points(parse_report(json.dumps(backups).encode()), zone=ZoneInfo(zone))


def test_backups_come_oldest_first_and_with_everything_that_is_pinned() -> None:
    newest = backup("a", end_time="2026-11-25 00:00:00")
    found = points(newest, backup("b"))
    assert [point.id for point in found] == ["b", "a"]
    first = found[0]
    assert first.started_at == datetime(2026, 11, 24, 12, 50, 44, tzinfo=UTC)
    assert first.finished_at == datetime(2026, 11, 24, 12, 50, 46, tzinfo=UTC)
    assert (first.kind, first.tool, first.tool_version) == ("full", "mariadb-backup", "10.11.19-MariaDB")
    assert (first.size_bytes, first.first_log, first.of) == (4711, "binlog.000002:339", "database")


def test_the_tool_writes_local_time_and_the_zone_says_which() -> None:
    assert points(backup("a"), zone="Europe/Paris")[0].finished_at == datetime(2026, 11, 24, 11, 50, 46, tzinfo=UTC)


def test_in_the_hour_that_comes_twice_a_backup_is_the_older_one() -> None:
    found = points(backup("a", end_time="2026-10-25 02:30:00"), zone="Europe/Paris")
    assert found[0].finished_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_backup_that_was_prepared_is_one_still() -> None:
    assert [point.id for point in points(backup("a", backup_type="log-applied"))] == ["a"]


@pytest.mark.parametrize(
    "broken",
    [
        {"info": None},
        {"checkpoints": None},
        backup("x", partial="Y"),
        backup("x", incremental="Y"),
        backup("x", backup_type="incremental"),
        backup("x", backup_type="full"),
    ],
)
def test_what_is_not_whole_by_itself_is_no_recovery_point(broken: dict[str, object]) -> None:
    assert [point.id for point in points(backup("x") | broken | {"name": "x"}, backup("whole"))] == ["whole"]
    with pytest.raises(CatalogueError, match="no full backup"):
        points(backup("x") | broken)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"info": "uuid = 1\n"},
        {"info": backup("x", end_time="yesterday")["info"]},
        {"info": backup("x", partial="maybe")["info"]},
        {"checkpoints": "from_lsn = 0\n"},
    ],
)
def test_a_note_that_is_not_understood_is_an_error_that_names_the_backup(spoiled: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match="backup spoiled: what mariadb-backup wrote"):
        points(backup("whole"), backup("spoiled") | spoiled)


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"name": "a"}]', b"no JSON"])
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        parse_report(content)
