"""Sabotages of the drill that restores production's own backup, and proof that it cannot be turned on production."""

import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from orchestrator.lab.layout import build_layout
from tests.sabotage.fault import PSQL, Fault, appended, on_hosts, prefixed, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop, open_workshop

DRILL = "production-backup-restore"
STACKS = ("production_like",)


def _nothing(lab: Layout) -> None:
    """What was planted went with the workshop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A sabotage that may also be planted in the lab, and then is taken away again."""

    fault: Fault
    plant: Callable[[Workshop, Layout], None]
    mend: Callable[[Layout], None] = _nothing


def _trap(
    name: str,
    plant: Callable[[Workshop, Layout], None],
    *causes: tuple[str, str],
    verdicts: tuple[str, ...] = ("failed",),
    mend: Callable[[Layout], None] = _nothing,
) -> Trap:
    fault = Fault(name=name, drill=DRILL, plant=lambda _: None, verdicts=verdicts, causes=frozenset(causes))
    return Trap(fault=fault, plant=plant, mend=mend)


def _after_restore(*commands: str) -> Callable[[Workshop, Layout], None]:
    return lambda workshop, _: appended(
        workshop.own_playbooks("postgresql") / "production-restore.yml", on_hosts("isolated_target", *commands)
    )


def _door(lab: Layout) -> Path:
    return lab.host("prod_backups").directory / "etc" / "door-session"


def _can_write(_: Workshop, lab: Layout) -> None:
    replaced(_door(lab), "sftp-server' -R", "sftp-server'")


def _cannot_write_again(lab: Layout) -> None:
    replaced(_door(lab), "sftp-server'\n", "sftp-server' -R\n")


def _reader(lab: Layout) -> Path:
    return lab.host("isolated").directory / "etc" / "read-production"


def _another_repository(_: Workshop, lab: Layout) -> None:
    """The stanza of the same name in the repository of the staging database, which is whole and recent."""
    replaced(_reader(lab), "repository=" + _storage(lab, "prod_backups"), "repository=" + _storage(lab, "repository"))


def _the_right_repository(lab: Layout) -> None:
    replaced(_reader(lab), "repository=" + _storage(lab, "repository"), "repository=" + _storage(lab, "prod_backups"))


def _storage(lab: Layout, host: str) -> str:
    return str(lab.host(host).directory / "data" / "pgbackrest")


def _planted_history(lab: Layout) -> Path:
    return Path(_storage(lab, "prod_backups"), "archive", lab.stanza, "15-1", "00000002.history")


def _archived_at_production(workshop: Workshop, lab: Layout) -> None:
    """As a restored copy does that opens a timeline of its own with the archive_command of production."""
    _after_restore(f"echo 1 >{_planted_history(lab)}")(workshop, lab)


def _first_segment(lab: Layout) -> Path:
    return min(_planted_history(lab).parent.glob("*/*-*.zst"))


def _written_over(workshop: Workshop, lab: Layout) -> None:
    segment = _first_segment(lab)
    spoil = f"cp -p {segment} {segment}.kept; printf x | dd of={segment} bs=1 seek=64 conv=notrunc status=none"
    _after_restore(
        spoil, f"touch -r {segment}.kept {segment}; mv {segment}.kept {lab.host('isolated').directory}/tmp/kept"
    )(workshop, lab)


def _written_back(lab: Layout) -> None:
    kept = lab.host("isolated").directory / "tmp" / "kept"
    if kept.exists():
        shutil.move(kept, _first_segment(lab))


def _only_claims(workshop: Workshop, _: Layout) -> None:
    restore = workshop.own_playbooks("postgresql") / "production-restore.yml"
    restore.write_text(
        """
- name: Restore production's backup on the isolated host
  hosts: isolated_target
  gather_facts: false
  tasks:
    - name: Say that everything went well
      ansible.builtin.set_stats:
        data: {reprise_claims: {restored_set: 20991231-235959F, restored_files: 4711}}
""",
        encoding="utf-8",
    )


def _key(lab: Layout) -> Path:
    return lab.host("isolated").directory / "etc" / "ssh_client_ed25519_key"


def _access_lost(workshop: Workshop, lab: Layout) -> None:
    restore = workshop.own_playbooks("postgresql") / "production-restore.yml"
    prefixed(restore, on_hosts("isolated_target", f"mv {_key(lab)} {_key(lab)}.away || true").lstrip())


def _access_back(lab: Layout) -> None:
    away = _key(lab).with_name(f"{_key(lab).name}.away")
    if away.exists():
        away.rename(_key(lab))


def _copies_left(workshop: Workshop, _: Layout) -> None:
    erase = workshop.own_playbooks("postgresql") / "erase.yml"
    replaced(erase, "{{ production_copies | default('') | quote }}", "")


def _copies_gone(lab: Layout) -> None:
    shutil.rmtree(lab.host("isolated").directory / "data" / "production", ignore_errors=True)


def _not_replayed(workshop: Workshop, _: Layout) -> None:
    replay = workshop.own_playbooks("postgresql") / "replay-erasures.yml"
    replaced(replay, "ansible.builtin.include_tasks: tasks/replay-erasures.yml", "ansible.builtin.debug: {msg: later}")
    replaced(replay, '"{{ erasure_ledger_ids.stdout_lines | length }}"', "7")
    replaced(replay, '"{{ people_erased.stdout | trim | int }}"', "1")


TRAPS = (
    _trap(
        "access to production's repository that can write",
        _can_write,
        ("preparation-failed", "access-is-read-only"),
        verdicts=("inconclusive",),
        mend=_cannot_write_again,
    ),
    _trap(
        "production's markers stopped an hour ago",
        _after_restore(f"{PSQL} dpi -c \"UPDATE heartbeats SET at = at - interval '1 hour'\""),
        ("rpo-missed", "rpo"),
    ),
    _trap(
        "a marker of production in the future",
        _after_restore(f"{PSQL} dpi -c \"INSERT INTO heartbeats VALUES (clock_timestamp() + interval '10 minutes')\""),
        ("newer-than-disaster", "newest-marker"),
    ),
    _trap(
        "no marker of production at all",
        _after_restore(f'{PSQL} dpi -c "TRUNCATE heartbeats"'),
        ("rpo-not-measured", "rpo"),
    ),
    _trap(
        "stanza of the same name in a repository with another key",
        _another_repository,
        ("no-recovery-point", "pgbackrest"),
        verdicts=("inconclusive",),
        mend=_the_right_repository,
    ),
    _trap(
        "restored copy that archives in production's repository",
        _archived_at_production,
        ("check-failed", "production-untouched"),
        mend=lambda lab: _planted_history(lab).unlink(missing_ok=True),
    ),
    _trap(
        "restore that writes over one byte of production's archive, and sets its date back",
        _written_over,
        ("check-failed", "production-untouched"),
        mend=_written_back,
    ),
    _trap(
        "playbook that restores nothing and claims a recovery point in the future",
        _only_claims,
        ("recovery-failed", "replay-erasures"),
    ),
    _trap("read-only access lost before the recovery", _access_lost, ("recovery-failed", "restore"), mend=_access_back),
    _trap(
        "results that are missing since production's closing",
        _after_restore(f'{PSQL} dpi -c "DELETE FROM results WHERE id % 7 = 0"'),
        ("check-failed", "complete"),
    ),
    _trap("a person erased who is back: the ledger is not replayed", _not_replayed, ("check-failed", "nobody-back")),
    _trap(
        "cleanup that leaves copies of production's repository",
        _copies_left,
        ("cleanup-failed", "copies-erased"),
        verdicts=("passed-with-gaps",),
        mend=_copies_gone,
    ),
)


def _whole(lab: Layout) -> Layout:
    """The lab with this part, which it may not have had when the other tests began."""
    return build_layout(state=lab.state, user=lab.user, stacks=STACKS)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.fault.name)
def test_no_sabotage_passes(trap: Trap, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    whole = _whole(lab)
    fault = replace(trap.fault, plant=lambda workshop: trap.plant(workshop, whole))
    try:
        must_not_pass(fault, lab=lab, directory=tmp_path, stacks=STACKS, record=record_property)
    finally:
        trap.mend(whole)


@pytest.mark.parametrize("under", CONDITIONS)
def test_an_honest_run_passes(under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(DRILL, lab=lab, directory=tmp_path, stacks=STACKS, record=record_property, under=under)


def test_production_that_answers_the_isolated_host_refuses_the_drill(lab: Layout, tmp_path: Path) -> None:
    workshop = open_workshop(lab, tmp_path, stacks=STACKS)
    with socket.create_server((_whole(lab).host("prod_db").address, lab.service_port)):
        done = workshop.run(DRILL)

    assert (done.code, workshop.judgement["verdict"]) == (4, "aborted")
    ((code, why),) = workshop.findings
    assert code == "refused-by-guard"
    assert "isolated: production-unreachable" in why


@pytest.mark.parametrize("host", ["prod_db", "prod_backups"])
def test_a_step_that_would_act_on_production_is_refused(host: str, lab: Layout, tmp_path: Path) -> None:
    """The guard refuses the drill as soon as production is among its hosts, and nothing of it is begun."""
    workshop = open_workshop(lab, tmp_path, stacks=STACKS)
    workshop.own_drill(DRILL)
    drill = workshop.project / "drills" / f"{DRILL}.yml"
    replaced(drill, "targets: isolated_target\n", f"targets: isolated_target\ntouches: [{host}]\n")

    done = workshop.run(DRILL)

    assert (done.code, workshop.judgement["verdict"]) == (4, "aborted")
    refused = " ".join(why for _, why in workshop.findings)
    assert f"{host}: declared-staging" in refused
    assert f"{host}: not-on-never-list" in refused
    assert not [event for event in workshop.events if event["type"] in ("step_started", "clock_measured")]
