"""The lab comes up, stays, comes back after whatever happened to it, and goes without leaving anything."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from orchestrator.adapters.probes.erased import parse_ledger
from orchestrator.errors import LabError, LockedError
from orchestrator.lab import Layout, ServiceState, build_layout, default_state, down, status, up
from orchestrator.lab.account import account_name
from orchestrator.lab.processes import lab_processes, operator_connections
from orchestrator.locks import locked
from orchestrator.project import locks_of
from tests.integration.lab.conftest import Ask, OnHost, ask_database
from tests.patience import FOREVER_SECONDS, PATIENCE_SECONDS, kill, wait_until

TABLES = ("patients", "stays", "prescriptions", "results", "erasures")


@pytest.fixture(scope="module")
def lab(plain_lab: Layout) -> Layout:
    """These tests say which hosts there are, and take them down: the lab of the others may have more by now."""
    return plain_lab


def digests(lab: Layout) -> dict[str, object]:
    query = "SELECT md5(string_agg(md5(t::text), '' ORDER BY 1)) FROM (SELECT t::text AS t FROM {} AS t) AS rows"
    return {name: ask_database(lab, "source", query.format(name))[0][0] for name in TABLES}


def pids(lab: Layout) -> set[tuple[int, str]]:
    """Servers only. Their children (a session, a backend, what archives a segment) come and go."""
    found = {one.pid: one.name for one in lab_processes(lab) if one.name in ("sshd", "postgres")}
    parents = {pid: parent(pid) for pid in found}
    return {(pid, name) for pid, name in found.items() if parents[pid] and found.get(parents[pid]) != name}


def parent(pid: int) -> int:
    """Of a process; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_a_lab_that_is_up_is_left_alone(lab: Layout) -> None:
    before, written = pids(lab), (lab.state / "up.log").stat().st_mtime_ns
    said: list[str] = []
    found = up(state=lab.state, data_megabytes=5, say=said.append)
    assert found.healthy
    assert said == []
    # No process was touched, and no playbook was run: each of them writes to this log.
    assert pids(lab) == before
    assert (lab.state / "up.log").stat().st_mtime_ns == written


def test_the_status_says_what_runs_where(lab: Layout) -> None:
    found = status(state=lab.state)
    assert found.healthy
    assert not found.down
    assert {host.name: (host.sshd, host.service) for host in found.hosts} == {
        "source": (True, ServiceState.UP),
        "repository": (True, ServiceState.NONE),
        "restore": (True, ServiceState.DOWN),
        "production": (True, ServiceState.NONE),
    }
    assert all(host.processes >= 1 for host in found.hosts)


def test_each_host_has_a_key_of_its_own_that_the_project_knows(lab: Layout, on_host: OnHost) -> None:
    known = (lab.project / "trust" / "known_hosts").read_text(encoding="utf-8").splitlines()
    assert len({line.split()[2] for line in known}) == len(lab.hosts)
    for host in lab.hosts:
        done = on_host(host.name, 'printf "%s " "$REPRISE_LAB_HOST"; pwd')
        assert done.stdout.split() == [host.name, f"{host.directory}/home"], done.stderr


def test_hosts_do_not_run_as_root(on_host: OnHost) -> None:
    assert int(on_host("source", "id -u").stdout) != 0


def test_only_staging_hosts_carry_the_marker(lab: Layout) -> None:
    with_marker = [host.name for host in lab.hosts if (host.directory / "etc" / "reprise-marker.json").exists()]
    assert with_marker == ["source", "repository", "restore"]


def test_secrets_are_readable_by_their_owner_alone(lab: Layout) -> None:
    for path in (lab.passfile, lab.project / "keys" / "ssh_ed25519"):
        assert path.stat().st_mode & 0o077 == 0
    assert lab.project.stat().st_mode & 0o077 == 0


def test_roles_may_do_what_their_part_needs_and_no_more(ask: Ask) -> None:
    assert ask("source", "SELECT count(*) FROM identity", role="reprise_watch") == [(1,)]
    insert = "INSERT INTO reprise.canary (run, seq) VALUES ('roles', 1) RETURNING sent_at IS NOT NULL"
    assert ask("source", insert, role="reprise_canary") == [(True,)]
    assert ask("source", "SELECT count(*) FROM reprise.canary WHERE run = 'roles'") == [(1,)]
    assert ask("source", "SELECT bt_index_check('patients_pkey', true)") == [("",)]
    for role, query in (
        ("reprise_watch", "SELECT count(*) FROM patients"),
        ("reprise_canary", "SELECT count(*) FROM patients"),
        ("reprise_verify", "DELETE FROM patients RETURNING id"),
        ("reprise_verify", "INSERT INTO reprise.canary VALUES ('x', 1) RETURNING run"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask("source", query, role=role)


def test_the_data_is_whole_and_cannot_be_taken_for_real(ask: Ask) -> None:
    assert ask("source", "SELECT count(*) FROM patients WHERE identifier !~ '^FICTIF-[0-9]+$'") == [(0,)]
    erased = "SELECT count(*) > 0, count(id) FROM erasures LEFT JOIN patients ON id = patient_id"
    assert ask("source", erased) == [(True, 0)]
    assert ask("source", "SELECT count(*) FROM results WHERE taken_at >= '2026-06-01'") == [(200,)]
    assert ask("source", "SHOW data_checksums") == [("on",)]
    tables = "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    size = ask("source", f"SELECT sum(pg_total_relation_size(oid)) {tables}")
    assert 4_500_000 < int(str(size[0][0])) < 5_700_000


def test_who_was_erased_stands_in_a_ledger_beside_the_backups(lab: Layout, ask: Ask) -> None:
    ledger = (lab.host("repository").directory / "data" / "erasures.txt").read_bytes()
    known = {str(person) for (person,) in ask("source", "SELECT patient_id FROM erasures")}
    assert known <= set(parse_ledger(ledger).ids)


def test_processes_that_died_come_back_and_the_data_with_them(lab: Layout) -> None:
    before = digests(lab)
    victims = [one for one in lab_processes(lab) if one.host in ("source", "repository")]
    kill(process.pid for process in victims)
    assert not status(state=lab.state).healthy
    assert up(state=lab.state, data_megabytes=5, say=print).healthy
    assert digests(lab) == before


def test_a_lost_data_directory_is_restored_from_the_repository(lab: Layout, on_host: OnHost) -> None:
    before = digests(lab)
    kill(one.pid for one in lab_processes(lab) if one.host == "source" and one.name == "postgres")
    on_host("source", f"rm -rf {lab.host('source').directory}/data/{lab.database}")
    assert up(state=lab.state, data_megabytes=5, say=print).healthy
    assert digests(lab) == before


def test_under_a_running_drill_the_lab_is_neither_repaired_nor_ended(lab: Layout) -> None:
    drill = "postgresql-restore (process 812)"
    with locked(["source", "restore"], directory=locks_of(lab.project), holder=drill):
        before = pids(lab)
        assert up(state=lab.state, data_megabytes=5, say=print).healthy, "it changes nothing, and is not refused"
        with pytest.raises(LockedError, match=r"restore is in use by postgresql-restore \(process 812\)"):
            down(state=lab.state, say=print, purge=True)
        assert pids(lab) == before
        # As a drill does that loses the source: a repair would bring it back under the drill's feet.
        kill(pid for pid, name in before if name == "postgres")
        wait_until(lambda: not [name for _, name in pids(lab) if name == "postgres"])
        with pytest.raises(LockedError, match="restore is in use by postgresql-restore"):
            up(state=lab.state, data_megabytes=5, say=print)
        assert not [name for _, name in pids(lab) if name == "postgres"]
    assert up(state=lab.state, data_megabytes=5, say=print).healthy


def test_who_is_refused_has_touched_nothing(short_path: Path) -> None:
    """Not even a lab of which there is only a project: a drill may hold its hosts all the same."""
    project = short_path / "lab" / "project"
    with locked(["source"], directory=locks_of(project), holder="a drill"):
        before = sorted(short_path.rglob("*"))
        with pytest.raises(LockedError, match="source is in use by a drill"):
            down(state=short_path / "lab", say=print)
        with pytest.raises(LockedError, match="source is in use by a drill"):
            up(state=short_path / "lab", data_megabytes=5, say=print)
        assert not (short_path / "lab" / "hosts").exists()
        assert set(before) <= set(short_path.rglob("*"))
    assert down(state=short_path / "lab", say=print).down


def test_passwords_that_were_lost_are_made_anew(lab: Layout, ask: Ask) -> None:
    lab.passfile.unlink()
    assert not status(state=lab.state).healthy
    up(state=lab.state, data_megabytes=5, say=print)
    assert ask("source", "SELECT 1") == [(1,)]


def test_a_size_that_the_lab_does_not_have_is_said(lab: Layout) -> None:
    said: list[str] = []
    up(state=lab.state, data_megabytes=50, say=said.append)
    assert any("keeps its 5 MB" in line for line in said)


def test_two_labs_live_side_by_side_and_one_goes_without_a_trace(lab: Layout, other_lab: Layout) -> None:
    # The same seed and size: the same rows, whichever lab made them.
    assert digests(other_lab) == digests(lab)
    before = pids(lab)
    with shared_connection(other_lab) as master, a_neighbour(other_lab) as neighbour:
        # Not the only one: what archives a segment connects to the repository, and goes again.
        assert master.pid in {connection.pid for connection in operator_connections(other_lab)}

        found = down(state=other_lab.state, say=print)

        assert found.down
        assert not any(host.sshd for host in found.hosts)
        assert lab_processes(other_lab) == operator_connections(other_lab) == ()
        assert master.wait(timeout=PATIENCE_SECONDS) is not None
        assert ends_of_sockets(other_lab) == []
        assert pids(lab) == before
        assert neighbour.poll() is None
    assert up(state=other_lab.state, data_megabytes=5, say=print).healthy
    assert digests(other_lab) == digests(lab)
    is_archived_before_a_checkpoint_is_due(other_lab)


def test_a_taken_port_is_refused_with_the_name_of_its_holder() -> None:
    layout = build_layout(state=default_state().with_name(f"reprise-test-{os.getpid()}-port"), user=account_name())
    taken, refusal = (layout.host("restore").address, layout.ssh_port), rf"taken by .*\(pid {os.getpid()}\)"
    with socket.create_server(taken), pytest.raises(LabError, match=refusal):
        up(state=layout.state, data_megabytes=5, say=print)
    assert not layout.state.exists()


def test_a_state_that_others_can_write_is_refused(short_path: Path) -> None:
    short_path.chmod(0o777)
    with pytest.raises(LabError, match="which sshd refuses"):
        up(state=short_path / "lab", data_megabytes=5, say=print)


def test_what_is_no_lab_is_not_purged(short_path: Path) -> None:
    (short_path / "precious").write_text("mine", encoding="utf-8")
    with pytest.raises(LabError, match="nothing was removed"):
        down(state=short_path, say=print, purge=True)
    assert (short_path / "precious").exists()


def is_archived_before_a_checkpoint_is_due(lab: Layout) -> None:
    """A commit comes to the repository by itself, after the source was started again and idle for a while.

    A PostgreSQL that was shut down in good order does not obey archive_timeout until its checkpointer is woken: by
    the next checkpoint, which is due later than this waits.
    """
    timeout = ask_database(lab, "source", "SELECT setting::int FROM pg_settings WHERE name = 'checkpoint_timeout'")
    assert int(str(timeout[0][0])) > PATIENCE_SECONDS
    time.sleep(3)
    insert = (
        "INSERT INTO reprise.canary (run, seq) VALUES ('archived', 1) RETURNING pg_walfile_name(pg_current_wal_lsn())"
    )
    segment = ask_database(lab, "source", insert, role="reprise_canary")[0][0]
    query = f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver"
    wait_until(lambda: ask_database(lab, "source", query) == [(True,)])


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def shared_connection(lab: Layout) -> Iterator["subprocess.Popen[bytes]"]:
    """A ControlPersist master, as a drill leaves one behind."""
    control = lab.state / "cm"
    command = ["ssh", "-F", "none", "-M", "-N", "-S", str(control), "-i", f"{lab.project}/keys/ssh_ed25519"]
    known = ["-o", f"UserKnownHostsFile={lab.project}/trust/known_hosts", "-o", "StrictHostKeyChecking=yes"]
    where = ["-p", str(lab.ssh_port), f"{lab.user}@{lab.host('production').address}"]
    with ended(subprocess.Popen([*command, *known, *where], stderr=subprocess.DEVNULL)) as process:
        wait_until(control.exists)
        yield process


@contextmanager
def a_neighbour(lab: Layout) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of a lab whose path begins like this one's, working in this one's directory: still not of this lab."""
    environment = {"REPRISE_LAB": f"{lab.state}2/", "REPRISE_LAB_HOST": "source"}
    command = ["/bin/sleep", str(FOREVER_SECONDS)]
    with ended(subprocess.Popen(command, env=environment, cwd=lab.host("source").directory)) as process:
        yield process


def ends_of_sockets(lab: Layout) -> list[str]:
    """Sockets that somebody holds at an address of the lab; closed ones that only wait have no holder."""
    addresses = {bytes(reversed(socket.inet_aton(host.address))).hex().upper() for host in lab.hosts}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return [line[1] for line in lines if line[9] != "0" and {line[1][:8], line[2][:8]} & addresses]
