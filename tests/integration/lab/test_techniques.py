"""The playbooks of PostgreSQL do what they say on real hosts, and the guard lets them only where it may be."""

import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from orchestrator.adapters.system import monotonic_us
from orchestrator.lab import Layout, ServiceState, status
from orchestrator.lab.processes import lab_processes
from tests.integration.lab.conftest import Ask, OnHost, Playbook
from tests.patience import kill

ROWS = (
    "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM stays), (SELECT count(*) FROM results),"
    " (SELECT count(*) FROM reprise.canary)"
)


def backups(lab: Layout, on_host: OnHost) -> list[str]:
    inventory = (lab.project / "inventory" / "lab.yml").read_text(encoding="utf-8")
    command = re.findall(r"pgbackrest_command: (.*)", inventory)[0]
    config = f"{lab.host('repository').directory}/etc/pgbackrest.conf"
    done = on_host("repository", f"{command} --config={config} --stanza={lab.stanza} info --output=json")
    return [backup["label"] for backup in json.loads(done.stdout)[0]["backup"]]


def commit_and_archive(lab: Layout, ask: Ask, on_host: OnHost, *, run: str) -> None:
    """One transaction at the source, in the repository when this returns: `check` switches the WAL and waits for it."""
    ask("source", f"INSERT INTO reprise.canary (run, seq) VALUES ('{run}', 1) RETURNING seq", role="reprise_canary")
    config = f"{lab.host('source').directory}/etc/pgbackrest.conf"
    assert on_host("source", f"pgbackrest --config={config} --stanza={lab.stanza} check").returncode == 0


def postgresql(lab: Layout, host: str) -> list[int]:
    return [one.pid for one in lab_processes(lab) if one.host == host and one.name == "postgres"]


def claims(done: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    found = re.search(r"RUN: (\{.*\})", done.stdout, flags=re.DOTALL)
    assert found, done.stdout
    said = json.loads(found[1].split("\n\n")[0])["reprise_claims"]
    assert isinstance(said, dict)
    return said


def changes(done: "subprocess.CompletedProcess[str]") -> int:
    return sum(int(number) for number in re.findall(r"changed=(\d+)", done.stdout))


def data(lab: Layout, host: str) -> Path:
    return lab.host(host).directory / "data" / lab.database


def test_a_drill_by_hand(lab: Layout, playbook: Playbook, ask: Ask, on_host: OnHost) -> None:
    """Lost, restored with everything that was archived, erased, back as it was: each step looked at from outside."""
    commit_and_archive(lab, ask, on_host, run="by hand")
    before, point = ask("source", ROWS), backups(lab, on_host)[-1]

    begun_us = monotonic_us()
    lost = playbook("postgresql/lose.yml")
    took_us = monotonic_us() - begun_us
    assert lost.returncode == 0, lost.stdout
    assert postgresql(lab, "source") == []
    assert not data(lab, "source").exists()
    assert status(state=lab.state).hosts[0].service is ServiceState.DOWN
    assert int(str(claims(lost)["killed_processes"])) >= 5
    assert 0 < int(str(claims(lost)["kill_window_us"])) < took_us

    restored = playbook("postgresql/restore.yml", recovery_point=point)
    assert restored.returncode == 0, restored.stdout
    assert ask("restore", ROWS) == before
    assert ask("restore", "SELECT pg_is_in_recovery(), current_setting('archive_mode')") == [(False, "off")]
    assert claims(restored)["restored_set"] == point

    erased = playbook("postgresql/erase.yml")
    assert erased.returncode == 0, erased.stdout
    assert_erased(lab)
    assert int(str(claims(erased)["erased_files"])) > 900
    again = playbook("postgresql/erase.yml")
    assert (again.returncode, changes(again)) == (0, 0), again.stdout

    assert playbook("postgresql/nominal.yml").returncode == 0
    assert status(state=lab.state).healthy
    assert ask("source", ROWS) == before
    assert backups(lab, on_host)[-1] > point
    unchanged = playbook("postgresql/nominal.yml")
    assert (unchanged.returncode, changes(unchanged)) == (0, 0), unchanged.stdout


def test_a_postmaster_that_is_slow_to_begin_is_waited_for(lab: Layout, playbook: Playbook, on_host: OnHost) -> None:
    """On a busy machine its pid file may come late: that it is not there yet is not that PostgreSQL has ended."""
    inventory = (lab.project / "inventory" / "lab.yml").read_text(encoding="utf-8")
    real, slow = re.findall(r"postgresql_bin: (.*)", inventory)[0], f"{lab.host('source').directory}/tmp/slow"
    made = on_host(
        "source",
        f"mkdir {slow} && ln -s {real}/* {slow}/ && rm {slow}/pg_ctl {slow}/postgres && cp {real}/pg_ctl {slow}/"
        f" && printf '#!/bin/sh\\nsleep 2\\nexec {real}/postgres \"$@\"\\n' >{slow}/postgres"
        f" && chmod 755 {slow}/postgres",
    )
    assert made.returncode == 0, made.stderr
    kill(postgresql(lab, "source"))
    try:
        begun = playbook("postgresql/nominal.yml", postgresql_bin=slow)
    finally:
        on_host("source", f"rm -r {slow}")
    assert begun.returncode == 0, begun.stdout
    assert "changed: [source]" in begun.stdout
    assert "damaged" not in begun.stdout
    assert status(state=lab.state).healthy


def assert_erased(lab: Layout) -> None:
    host = lab.host("restore")
    assert postgresql(lab, "restore") == []
    assert not data(lab, "restore").exists()
    assert list((host.directory / "run" / "spool").glob("**/*")) == []
    assert not (host.directory / "log" / "postgresql.log").exists()
    assert holders_of_deleted_files(host.directory) == []


def holders_of_deleted_files(directory: Path) -> list[str]:
    links = [link for process in Path("/proc").iterdir() if process.name.isdigit() for link in descriptors(process)]
    return [link for link in links if link.startswith(f"{directory}/") and link.endswith("(deleted)")]


def descriptors(process: Path) -> list[str]:
    try:
        return [str(path.readlink()) for path in (process / "fd").iterdir()]
    except OSError:
        return []


def test_half_a_restore_is_erased_too(lab: Layout, playbook: Playbook, on_host: OnHost) -> None:
    target = data(lab, "restore")
    on_host("restore", f"mkdir -p {target}/base/1 {lab.host('restore').directory}/run/spool/archive/dpi/in")
    for name in ("base/1/1259", "postmaster.pid", "backup.manifest"):
        on_host("restore", f"echo 999999 > {target}/{name}")
    erased = playbook("postgresql/erase.yml")
    assert erased.returncode == 0, erased.stdout
    assert claims(erased)["erased_files"] == 2  # the stale pid file is removed before the files are counted
    assert_erased(lab)


def test_what_does_not_run_cannot_be_lost(lab: Layout, playbook: Playbook) -> None:
    before = postgresql(lab, "source")
    done = playbook("postgresql/lose.yml", postgresql_data=f"{lab.host('source').directory}/data/nothing")
    assert done.returncode == 2
    assert "there is nothing to lose" in done.stdout
    assert postgresql(lab, "source") == before


def test_a_recovery_point_that_is_not_there_fails(lab: Layout, playbook: Playbook) -> None:
    done = playbook("postgresql/restore.yml", recovery_point="20200101-000000F")
    assert done.returncode == 2, done.stdout
    assert postgresql(lab, "restore") == []
    assert playbook("postgresql/erase.yml").returncode == 0


def test_recovery_that_does_not_end_is_not_taken_for_started(
    lab: Layout, playbook: Playbook, ask: Ask, on_host: OnHost
) -> None:
    """A server that answers reads while recovery hangs is what `pg_ctl -w start` calls started."""
    # Only a commit is delayed: with none in the archive after the backup, recovery would end at once.
    commit_and_archive(lab, ask, on_host, run="delayed")
    config = lab.host("restore").directory / "etc" / "postgresql.conf"
    on_host("restore", f"cp {config} {config}.kept; echo \"recovery_min_apply_delay = '1h'\" >> {config}")
    try:
        done = playbook("postgresql/restore.yml", recovery_point=backups(lab, on_host)[-1], recovery_timeout="8")
        assert done.returncode == 2
        assert "recovery did not end within 8 s" in done.stdout
        assert ask("restore", "SELECT pg_is_in_recovery()") == [(True,)]
    finally:
        on_host("restore", f"mv {config}.kept {config}")
        assert playbook("postgresql/erase.yml").returncode == 0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("lose", {"reprise_project": "somebody-else"}),
        ("lose", {"reprise_group": "production"}),
        ("lose", {"reprise_marker": "/nonexistent/{host}"}),
        ("restore", {"reprise_project": "somebody-else", "recovery_point": "none"}),
        ("erase", {"reprise_project": "somebody-else"}),
        ("nominal", {"reprise_project": "somebody-else"}),
    ],
)
def test_nothing_is_touched_where_the_marker_does_not_agree(
    lab: Layout, playbook: Playbook, ask: Ask, name: str, wrong: dict[str, str]
) -> None:
    before = postgresql(lab, "source")
    done = playbook(f"postgresql/{name}.yml", **wrong)
    assert (done.returncode, changes(done)) == (2, 0), done.stdout
    assert postgresql(lab, "source") == before
    assert ask("source", "SELECT 1") == [(1,)]


def test_the_guard_refuses_production(lab: Layout, playbook: Playbook, tmp_path: Path, on_host: OnHost) -> None:
    victim = tmp_path / "break_production.yml"
    victim.write_text(
        "- hosts: production\n  gather_facts: false\n  roles: [guard]\n"
        "  tasks:\n    - ansible.builtin.raw: touch ~/broken\n",
        encoding="utf-8",
    )
    done = playbook(victim)
    assert done.returncode == 2, done.stdout
    assert on_host("production", "test -e ~/broken").returncode == 1


def test_the_guard_sees_production_that_answers(lab: Layout, playbook: Playbook) -> None:
    closed = f"{lab.host('production').address}:{lab.service_port}"
    assert playbook("guard.yml", reprise_production_endpoints=closed).returncode == 0
    answering = f"{closed},{lab.host('production').address}:{lab.ssh_port}"
    done = playbook("guard.yml", reprise_production_endpoints=answering)
    assert done.returncode == 2
    assert f"production answers: {lab.host('production').address}" in done.stdout


def test_the_superuser_cannot_come_over_the_network(lab: Layout) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=lab.host("source").address, port=lab.service_port, dbname="postgres", user="postgres")
