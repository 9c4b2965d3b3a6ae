"""The source of the stack `mariadb` and the archive of its binary logs, killed and interrupted: nothing is lost."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest

from orchestrator.lab import Layout, build_layout, up
from tests.integration.lab.conftest import Playbook
from tests.integration.lab.test_techniques import changes
from tests.patience import wait_until

STACKS = ("mariadb",)
NOMINAL = "mariadb/nominal.yml"


@pytest.fixture(scope="module")
def stack(lab: Layout) -> Layout:
    """The lab with this stack, as its hosts are told."""
    up(state=lab.state, data_megabytes=5, say=print, stacks=STACKS)
    return build_layout(state=lab.state, user=lab.user, stacks=STACKS)


def data(stack: Layout) -> Path:
    return stack.host("mariadb_source").directory / "data" / "mariadb" / "data"


def kill(pid_file: Path) -> None:
    """SIGKILL, until nothing answers to that number any more."""
    pid = int(pid_file.read_text(encoding="ascii"))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/exe").readlink() != Path()
    return False


def connect(stack: Layout, account: str) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    """As one of the accounts of drills."""
    password = (stack.project / "keys" / f"mariadb_{account}").read_text(encoding="utf-8").strip()
    address, port = stack.host("mariadb_source").address, stack.service_port
    return pymysql.connect(host=address, port=port, user=f"reprise_{account}", password=password, autocommit=True)


def commit(stack: Layout, run: str) -> None:
    with connect(stack, "canary") as connection, connection.cursor() as cursor:
        cursor.execute("insert into reprise.canary (run, seq) values (%s, 1)", (run,))


def committed(stack: Layout) -> set[str]:
    with connect(stack, "verify") as connection, connection.cursor() as cursor:
        cursor.execute("select run from reprise.canary")
        return {str(row[0]) for row in cursor.fetchall()}


def assert_archived(stack: Layout) -> None:
    """Every binary log that the source has is in the archive, byte for byte, and no copy of before is left."""
    archive = stack.host("mariadb_repository").directory / "data" / "binlogs"
    logs = sorted(path for path in data(stack).glob("binlog.*") if path.suffix[1:].isdigit())
    assert logs
    wait_until(lambda: all(_same(log, archive / log.name) for log in logs))
    assert not list(archive.glob("*.before"))


def _same(log: Path, copy: Path) -> bool:
    """But for the flag in the header that says that a log is still being written, which is never sent."""
    in_use = slice(21, 23)
    first, second = bytearray(log.read_bytes()), bytearray(copy.read_bytes() if copy.exists() else b"")
    first[in_use] = second[in_use] = b"\0\0"
    return first == second


def test_an_archive_that_died_begins_again_and_has_everything(stack: Layout, playbook: Playbook) -> None:
    kill(stack.host("mariadb_repository").directory / "run" / "archive.pid")
    commit(stack, "while nobody archived")
    done = playbook(NOMINAL)
    assert done.returncode == 0, done.stdout
    commit(stack, "afterwards")
    assert_archived(stack)
    unchanged = playbook(NOMINAL)
    assert (unchanged.returncode, changes(unchanged)) == (0, 0), unchanged.stdout


def test_a_source_that_was_killed_starts_again_with_all_that_it_acknowledged(stack: Layout, playbook: Playbook) -> None:
    commit(stack, "before the kill")
    kill(data(stack).parent / "pid")
    done = playbook(NOMINAL)
    assert done.returncode == 0, done.stdout
    assert "before the kill" in committed(stack)
    commit(stack, "after the kill")
    assert_archived(stack)


def test_a_source_whose_restore_was_interrupted_is_restored_whole(stack: Layout, playbook: Playbook) -> None:
    commit(stack, "before the interruption")
    assert_archived(stack)
    numbers = sorted(path.name for path in data(stack).glob("binlog.0*"))
    (data(stack).parent / "restoring").mkdir()
    done = playbook(NOMINAL)
    assert done.returncode == 0, done.stdout
    assert "before the interruption" in committed(stack)
    # Its binary logs go on where those of before ended: the archive is one series.
    assert min(path.name for path in data(stack).glob("binlog.0*")) > numbers[-1]
    commit(stack, "after the interruption")
    assert_archived(stack)
