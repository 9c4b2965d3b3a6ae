"""Sabotages of the PostgreSQL drills by what surrounds the database: backups, archive, hosts and their clocks."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from orchestrator.lab.processes import lab_processes
from tests.sabotage.fault import PSQL, Fault, Plant, appended, on_hosts, on_repository, prefixed, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

RESTORE, PITR, LOGICAL = "postgresql-restore", "postgresql-pitr", "postgresql-logical-restore"
RESTORE_FAILED = frozenset({("recovery-failed", "restore")})
SUMS = 'for file in *; do sha256sum "$file" >"$file.sha256"; done'
"""Of dump.yml: from here on a file is what its sidecar says."""
CLOCK = """
import os, time
if os.path.exists({flag!r}):
    honest, honest_ns = time.time, time.time_ns
    time.time = lambda: honest() + 120
    time.time_ns = lambda: honest_ns() + 120 * 10**9
"""
"""For the Python of one host, which is what answers for its clock: two minutes fast as soon as there is such a file."""


def _in_the_dump(command: str) -> Plant:
    """A dump that is spoiled where it is made, before its digest is taken: the sidecar is right."""

    def plant(workshop: Workshop) -> None:
        replaced(workshop.own_playbooks("postgresql") / "dump.yml", SUMS, f"{command}; {SUMS}")

    return plant


def _changed(playbook: str, before: str, after: str) -> Plant:
    return lambda workshop: replaced(workshop.own_playbooks("postgresql") / playbook, before, after)


def _flipped_bit(workshop: Workshop) -> None:
    """In a page in the middle of a table: nothing but its checksum tells."""
    path = f'file="$data/$({PSQL} dpi -c "SELECT pg_relation_filepath(\'results\')")"'
    flip = (
        "import os, sys; f = open(sys.argv[1], 'r+b'); at = os.path.getsize(f.name) // 16384 * 8192 + 6000;"
        " f.seek(at); byte = f.read(1)[0]; f.seek(at); f.write(bytes([byte ^ 4]))"
    )
    play = on_hosts("restore_target", path, "stop_in_order 60", f'python3 -c "{flip}" "$file"', "start_and_wait 60")
    appended(workshop.own_playbooks("postgresql") / "replay-erasures.yml", play)


def _missing_wal(workshop: Workshop) -> None:
    """The WAL that the backup itself needs is gone from the archive while the drill restores, and back afterwards."""
    playbooks = workshop.own_playbooks("postgresql")
    needed = 'needed=$(dirname {{ erasure_ledger_path }})/pgbackrest; gone=$(dirname "$needed")/gone'
    listed = "$(find \"$needed/archive\" -type f -name '0000*' | sort)"
    away = on_repository(
        needed, 'mkdir -p "$gone"', f'for one in {listed}; do mv -n "$one" "$gone/"; echo "$one" >>"$gone.list"; done'
    )
    back = 'while read -r one; do mv "$gone/$(basename "$one")" "$one"; done <"$gone.list"; rm -r "$gone" "$gone.list"'
    prefixed(playbooks / "restore.yml", away)
    prefixed(playbooks / "nominal.yml", on_repository(needed, f'if [ -e "$gone.list" ]; then {back}; fi'))


def _on_the_source(workshop: Workshop) -> None:
    """What is restored is put where the source was; it is lost again before the lab's cleanup, which would keep it."""
    playbooks = workshop.own_playbooks("postgresql")
    replaced(playbooks / "restore.yml", "hosts: restore_target", "hosts: source_host")
    prefixed(playbooks / "nominal.yml", on_hosts("source_host", "end_all", 'rm -rf "$data"'))


def _no_sshd(workshop: Workshop) -> None:
    """When the restore begins, every connection to the target is dropped, and no new one taken."""
    daemon = "daemon=$(cat {{ postgresql_socket_directory }}/sshd.pid)"
    drop = on_hosts("restore_target", daemon, 'kill -KILL "$daemon" $(cat "/proc/$daemon/task/$daemon/children")')
    prefixed(workshop.own_playbooks("postgresql") / "restore.yml", drop)


def _hangs(workshop: Workshop) -> None:
    """The restored server accepts connections, for the kernel does, and never answers: its processes stand still."""
    playbooks = workshop.own_playbooks("postgresql")
    appended(playbooks / "replay-erasures.yml", on_hosts("restore_target", "kill -STOP $(members)"))
    workshop.own_drill(RESTORE)
    # Each check waits for as long as it may.
    workshop.edit(
        f"drills/{RESTORE}.yml",
        lambda text: re.sub(r"(phase: verify\n(?:.*\n)*?    timeout: )\w+", r"\g<1>3s", text),
    )


def _asks_the_source(workshop: Workshop) -> None:
    workshop.own_drill(RESTORE)
    identity = re.compile(r"(  - id: identity\n(?:.*\n)*?      dsn_env: )RESTORED_DSN")
    workshop.edit(f"drills/{RESTORE}.yml", lambda text: identity.sub(r"\g<1>SOURCE_VERIFY_DSN", text, count=1))


def _says_nothing(workshop: Workshop) -> None:
    workshop.own_drill(RESTORE)
    workshop.edit(f"drills/{RESTORE}.yml", lambda text: re.sub(r"(?m)^erasures: .*\n", "", text))


def _clock_off(*, since: str | None) -> Plant:
    """The target's clock is two minutes fast since the end of a playbook; None: all the time."""

    def plant(workshop: Workshop) -> None:
        inventory = workshop.project / "inventory" / "lab.yml"
        found = re.search(r"ansible_remote_tmp: (\S+/restore)/tmp/ansible\n", inventory.read_text(encoding="utf-8"))
        assert found is not None
        place = _wrong_clock(Path(found[1], "tmp", "clock"))
        replaced(inventory, found[0], f"{found[0]}      ansible_python_interpreter: {place}/python3\n")
        if since is None:
            (place / "fast").touch()
        else:
            appended(workshop.own_playbooks("postgresql") / since, on_hosts("restore_target", f"touch {place}/fast"))

    return plant


def _wrong_clock(place: Path) -> Path:
    """Python that is two minutes fast as soon as there is a file `fast` beside it."""
    place.mkdir(exist_ok=True)
    (place / "fast").unlink(missing_ok=True)
    place.chmod(0o777)
    (place / "sitecustomize.py").write_text(CLOCK.format(flag=str(place / "fast")), encoding="utf-8")
    (place / "python3").write_text(f'#!/bin/sh\nPYTHONPATH={place} exec /usr/bin/python3 "$@"\n', encoding="utf-8")
    (place / "python3").chmod(0o755)
    return place


FAULTS = (
    Fault(
        name="empty backup",
        drill=LOGICAL,
        plant=_in_the_dump(": >{{ newest }}.dump"),
        verdicts=("inconclusive",),
        causes=frozenset({("no-recovery-point", "dumps")}),
    ),
    Fault(
        name="backup encrypted with a lost key",
        drill=LOGICAL,
        plant=_in_the_dump(
            'openssl enc -aes-256-cbc -pbkdf2 -pass "pass:$(head -c 32 /dev/urandom | base64)"'
            " -in {{ newest }}.dump -out lost.key && mv lost.key {{ newest }}.dump"
        ),
        verdicts=("inconclusive",),
        causes=frozenset({("no-recovery-point", "dumps")}),
    ),
    Fault(
        name="table that was empty when the backup was made",
        drill=LOGICAL,
        plant=_changed("dump.yml", "--format=custom", "--format=custom --exclude-table-data=public.results"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="restored without its rights",
        drill=LOGICAL,
        plant=_changed("restore-dump.yml", "--exit-on-error", "--exit-on-error --no-privileges"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "rights"), ("check-failed", "content")}),
    ),
    Fault(
        name="sequence that begins again at 1",
        drill=LOGICAL,
        plant=lambda workshop: appended(
            workshop.own_playbooks("postgresql") / "restore-dump.yml",
            on_hosts("restore_target", f"{PSQL} dpi -c 'ALTER SEQUENCE results_id_seq RESTART'"),
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "sequences")}),
    ),
    Fault(
        name="one flipped bit in a data page",
        drill=RESTORE,
        plant=_flipped_bit,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content"), ("check-failed", "structure")}),
    ),
    Fault(name="missing WAL", drill=RESTORE, plant=_missing_wal, verdicts=("failed",), causes=RESTORE_FAILED),
    Fault(
        name="restore to an instant in the future",
        drill=PITR,
        plant=_changed(
            "restore-to-instant.yml", "{{ instant | replace(' UTC', '+00') | quote }}", "'2099-12-31 00:00:00+00'"
        ),
        verdicts=("failed",),
        causes=RESTORE_FAILED,
    ),
    Fault(
        name="restore that overwrites the source",
        drill=RESTORE,
        plant=_on_the_source,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "recovered"), ("recovery-failed", "replay-erasures")}),
    ),
    Fault(
        name="sshd of the target that drops every connection",
        drill=RESTORE,
        plant=_no_sshd,
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("recovery-failed", "restore"), ("step-unknown", "restore")}),
    ),
    Fault(
        name="server that accepts connections and never answers",
        drill=RESTORE,
        plant=_hangs,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="check that is satisfied by what was there before",
        drill=RESTORE,
        plant=_asks_the_source,
        verdicts=("inconclusive",),
        causes=frozenset({("check-cannot-fail", "identity")}),
    ),
    Fault(
        name="drill that says nothing of people who were erased",
        drill=RESTORE,
        plant=_says_nothing,
        verdicts=("passed-with-gaps",),
        causes=frozenset({("erasures-forgotten", "pgbackrest")}),
    ),
    Fault(
        name="clock of the target off by two minutes since the restore",
        drill=RESTORE,
        plant=_clock_off(since="restore.yml"),
        verdicts=("passed-with-gaps",),
        causes=frozenset({("clock-jumped", "restore"), ("clock-off", "restore")}),
    ),
    Fault(
        name="clock of the target off by two minutes all the time",
        drill=RESTORE,
        plant=_clock_off(since=None),
        verdicts=("passed-with-gaps",),
        causes=frozenset({("clock-off", "restore")}),
    ),
)
STALLED = Fault(
    name="archive that stopped long before the loss",
    drill=RESTORE,
    plant=_changed("person-admitted.yml", "archive_all 60", "archive_all 3"),
    verdicts=("inconclusive",),
    causes=frozenset({("preparation-failed", "person-admitted")}),
)
FULL = Fault(
    name="full disk on the target",
    drill=RESTORE,
    plant=lambda _: None,
    verdicts=("failed",),
    causes=RESTORE_FAILED,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=(), record=record_property)


def test_an_archive_that_stopped_long_ago(lab: Layout, tmp_path: Path, record_property: Record) -> None:
    def stall(workshop: Workshop) -> None:
        STALLED.plant(workshop)
        for process in lab_processes(lab):
            if process.host == "source" and b"archiver" in Path(f"/proc/{process.pid}/cmdline").read_bytes():
                os.kill(process.pid, signal.SIGSTOP)

    fault = Fault(name=STALLED.name, drill=STALLED.drill, plant=stall, verdicts=STALLED.verdicts, causes=STALLED.causes)
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=(), record=record_property)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="a disk that is full needs a file system of its own, and root to mount it"
)
def test_a_full_disk(lab: Layout, tmp_path: Path, record_property: Record) -> None:
    with _small_disk(lab.host("restore").directory / "data"):
        must_not_pass(FULL, lab=lab, directory=tmp_path, stacks=(), record=record_property)


@contextmanager
def _small_disk(place: Path) -> Iterator[None]:
    """Four megabytes, and no more, below a directory."""
    owner = place.stat()
    options = f"size=4m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("under", CONDITIONS)
def test_an_honest_run_passes(under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(LOGICAL, lab=lab, directory=tmp_path, stacks=(), record=record_property, under=under)
