"""What Barman 3.4 wrote of a real backup, and what becomes of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.adapters.backups.barman import BarmanOptions
from orchestrator.adapters.backups.barman_listing import (
    complete_backups,
    read_backup,
    read_paths,
    read_version,
    recovery_point,
)
from orchestrator.adapters.probes.question import read_question
from orchestrator.errors import CatalogueError, ProbeError

ID = "20261124T134600"
LISTED = (
    '{"dpi": [{"backup_id": "20261124T134638", "end_time": "Tue Nov 24 13:46:43 2026", "end_time_timestamp":'
    ' "1795528003", "retention_status": "-", "size": "38.1 MiB", "size_bytes": 39907151, "status": "DONE",'
    ' "tablespaces": [], "wal_size": "0 B", "wal_size_bytes": 0}, {"backup_id": "20261124T134600", "end_time":'
    ' "Tue Nov 24 13:46:03 2026", "end_time_timestamp": "1795527963", "retention_status": "-", "size": "38.1 MiB",'
    ' "size_bytes": 39907151, "status": "DONE", "tablespaces": [], "wal_size": "48.0 MiB"}]}\n'
)
SHOWN = (
    '{"dpi": {"backup_id": "20261124T134600", "base_backup_information": {"analysis_time": "less than one second",'
    ' "begin_lsn": "0/3000028", "begin_time": "2026-11-24 13:46:00.867865+00:00", "begin_time_timestamp": "1795527960",'
    ' "begin_wal": "000000010000000000000003", "copy_time": "2 seconds", "disk_usage": "22.1 MiB", "disk_usage_bytes":'
    ' 23129935, "end_lsn": "0/4000000", "end_time": "2026-11-24 13:46:03.472863+00:00", "end_time_timestamp":'
    ' "1795527963", "end_wal": "000000010000000000000003", "incremental_size_bytes": 23129935, "timeline": 1},'
    ' "catalog_information": {"retention_policy": "not enforced"}, "pgdata_directory": "/srv/data",'
    ' "postgresql_version": 150018, "status": "DONE", "tablespaces": []}}\n'
)


def shown(**changes: Any) -> bytes:
    told = json.loads(SHOWN)
    told["dpi"] |= changes
    return json.dumps(told).encode()


def test_a_complete_backup_is_a_recovery_point_of_a_database() -> None:
    point = recovery_point(read_backup(SHOWN.encode(), server="dpi"), version="3.4.0")
    assert (point.id, point.kind, point.tool, point.tool_version, point.of) == (
        ID,
        "full",
        "barman",
        "3.4.0",
        "database",
    )
    assert point.started_at == datetime(2026, 11, 24, 13, 46, 0, 867865, tzinfo=UTC)
    assert point.finished_at == datetime(2026, 11, 24, 13, 46, 3, 472863, tzinfo=UTC)
    assert point.size_bytes == point.repository_bytes == 23_129_935
    assert point.first_log == point.last_log == "000000010000000000000003"


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    base = json.loads(SHOWN)["dpi"]["base_backup_information"] | {"begin_time": "2026-11-24 14:46:00.867865+01:00"}
    point = recovery_point(read_backup(shown(base_backup_information=base), server="dpi"), version="3.4.0")
    assert point.started_at == datetime(2026, 11, 24, 13, 46, 0, 867865, tzinfo=UTC)


def test_only_what_is_complete_is_listed() -> None:
    assert set(complete_backups(LISTED.encode(), server="dpi")) == {ID, "20261124T134638"}
    waiting = LISTED.replace('"DONE"', '"WAITING_FOR_WALS"', 1)
    assert complete_backups(waiting.encode(), server="dpi") == (ID,)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"dpi": []}', "no backup is complete"),
        (LISTED.replace("DONE", "FAILED"), "no backup is complete"),
        ('{"other": []}', "speaks of other"),
        ("{}", "speaks of no server"),
    ],
)
def test_a_list_without_a_complete_backup_of_the_server_is_none(answer: str, words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        complete_backups(answer.encode(), server="dpi")


@pytest.mark.parametrize("answer", ["", "[]", '{"_ERROR": ["Unknown server"]}', '{"dpi": [{"status": "DONE"}]}'])
def test_what_is_no_list_is_not_understood(answer: str) -> None:
    with pytest.raises(ValidationError):
        complete_backups(answer.encode(), server="dpi")


@pytest.mark.parametrize("changes", [{"status": "WAITING_FOR_WALS"}, {"base_backup_information": None}])
def test_a_backup_that_is_not_complete_any_more_is_no_recovery_point(changes: dict[str, Any]) -> None:
    with pytest.raises(CatalogueError, match="20261124T134600"):
        recovery_point(read_backup(shown(**changes), server="dpi"), version="3.4.0")


def test_a_time_without_its_zone_is_not_understood() -> None:
    base = json.loads(SHOWN)["dpi"]["base_backup_information"] | {"begin_time": "2026-11-24 13:46:00"}
    with pytest.raises(ValidationError):
        read_backup(shown(base_backup_information=base), server="dpi")


def test_the_manifest_is_found_among_the_files() -> None:
    files = f"/srv/dpi/base/{ID}/data/PG_VERSION\n/srv/dpi/base/{ID}/data/backup_manifest\n/srv/dpi/wals/0/1\n"
    assert read_paths(files.encode(), backup=ID) == f"/srv/dpi/base/{ID}/data/backup_manifest"
    with pytest.raises(CatalogueError, match="no backup_manifest"):
        read_paths(f"/srv/dpi/base/{ID}/data/PG_VERSION\n".encode(), backup=ID)


def test_the_version_is_the_number() -> None:
    assert read_version(b"3.4.0 Barman by EnterpriseDB (www.enterprisedb.com)\n") == "3.4.0"
    assert read_version(b"\n") == ""


@pytest.mark.parametrize("server", ["all", "--help", "", "a b", "a/b"])
def test_a_server_is_one_name(server: str) -> None:
    with pytest.raises(ProbeError, match="server"):
        read_question(BarmanOptions, {"server": server}, probe="barman")
