"""What a real playbook prints, registers and is given stays with Ansible; what it publishes or is called is found."""

from typing import Any

import pytest

from orchestrator.core.events import Event
from orchestrator.core.journal import Entry, format_line
from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from orchestrator.testing import FakeClock, MemoryJournal
from reports.materials import JOURNAL
from reports.scan import HitKind, find
from tests.integration.ansible.conftest import Play, Played
from tests.integration.reports.planted import NAME, NIR, OWN, ROW

PARTS = (NIR, "owalczyk", "hunter2")
KEPT_OUT: dict[str, list[dict[str, Any]]] = {
    "output": [{"name": "Print", "ansible.builtin.raw": f"echo '{ROW}'; echo '{NIR}' >&2", "register": "row"}],
    "message": [{"name": "Say", "ansible.builtin.debug": {"msg": ROW}}],
    "message of a variable": [{"name": "Say", "ansible.builtin.debug": {"msg": "{{ patient }}"}}],
    "name with a variable": [{"name": "Look for {{ patient }}", "ansible.builtin.raw": "true"}],
    "arguments": [{"name": "Ask", "ansible.builtin.command": f"true {NIR} --password hunter2"}],
    "environment": [{"name": "Ask", "ansible.builtin.raw": "true", "environment": {"PGPASSWORD": "hunter2"}}],
    "fact": [{"name": "Note", "ansible.builtin.set_fact": {"patient_name": NAME, "nir": NIR}}],
    "items of a loop": [{"name": "Each", "ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": [NIR, NAME]}],
    "statistics that are no claims": [{"name": "Count", "ansible.builtin.set_stats": {"data": {"patient": ROW}}}],
    "claims in the wrong form": [
        {"name": "Claim", "ansible.builtin.set_stats": {"data": {"reprise_claims": {"row": {"patient": NAME}}}}},
        {"name": "Claim", "ansible.builtin.set_stats": {"data": {"reprise_claims": {NAME: 1, f"a\n{NIR}": 1}}}},
        {"name": "Claim", "ansible.builtin.set_stats": {"data": {"reprise_claims": [NAME]}}},
    ],
    "failure": [{"name": "Fail", "ansible.builtin.fail": {"msg": ROW}}],
    "failure of a command": [{"name": "Fail", "ansible.builtin.raw": f"echo '{ROW}' >&2; exit 3"}],
    "failure of a template": [{"name": "Fail", "ansible.builtin.debug": {"msg": "{{ patient.nowhere.at_all }}"}}],
    "assertion": [{"name": "Check", "ansible.builtin.assert": {"that": "patient == ''", "fail_msg": ROW}}],
}


def journal(events: list[Event]) -> bytes:
    """The events as the lines of a journal."""
    memory = MemoryJournal(genesis="0" * 64, clock=FakeClock())
    for event in events:
        memory.append(event)
    entries: tuple[Entry, ...] = memory.entries
    return b"".join(map(format_line, entries))


def played(play: Play, tasks: list[dict[str, Any]]) -> Played:
    return play.run(play.act(tasks, hosts="alpha", variables={"patient": f"{NAME} {NIR}"}))


@pytest.mark.parametrize("channel", KEPT_OUT)
def test_what_is_kept_out_is_in_no_event(channel: str, play: Play) -> None:
    ended = played(play, KEPT_OUT[channel])
    content = journal(ended.events)
    assert ended.tasks
    assert (playbook_outcome(ended.finished)[0] is Outcome.OK) is ("fail" not in channel and channel != "assertion")
    assert not [part for part in PARTS if part.encode() in content]
    assert find({JOURNAL: content}, own=OWN) == ()


def test_what_is_published_or_written_as_a_name_arrives_and_is_found(play: Play) -> None:
    ended = played(
        play,
        [
            {"name": f"Restore the record of {NAME}", "ansible.builtin.raw": "true"},
            {
                "name": "Claim",
                "ansible.builtin.set_stats": {
                    "data": {"reprise_claims": {"nir": int(NIR), "first": "{{ patient }}", f"p.{NIR}": 1}}
                },
            },
        ],
    )
    hits = find({JOURNAL: journal(ended.events)}, own=OWN)
    assert {(hit.place.partition(" /")[2], hit.kind) for hit in hits} == {
        ("event/task", HitKind.PERSON_NAME),
        ("event/value", HitKind.NIR),
        ("event/value", HitKind.PERSON_NAME),
        ("event/name", HitKind.NIR),
    }


def test_a_playbook_that_cannot_be_read_says_so_and_what_it_quotes_is_found(play: Play) -> None:
    """Ansible's first complaint is the only free text that is kept, for a playbook that never came to a task."""
    ended = played(play, [{"name": "Broken", f"no.such.module_{NIR}": {"password": "hunter2"}}])
    assert not ended.tasks
    assert NIR in ended.finished.fault
    assert {hit.kind for hit in find({JOURNAL: journal(ended.events)}, own=OWN)} == {HitKind.NIR}
