"""Sabotages of the drill that rebuilds documents and database in a clean room after ransomware."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, appended, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL = "ransomware-cleanroom"

JUDGED, NOT_JUDGED = 'if [ -z "$reasons" ]; then chosen', "if true; then chosen"

AN_ENCRYPTED_FILE = """
- name: Sabotage
  hosts: cleanroom_host
  gather_facts: false
  tasks:
    - name: Put an encrypted file among the restored
      ansible.builtin.raw: |
        cp "$(find {{ cleanroom_points }} -name '*.reprise-locked' -print -quit)" {{ cleanroom_documents }}/courrier/
      changed_when: true
"""

A_WAY_BACK = """
- name: Sabotage
  hosts: cleanroom_host
  gather_facts: false
  tasks:
    - name: Read the key of the clean room
      ansible.builtin.raw: cat "$(dirname {{ cleanroom_isolated }})/ssh_client_ed25519_key.pub"
      register: public
      changed_when: false

- name: Sabotage
  hosts: documents_host
  gather_facts: false
  tasks:
    - name: Let the clean room in
      ansible.builtin.raw: |
        etc=$(dirname {{ documents_program }})
        echo '{{ hostvars[groups["cleanroom_host"] | first].public.stdout | trim }}' >>"$etc/authorized_keys"
      changed_when: true
"""

NO_WAY_BACK = """
- name: The list of who may come in as it was
  hosts: documents_host
  gather_facts: false
  tasks:
    - name: Take the clean room from it
      ansible.builtin.raw: sed -i '/ cleanroom$/d' "$(dirname {{ documents_program }})/authorized_keys"
      changed_when: true
"""


def _newest_at_once(workshop: Workshop) -> None:
    """Nobody looks at the points of the documents: the newest is taken."""
    replaced(workshop.own_playbooks("ransomware") / "recover-documents.yml", JUDGED, NOT_JUDGED)


def _canary_left_out(workshop: Workshop) -> None:
    functions = workshop.own_playbooks("ransomware") / "templates" / "documents.sh.j2"
    replaced(functions, "backup --host documents", "backup --exclude zzz-planning.txt --host documents")


def _encrypted_file(workshop: Workshop) -> None:
    appended(workshop.own_playbooks("ransomware") / "recover-documents.yml", AN_ENCRYPTED_FILE)


def _empty_rules(workshop: Workshop) -> None:
    rules = workshop.own_playbooks("ransomware") / "files" / "ransom_note.yar"
    rules.write_text("// Nothing.\n", encoding="utf-8")


def _let_in(workshop: Workshop) -> None:
    own = workshop.own_playbooks("ransomware")
    appended(own / "isolate.yml", A_WAY_BACK)
    appended(own / "return.yml", NO_WAY_BACK)


def _an_older_backup(workshop: Workshop) -> None:
    """The oldest backup of the database is taken, and no questions are asked: it is from long before the attack."""
    search = workshop.own_playbooks("postgresql") / "restore-newest-clean.yml"
    replaced(search, 'in $(echo "$labels" | tac)', 'in $(echo "$labels" | head -n 1)')
    replaced(search, JUDGED, NOT_JUDGED)


FAULTS = (
    Fault(
        name="the newest point is taken though it is poisoned",
        drill=DRILL,
        plant=_newest_at_once,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "documents-clean"), ("check-failed", "documents-newest-clean")}),
    ),
    Fault(
        name="a canary file missing from every backup",
        drill=DRILL,
        plant=_canary_left_out,
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "recover-documents")}),
    ),
    Fault(
        name="an encrypted file among the restored",
        drill=DRILL,
        plant=_encrypted_file,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "documents-clean")}),
    ),
    Fault(
        name="an emptied rule file: a scan that cannot recognise the note",
        drill=DRILL,
        plant=_empty_rules,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "attack-recognised")}),
    ),
    Fault(
        name="a clean room that the infected side lets in",
        drill=DRILL,
        plant=_let_in,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "isolated")}),
    ),
    Fault(
        name="a clean backup of the database, but not the newest",
        drill=DRILL,
        plant=_an_older_backup,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "rows-content"), ("check-failed", "rows-newest-clean")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("cleanroom",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [DRILL])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("cleanroom",), record=record_property, under=under)
