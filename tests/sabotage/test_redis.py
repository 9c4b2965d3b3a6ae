"""Sabotages of the drill on Redis with a vault for its copies."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, Plant, appended, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL = "redis-restore"


@pytest.fixture(autouse=True)
def nothing_left(lab: Layout) -> Iterator[None]:
    """What a spoiled cleanup left would keep the next drill from beginning, as it must."""
    yield
    shutil.rmtree(lab.state / "hosts" / "redis_restore" / "data" / "redis", ignore_errors=True)


def _after_restore(*commands: str) -> Plant:
    return lambda workshop: appended(
        workshop.own_playbooks("redis") / "restore.yml", on_hosts("redis_restore_target", *commands)
    )


def _while_laid(*commands: str) -> Plant:
    """Spoils what was fetched from the vault, before a server starts on it."""

    def plant(workshop: Workshop) -> None:
        restore = workshop.own_playbooks("redis") / "restore.yml"
        lines = "\n".join(f"        {command}" for command in commands)
        replaced(restore, '        echo "{\\"log_bytes\\"', f'{lines}\n        echo "{{\\"log_bytes\\"')

    return plant


def _nothing_restored(workshop: Workshop) -> None:
    """A server that starts empty answers as the full one did."""
    restore = workshop.own_playbooks("redis") / "restore.yml"
    replaced(
        restore,
        '        echo "{\\"log_bytes\\"',
        '        rm -rf "$data/appendonlydir"\n'
        '        echo \'{"log_bytes": 4711}\'; exit 0\n        echo "{\\"log_bytes\\"',
    )


def _left_behind(workshop: Workshop) -> None:
    erase = workshop.own_playbooks("redis") / "erase.yml"
    replaced(erase, 'rm -rf "$data" "$log"', 'rm -f "$data/users.acl"')
    replaced(erase, 'if [ -e "$data" ]; then echo "still there: $data" >&2; exit 1; fi', ":")


INCR = '"$data/appendonlydir/appendonly.aof.1.incr.aof"'
BASE = '"$data/appendonlydir/appendonly.aof.1.base.rdb"'

FAULTS = (
    Fault(
        name="log cut off where the copy ends",
        drill=DRILL,
        plant=_while_laid(f"truncate -s 0 {INCR}"),
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("check-failed", "content"), ("rpo-not-measured", "rpo")}),
    ),
    Fault(
        name="cache that starts empty, though the port answers",
        drill=DRILL,
        plant=_nothing_restored,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content"), ("check-failed", "identity")}),
    ),
    Fault(
        name="copy of another server with the same keys",
        drill=DRILL,
        plant=_after_restore('ask HSET identity uuid "$(cat /proc/sys/kernel/random/uuid)" >/dev/null'),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "identity")}),
    ),
    Fault(
        name="keys that lost their expiry",
        drill=DRILL,
        plant=_after_restore(
            "ask --scan --pattern 'session:*' | sed 's/^/PERSIST /' | ask >/dev/null",
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="server that is a read-only replica",
        drill=DRILL,
        plant=_after_restore("sleep 2", "ask REPLICAOF 127.0.0.1 1 >/dev/null"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable")}),
    ),
    Fault(
        name="account that was forgotten",
        drill=DRILL,
        plant=_after_restore("ask ACL DELUSER canary >/dev/null"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "accounts")}),
    ),
    Fault(
        name="copy with one flipped bit",
        drill=DRILL,
        plant=_while_laid(
            f"printf '\\377' | dd of={BASE} bs=1 seek=$(($(stat -c %s {BASE}) / 2)) conv=notrunc status=none"
        ),
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "restore")}),
    ),
    Fault(
        name="cleanup that leaves data",
        drill=DRILL,
        plant=_left_behind,
        verdicts=("passed-with-gaps", "failed"),
        causes=frozenset({("cleanup-failed", "erased")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("redis",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [DRILL])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("redis",), record=record_property, under=under)
