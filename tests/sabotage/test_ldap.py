"""Sabotages of the drill on OpenLDAP with a vault for its exports."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, Plant, appended, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL = "ldap-restore"
START = 'start_and_wait 60 "$ldapi {{ ldap_url }}"'


@pytest.fixture(autouse=True)
def nothing_left(lab: Layout) -> Iterator[None]:
    """What a spoiled cleanup left would keep the next drill from beginning, as it must."""
    yield
    shutil.rmtree(lab.state / "hosts" / "ldap_restore" / "data" / "ldap", ignore_errors=True)


def _after_restore(*commands: str) -> Plant:
    return lambda workshop: appended(
        workshop.own_playbooks("ldap") / "restore.yml", on_hosts("ldap_restore_target", *commands)
    )


def _once_fetched(*commands: str) -> Plant:
    """Spoils what was fetched from the vault, before it is loaded: on the target, and not for the source."""

    def plant(workshop: Workshop) -> None:
        own = workshop.own_playbooks("ldap")
        spoiled = own / "templates" / "spoiled.sh.j2"
        shutil.copy(own / "templates" / "restore.sh.j2", spoiled)
        lines = "\n".join(f"    {command}" for command in commands)
        replaced(spoiled, '    "$server" -T add', f'{lines}\n    "$server" -T add')
        replaced(own / "restore.yml", "restore.sh.j2", "spoiled.sh.j2")

    return plant


def _open_to_everybody(workshop: Workshop) -> None:
    own = workshop.own_playbooks("ldap")
    appended(
        own / "restore.yml",
        on_hosts(
            "ldap_restore_target",
            'cp "$config" "$config.kept"',
            "sed -i 's/by users read/by * read/' \"$config\"",
            "stop_in_order",
            START,
        ),
    )
    appended(own / "erase.yml", on_hosts("ldap_restore_target", 'mv "$config.kept" "$config"'))


def _ledger_not_replayed(workshop: Workshop) -> None:
    """On the target; the source is healed with it all the same, or the next drill would not begin."""
    again = workshop.own_playbooks("ldap") / "erase-again.yml"
    act = "            printf '%s\\n' \"$entries\" | delete\n"
    skip = "            [ '{{ erased_from | default('') }}' ] || { erased=$((erased + 1)); continue; }\n"
    replaced(again, act, skip + act)


def _left_behind(workshop: Workshop) -> None:
    erase = workshop.own_playbooks("ldap") / "erase.yml"
    replaced(erase, 'rm -rf "$data" "$log"', 'rm -f "$data/changes.ldif"')
    replaced(erase, 'if [ -e "$data" ]; then echo "still there: $data" >&2; exit 1; fi', ":")


FAULTS = (
    Fault(
        name="export without the passwords",
        drill=DRILL,
        plant=_once_fetched(
            "awk '/^dn: / { person = /^dn: uid=/ } /^userPassword/ && person { cut = 1; next } cut && /^ / { next }"
            ' { cut = 0; print }\' "$work/export.ldif" >"$work/less.ldif"',
            'mv "$work/less.ldif" "$work/export.ldif"',
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content"), ("check-failed", "person-is-let-in")}),
    ),
    Fault(
        name="log of changes that is empty: as old as the export",
        drill=DRILL,
        plant=_once_fetched(': >"$work/log.ldif"'),
        verdicts=("failed", "inconclusive"),
        causes=frozenset({("check-failed", "content"), ("rpo-not-measured", "rpo")}),
    ),
    Fault(
        name="log of changes that is damaged in the middle",
        drill=DRILL,
        plant=_once_fetched("sed -i '0,/^# end /{/^# end /d}' \"$work/log.ldif\""),
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "restore")}),
    ),
    Fault(
        name="another directory with the same names",
        drill=DRILL,
        plant=_once_fetched("sed -i '/^entryUUID/d' \"$work/export.ldif\""),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "identity")}),
    ),
    Fault(
        name="group that is missing",
        drill=DRILL,
        plant=_after_restore("delete cn=cardiologie,ou=groups,{{ ldap_suffix }}"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="group that names somebody who is not there",
        drill=DRILL,
        plant=_after_restore(
            "entry=cn=cardiologie,ou=groups,{{ ldap_suffix }}",
            "gone=uid=gone,ou=people,{{ ldap_suffix }}",
            "printf 'dn: %s\\nchangetype: modify\\nadd: member\\nmember: %s\\n' $entry $gone | modify >/dev/null",
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="rights that are open to anonymous readers",
        drill=DRILL,
        plant=_open_to_everybody,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "anonymous")}),
    ),
    Fault(
        name="person erased after the export who is back",
        drill=DRILL,
        plant=_ledger_not_replayed,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "erased-people")}),
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
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("ldap",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [DRILL])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("ldap",), record=record_property, under=under)
