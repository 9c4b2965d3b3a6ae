"""Sabotages of the daily look at the backups: spoiled before they are looked at, healed by the drill's cleanup."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, Plant, appended, plain, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL, STACKS = "backup-freshness", ("offsite",)
FLIP = (
    'victim=$(find {{ restic_directory }}/data -type f -size +20k | sort | head -n 1); chmod u+w "$victim";'
    ' python3 -c \'import sys; f = open(sys.argv[1], "r+b"); f.seek(9000); b = f.read(1)[0]; f.seek(9000);'
    ' f.write(bytes([b ^ 1]))\' "$victim"'
)
SERVER = "-h {{ postgresql_socket_directory }} -p {{ postgresql_port }} -U postgres -d postgres"
SQL = f'"{{{{ postgresql_bin }}}}/psql" -XAtq {SERVER} -c'
RELOADED = f"{SQL} 'SELECT pg_reload_conf()'"
SWITCH = f"{SQL} \"SELECT pg_logical_emit_message(false, 'x', 'y'); SELECT pg_switch_wal()\""
STOPPED = (
    f"{SQL} \"ALTER SYSTEM SET archive_command = 'false'\"; {RELOADED}; sleep 0.5;"
    f" for n in 1 2 3 4; do {SWITCH}; done; sleep 2"
)
GOES_ON = f"{SQL} 'ALTER SYSTEM RESET archive_command'; {RELOADED}"


def _spoiled(hosts: str, spoil: str, heal: str) -> Plant:
    def plant(workshop: Workshop) -> None:
        playbooks = workshop.own_playbooks("backups")
        appended(playbooks / "decoys.yml", plain(hosts, "set -eu", spoil))
        appended(playbooks / "remove-decoys.yml", plain(hosts, "set -eu", heal))

    return plant


def _sound_decoys(workshop: Workshop) -> None:
    """What the checks are tried on is as good as what they are there for."""
    decoys = workshop.own_playbooks("backups") / "templates" / "decoys.sh.j2"
    replaced(decoys, '    printf "\\\\$(printf %03o $((255 - byte)))"', "    true")


FAULTS = (
    Fault(
        name="archive that stopped: its command fails",
        drill=DRILL,
        plant=_spoiled("source_host", STOPPED, GOES_ON),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "database-archiving")}),
    ),
    Fault(
        name="one flipped bit in the repository of the documents",
        drill=DRILL,
        plant=_spoiled("vault_host", FLIP, FLIP),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "documents-readable")}),
    ),
    Fault(
        name="one file of the repository in the clear",
        drill=DRILL,
        plant=_spoiled(
            "repository_host",
            "echo secret >{{ pgbackrest_repository }}/plain",
            "rm -f {{ pgbackrest_repository }}/plain",
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "database-encrypted")}),
    ),
    Fault(
        name="no copy elsewhere",
        drill=DRILL,
        plant=_spoiled(
            "offsite_host",
            "mv {{ restic_repository }} {{ restic_repository }}.gone",
            "mv {{ restic_repository }}.gone {{ restic_repository }}",
        ),
        # Whether the check could fail is asked of the same repository: without it nobody knows.
        verdicts=("inconclusive",),
        causes=frozenset({("self-test-missing", "offsite-documents-recent")}),
    ),
    Fault(
        name="controls that are as good as the backups",
        drill=DRILL,
        plant=_sound_decoys,
        verdicts=("inconclusive",),
        causes=frozenset({("self-test-missing", "database-readable"), ("check-cannot-fail", "database-readable")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=STACKS, record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [DRILL])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=STACKS, record=record_property, under=under)
