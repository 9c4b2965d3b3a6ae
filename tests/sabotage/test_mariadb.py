"""Sabotages of the drill on MariaDB with its backups and the archive of its binary logs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, Plant, appended, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL = "mariadb-restore"
STACKS = ("mariadb",)
FLIP = 'printf "\\\\377" | dd of="$data/dpi/results.ibd" bs=1 seek=$((20 * 16384 + 1000)) conv=notrunc 2>/dev/null'


def _after_restore(statement: str) -> Plant:
    """What is wrong with the data, as if it had been so in the backup: the binary logs are replayed already."""
    play = on_hosts("mariadb_restore_target", f"echo {statement!r} | client 60")
    return lambda workshop: appended(workshop.own_playbooks("mariadb") / "restore.yml", play)


def _changed(file: str, old: str, new: str) -> Plant:
    return lambda workshop: replaced(workshop.own_playbooks("mariadb") / file, old, new)


def _one_log_missing(workshop: Workshop) -> None:
    """The archive gives all but the log that the backup needs first."""
    lost = (
        'tar() { command tar "$@"; read -r needed rest <"$(echo "$restoring"/backup/*_binlog_info)";'
        ' rm -f "$restoring/binlogs/$needed"; }'
    )
    replaced(workshop.own_playbooks("mariadb") / "restore.yml", "fetch_binlogs\n", f"{lost}\n        fetch_binlogs\n")


def _archive_stopped(workshop: Workshop) -> None:
    """Nobody notices that the archive has come to a halt; what may be lost is less than what that costs."""
    stopped = on_hosts("mariadb_repository_host", "end_archiving", functions=("archive.sh.j2",))
    appended(workshop.own_playbooks("mariadb") / "person-erased.yml", stopped)
    workshop.own_drill(DRILL)
    workshop.edit(f"drills/{DRILL}.yml", lambda text: text.replace("rpo: 1m", "rpo: 100ms"))


def _not_replayed(workshop: Workshop) -> None:
    replay = workshop.own_playbooks("mariadb") / "replay-erasures.yml"
    replaced(replay, "ansible.builtin.include_tasks: tasks/replay-erasures.yml", "ansible.builtin.debug: {msg: later}")
    replaced(replay, '"{{ erasure_ledger_ids.stdout_lines | length }}"', "7")
    replaced(replay, '"{{ people_erased.stdout | trim | int }}"', "1")


FAULTS = (
    Fault(
        name="restored without the binary logs",
        drill=DRILL,
        plant=_changed("restore.yml", "replay_binlogs {{ patience }}", ":"),
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("rpo-missed", "rpo"), ("rpo-not-measured", "rpo")}),
    ),
    Fault(
        name="archive without the binary log that the backup needs first",
        drill=DRILL,
        plant=_one_log_missing,
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "restore")}),
    ),
    Fault(
        name="archive that stopped unnoticed before the loss",
        drill=DRILL,
        plant=_archive_stopped,
        verdicts=("failed",),
        causes=frozenset({("rpo-missed", "rpo")}),
    ),
    Fault(
        name="backup that lacks the database",
        drill=DRILL,
        plant=_changed("restore.yml", "fetch_binlogs\n", 'fetch_binlogs\n        rm -r "$restoring/backup/dpi"\n'),
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "restore")}),
    ),
    Fault(
        name="a column dropped before the backup",
        drill=DRILL,
        plant=_after_restore("ALTER TABLE dpi.stays DROP COLUMN reason;"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="backup of another database",
        drill=DRILL,
        plant=_after_restore("UPDATE dpi.identity SET database_uuid = uuid();"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "identity")}),
    ),
    Fault(
        name="one flipped byte in a page of a table",
        drill=DRILL,
        plant=_changed(
            "open.yml",
            "start_and_wait",
            f"{FLIP}\n        start_and_wait",
        ),
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("check-failed", "structure")}),
    ),
    Fault(
        name="restored server that takes no writes",
        drill=DRILL,
        plant=_changed("open.yml", "| int }}", "| int }} --read-only"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "recovered")}),
    ),
    Fault(
        name="restored server that others can replicate from",
        drill=DRILL,
        plant=_changed("open.yml", "| int }}", "| int }} --log-bin=binlog"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "isolated")}),
    ),
    Fault(
        name="privileges of the application lost",
        drill=DRILL,
        plant=_after_restore("REVOKE INSERT, UPDATE, DELETE ON dpi.* FROM reprise_application@`127.%`;"),
        verdicts=("passed-with-gaps",),
        causes=frozenset({("check-failed", "grants")}),
    ),
    Fault(
        name="a person erased after the backup who is back: the ledger is not replayed",
        drill=DRILL,
        plant=_not_replayed,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "nobody-back")}),
    ),
    Fault(
        name="cleanup that leaves data",
        drill=DRILL,
        plant=_changed(
            "erase.yml",
            'rm -rf "$directory" "$log"\n        if [ -e "$directory" ]',
            'rm -rf "$directory/data/dpi" "$log"\n        if false',
        ),
        verdicts=("passed-with-gaps", "failed"),
        causes=frozenset({("cleanup-failed", "erased")}),
    ),
)


@pytest.fixture
def emptied(lab: Layout) -> Iterator[Layout]:
    """What a spoiled cleanup left would keep the next drill from beginning, as it must."""
    yield lab
    shutil.rmtree(lab.state / "hosts" / "mariadb_restore" / "data" / "mariadb", ignore_errors=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, emptied: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=emptied, directory=tmp_path, stacks=STACKS, record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
def test_an_honest_run_passes(under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(DRILL, lab=lab, directory=tmp_path, stacks=STACKS, record=record_property, under=under)
