"""The program that says which archived binary logs follow a backup: none is passed over in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.plugins import bundled_content

PROGRAM = bundled_content() / "playbooks" / "mariadb" / "files" / "logs_to_replay.py"


def archive(place: Path, **sizes: int) -> Path:
    """A directory of logs: `binlog_000001=10` is a file `binlog.000001` of ten bytes."""
    logs = place / "binlogs"
    logs.mkdir()
    for name, size in sizes.items():
        (logs / name.replace("_", ".")).write_bytes(b"x" * size)
    return logs


def ask(logs: Path, note: str) -> "subprocess.CompletedProcess[str]":
    file = logs.parent / "xtrabackup_binlog_info"
    file.write_text(note)
    command = [sys.executable, str(PROGRAM), str(file), str(logs)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def names(done: "subprocess.CompletedProcess[str]") -> list[str]:
    assert done.returncode == 0, done.stderr
    return [Path(line).name for line in done.stdout.splitlines()]


def test_they_begin_where_the_backup_was_taken_and_go_on_to_the_last(tmp_path: Path) -> None:
    logs = archive(tmp_path, binlog_000009=1, binlog_000010=1, binlog_000011=1, relay_000012=1, notes=1)
    assert names(ask(logs, "binlog.000010\t339\t0-1-11\n")) == ["339", "binlog.000010", "binlog.000011"]


def test_of_a_log_that_was_begun_again_the_longer_copy_counts(tmp_path: Path) -> None:
    logs = archive(tmp_path, binlog_000001=5, binlog_000001_before=9, binlog_000002=9, binlog_000002_before=5)
    assert names(ask(logs, "binlog.000001\t4\n")) == ["4", "binlog.000001.before", "binlog.000002"]


@pytest.mark.parametrize(
    ("sizes", "missing"),
    [
        ({}, 2),
        ({"binlog_000001": 1}, 2),
        ({"binlog_000003": 1}, 2),
        ({"binlog_000002": 1, "binlog_000004": 1}, 3),
    ],
)
def test_a_log_that_is_missing_is_named_and_nothing_is_replayed(
    tmp_path: Path, sizes: dict[str, int], missing: int
) -> None:
    done = ask(archive(tmp_path, **sizes), "binlog.000002\t339\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no binary log number {missing}, which the backup needs" in done.stderr


def test_a_note_that_names_no_log_is_refused(tmp_path: Path) -> None:
    done = ask(archive(tmp_path, binlog_000001=1), "nothing here\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "names no binary log" in done.stderr
