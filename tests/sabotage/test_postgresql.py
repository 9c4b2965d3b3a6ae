"""Sabotages of the drills on one PostgreSQL with its backups."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import PSQL, Fault, Plant, appended, on_hosts, on_repository, prefixed, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DUMP = '"$bin/pg_dumpall" -h "$sockets" -p {{ postgresql_port }} -U postgres >"$copy/all.sql"'


def _after_restore(*commands: str) -> Plant:
    return lambda workshop: appended(
        workshop.own_playbooks("postgresql") / "restore.yml", on_hosts("restore_target", *commands)
    )


def _stale(workshop: Workshop) -> None:
    restore = workshop.own_playbooks("postgresql") / "restore.yml"
    replaced(restore, " restore\n", " --type=immediate --target-action=promote restore\n")


def _nothing_restored(workshop: Workshop) -> None:
    restore = workshop.own_playbooks("postgresql") / "restore.yml"
    restore.write_text(
        """
- name: Restore on the target
  hosts: restore_target
  gather_facts: false
  tasks:
    - name: Say that everything went well
      ansible.builtin.set_stats:
        data: {reprise_claims: {restored_set: 20991231-235959F, restored_files: 4711}}
""",
        encoding="utf-8",
    )


def _left_behind(workshop: Workshop) -> None:
    erase = workshop.own_playbooks("postgresql") / "erase.yml"
    replaced(erase, 'rm -rf "$data" "$spool" "$log"', 'find "$data" -name "PG_VERSION" -prune -o -type f -delete')
    replaced(erase, 'if [ -e "$data" ]; then echo "still there: $data" >&2; exit 1; fi', ":")


def _not_replayed(workshop: Workshop) -> None:
    replay = workshop.own_playbooks("postgresql") / "replay-erasures.yml"
    replaced(replay, "ansible.builtin.include_tasks: tasks/replay-erasures.yml", "ansible.builtin.debug: {msg: later}")
    replaced(replay, '"{{ erasure_ledger_ids.stdout_lines | length }}"', "7")
    replaced(replay, '"{{ people_erased.stdout | trim | int }}"', "1")


def _in_again_after_the_replay(workshop: Workshop) -> None:
    person = "SELECT patient_id, 'FICTIF-99999999', 'X', 'Y', 'F', '1970-01-01', '75000' FROM erasures LIMIT 1"
    replay = workshop.own_playbooks("postgresql") / "replay-erasures.yml"
    appended(replay, on_hosts("restore_target", f'{PSQL} dpi -c "INSERT INTO patients {person}"'))


def _ledger_of_yesterday(workshop: Workshop) -> None:
    """The ledger has lost its last line, as if it too came from a backup; the source gets the whole one back."""
    playbooks = workshop.own_playbooks("postgresql")
    ledger = "ledger={{ erasure_ledger_path }}"
    cut = on_repository(ledger, 'cp "$ledger" "$ledger.kept"', "sed -i '$d' \"$ledger\"")
    appended(playbooks / "restore.yml", cut)
    whole = on_repository(ledger, 'if [ -e "$ledger.kept" ]; then mv "$ledger.kept" "$ledger"; fi')
    prefixed(playbooks / "nominal.yml", whole)


def _past_the_destruction(workshop: Workshop) -> None:
    restore = workshop.own_playbooks("postgresql") / "restore-to-instant.yml"
    text = restore.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines(keepends=True) if "--target-action=promote" not in line]
    joined = "".join(kept)
    before = "--archive-mode=off --type=time --target={{ instant | replace(' UTC', '+00') | quote }} \\\n"
    assert before in joined
    restore.write_text(
        joined.replace(before, "--archive-mode=off --log-level-console=info restore\n"), encoding="utf-8"
    )


def _long_before_the_destruction(workshop: Workshop) -> None:
    restore = workshop.own_playbooks("postgresql") / "restore-to-instant.yml"
    replaced(restore, "--type=time --target={{ instant | replace(' UTC', '+00') | quote }}", "--type=immediate")


FAULTS = (
    Fault(
        name="truncated table",
        drill="postgresql-restore",
        plant=_after_restore(f'{PSQL} dpi -c "DELETE FROM results WHERE id > (SELECT avg(id) FROM results)"'),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="stale backup: restored without what was archived after it",
        drill="postgresql-restore",
        plant=_stale,
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("rpo-missed", "rpo"), ("rpo-not-measured", "rpo")}),
    ),
    Fault(
        name="a perfect copy of another database",
        drill="postgresql-restore",
        plant=_after_restore(
            'copy="$data.foreign"',
            '"$bin/initdb" -D "$copy" -k -E UTF8 --no-locale -U postgres -A trust >/dev/null',
            DUMP,
            "end_all",
            'rm -rf "$data"',
            'mv "$copy" "$data"',
            "start_and_wait 60",
            f'{PSQL.replace(" -v ON_ERROR_STOP=1", "")} postgres -f "$data/all.sql" >/dev/null 2>&1',
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "identity")}),
    ),
    Fault(
        name="playbook that restores nothing and claims success",
        drill="postgresql-restore",
        plant=_nothing_restored,
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "replay-erasures")}),
    ),
    Fault(
        name="cleanup that leaves data",
        drill="postgresql-restore",
        plant=_left_behind,
        verdicts=("passed-with-gaps", "failed"),
        causes=frozenset({("cleanup-failed", "erased")}),
    ),
    Fault(
        name="a person erased after the backup who is back: the ledger is not replayed",
        drill="postgresql-restore",
        plant=_not_replayed,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "nobody-back")}),
    ),
    Fault(
        name="a person erased long ago who is back after the replay",
        drill="postgresql-restore",
        plant=_in_again_after_the_replay,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "nobody-back")}),
    ),
    Fault(
        name="a ledger of erasures that has lost its last line",
        drill="postgresql-restore",
        plant=_ledger_of_yesterday,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "nobody-back")}),
    ),
    Fault(
        name="a person erased after the instant who is back: the ledger is not replayed",
        drill="postgresql-pitr",
        plant=_not_replayed,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "nobody-back")}),
    ),
    Fault(
        name="rolled forward past the destruction",
        drill="postgresql-pitr",
        plant=_past_the_destruction,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "before-the-destruction")}),
    ),
    Fault(
        name="stopped long before the destruction",
        drill="postgresql-pitr",
        plant=_long_before_the_destruction,
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("rpo-missed", "rpo"), ("rpo-not-measured", "rpo")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=(), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", ["postgresql-restore", "postgresql-pitr"])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=(), record=record_property, under=under)
