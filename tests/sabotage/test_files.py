"""Sabotages of the drills on documents, restored with restic and with Borg, and on backups of each retention class."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from orchestrator.lab import Layout
from tests.patience import wait_until
from tests.sabotage.fault import Fault, Plant, appended, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

RESTIC, BORG, RETENTION = "restic-files-restore", "borg-files-restore", "retention-oldest"
SOURCE, TARGET, VAULT = "documents_host", "documents_restore_target", "vault_host"

OTHER_DOCUMENTS = frozenset({("check-failed", "documents")})
NOT_RESTORED = frozenset({("recovery-failed", "restore")})

# One bit, in the middle of the largest file of the repository's data: done again, it is as it was.
FLIP = """\
python3 - "{{ %s }}/data" <<'END_OF_PROGRAM'
import pathlib
import sys

files = [path for path in pathlib.Path(sys.argv[1]).rglob("*") if path.is_file()]
largest = max(files, key=lambda path: path.stat().st_size)
content = bytearray(largest.read_bytes())
content[len(content) // 2] ^= 16
largest.chmod(0o600)
largest.write_bytes(content)
END_OF_PROGRAM"""


def _first(playbook: Path, play: str) -> None:
    """Run a play before everything else that a playbook does."""
    playbook.write_text(play + playbook.read_text(encoding="utf-8"), encoding="utf-8")


def _once(mark: str, *commands: str) -> tuple[str, ...]:
    """Not at a second attempt, which would find what the first one left."""
    return (f'[ ! -e "{mark}" ] || exit 0', f': >"{mark}"', *commands)


def _after_all(mark: str, *commands: str) -> tuple[str, ...]:
    """Where it was done, it is undone: the next drill finds the lab as it was."""
    return (f'[ -e "{mark}" ] || exit 0', f'rm "{mark}"', *commands)


def _reaching_the_vault(workshop: Workshop, drill: str) -> Path:
    """The playbooks' own copy, in a drill that may act on the vault: those that are shipped only read from it."""
    workshop.own_drill(drill)
    replaced(workshop.project / "drills" / f"{drill}.yml", "touches: [", f"touches: [{VAULT}, ")
    return workshop.own_playbooks("files")


def _on_vault(*commands: str) -> str:
    """A play on the vault, which has none of the technique's functions."""
    lines = (line for command in commands for line in command.split("\n"))
    return on_hosts(VAULT, *lines, functions=()).replace("{{ functions }}", "set -eu")


def _restored(*commands: str, playbook: str = "restore.yml") -> Plant:
    """Something is done to what was restored, before anybody looks at it."""

    def plant(workshop: Workshop) -> None:
        appended(workshop.own_playbooks("files") / playbook, on_hosts(TARGET, *commands))

    return plant


def _flipped(directory: str, *, drill: str) -> Plant:
    mark = f"{{{{ {directory} }}}}.flipped"

    def plant(workshop: Workshop) -> None:
        own = _reaching_the_vault(workshop, drill)
        _first(own / "restore.yml", _on_vault(*_once(mark, FLIP % directory)))
        _first(own / "nominal.yml", _on_vault(*_after_all(mark, FLIP % directory)))

    return plant


def _passphrase_lost(workshop: Workshop) -> None:
    """By the time of the restore, the target has another passphrase than the one that the backups were made with."""
    file = "{{ borg_passphrase_file }}"
    own = workshop.own_playbooks("files")
    _first(
        own / "restore.yml",
        on_hosts(TARGET, f'[ -e "{file}.kept" ] || cp -p "{file}" "{file}.kept"', f'echo lost >"{file}"'),
    )
    appended(own / "erase.yml", on_hosts(TARGET, f'[ ! -e "{file}.kept" ] || mv "{file}.kept" "{file}"'))


def _empty(workshop: Workshop) -> None:
    """The backup is taken of a directory where nothing is mounted."""
    backup = workshop.own_playbooks("files") / "back-up.yml"
    _first(backup, on_hosts(SOURCE, 'mv "$root" "$root.away"', 'mkdir "$root"'))
    appended(backup, on_hosts(SOURCE, 'mv "$root" "$root.empty"', 'mv "$root.away" "$root"', 'remove "$root.empty"'))


def _no_backup(workshop: Workshop) -> None:
    """The job says that all is well, and takes no backup."""
    replaced(workshop.own_playbooks("files") / "back-up.yml", "back_up_with_", ": ")


def _oldest(workshop: Workshop) -> None:
    """What is restored is not the snapshot that was taken, but the oldest that there is."""
    restore = workshop.own_playbooks("files") / "restore.yml"
    asked = "import json, sys; print(json.load(sys.stdin)[0]['id'])"
    replaced(restore, "{{ recovery_point | mandatory | quote }}", f'"$(list_restic | python3 -c "{asked}")"')


def _over_the_source(workshop: Workshop) -> None:
    """The restore goes over the host that the documents were lost from, and the target stays empty."""
    replaced(workshop.own_playbooks("files") / "restore.yml", f"hosts: {TARGET}", f"hosts: {SOURCE}")


def _left_behind(workshop: Workshop) -> None:
    """The copy is destroyed, and a part of it lies beside it."""
    erase = workshop.own_playbooks("files") / "erase.yml"
    moved = (
        'remove "$partial"; if [ -e "$root" ]; then mv "$root/courrier" "$partial"; fi; remove "$root" "$points" "$log"'
    )
    replaced(erase, 'remove "$root" "$partial" "$points" "$log"', moved)


def _pruned(workshop: Workshop) -> None:
    """By the time of the restore, one of the chosen points is not in the repository any more."""
    kept, snapshots = "{{ restic_directory }}.kept", "{{ restic_directory }}/snapshots"
    own = _reaching_the_vault(workshop, RETENTION)
    last = "{{ recovery_points.splitlines() | last }}"
    moved = f"find \"{snapshots}\" -name '{last}*' -exec mv {{}} \"{kept}\" ';'"
    _first(own / "restore-points.yml", _on_vault(f'mkdir -p "{kept}"', moved))
    back = (f'[ -d "{kept}" ] || exit 0', f'find "{kept}" -type f -exec mv {{}} "{snapshots}" \';\'', f'rmdir "{kept}"')
    appended(own / "erase.yml", _on_vault(*back))


def _fault(name: str, drill: str, plant: Plant, *causes: tuple[str, str], verdict: str = "failed") -> Fault:
    return Fault(name=name, drill=drill, plant=plant, verdicts=(verdict,), causes=frozenset(causes))


FAULTS = (
    _fault("restored tree with another mode", RESTIC, _restored('chmod o+r "$root/index.json"'), *OTHER_DOCUMENTS),
    _fault(
        "restored tree with a missing hard link",
        RESTIC,
        _restored('cd "$root/imagerie-du-jour"; cp -p image-0004.dcm twin; mv twin image-0004.dcm'),
        *OTHER_DOCUMENTS,
    ),
    _fault(
        "one flipped bit in the repository of restic", RESTIC, _flipped("restic_directory", drill=RESTIC), *NOT_RESTORED
    ),
    _fault("empty snapshot", RESTIC, _empty, *NOT_RESTORED, *OTHER_DOCUMENTS),
    _fault("an older snapshot than the one that was taken", RESTIC, _oldest, *OTHER_DOCUMENTS),
    _fault(
        "backup job that takes no backup", RESTIC, _no_backup, ("no-recovery-point", "restic"), verdict="inconclusive"
    ),
    _fault(
        "restored tree with a lost ACL",
        BORG,
        _restored('setfacl -b "$root/acl/un-lecteur.txt"; chmod 640 "$root/acl/un-lecteur.txt"'),
        *OTHER_DOCUMENTS,
    ),
    _fault("one flipped bit in the repository of Borg", BORG, _flipped("borg_directory", drill=BORG), *NOT_RESTORED),
    _fault("passphrase of Borg lost", BORG, _passphrase_lost, *NOT_RESTORED),
    _fault("restore over the source, and none on the target", BORG, _over_the_source, *OTHER_DOCUMENTS),
    _fault(
        "cleanup that leaves a part of the copy",
        BORG,
        _left_behind,
        ("cleanup-failed", "no-half"),
        verdict="passed-with-gaps",
    ),
    _fault(
        "two restored points under each other's name",
        RETENTION,
        _restored('cd "$points/restored"; set -- *; mv "$1" x; mv "$2" "$1"; mv x "$2"', playbook="restore-points.yml"),
        ("check-failed", "as-in-manifests"),
    ),
    _fault("retention point pruned meanwhile", RETENTION, _pruned, *NOT_RESTORED),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("files",), record=record_property)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to somebody else")
def test_a_restored_tree_with_a_wrong_owner(lab: Layout, tmp_path: Path, record_property: Record) -> None:
    place = lab.hosts_directory / "files_restore" / "tmp"
    restored, asked, given = "$root/acl/un-lecteur.txt", place / "asked", place / "given"
    wait = f'for turn in $(seq 600); do [ ! -e "{given}" ] || exit 0; sleep 0.1; done; exit 1'
    plant = _restored(f'echo "{restored}" >"{asked}.part"; mv "{asked}.part" "{asked}"', wait)
    fault = _fault("restored tree with a wrong owner", BORG, plant, *OTHER_DOCUMENTS)
    with _given_to_root(asked, given=given):
        must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("files",), record=record_property)


@contextmanager
def _given_to_root(asked: Path, *, given: Path) -> Iterator[None]:
    """Gives the file that somebody asks for to another account, once."""

    def give() -> None:
        wait_until(asked.exists)
        os.chown(asked.read_text(encoding="utf-8").strip(), 0, -1)
        given.touch()

    thread = Thread(target=give)
    thread.start()
    try:
        yield
        thread.join()
        assert given.exists(), "nothing was planted"
    finally:
        thread.join()
        asked.unlink(missing_ok=True)
        given.unlink(missing_ok=True)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [RESTIC, BORG, RETENTION])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("files",), record=record_property, under=under)
