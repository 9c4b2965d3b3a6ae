"""What a drill may ask of people: each fault with its line and what would be right."""

import pytest

from orchestrator.core.definition import parse_drill
from orchestrator.core.model import Outcome, Severity
from orchestrator.core.step_definition import ApprovalStep, TaskStep
from orchestrator.errors import DefinitionError

GOOD = """\
format: reprise/drill/v1
id: small
title: {fr: Petit, en: Small}
kind: crisis-tabletop
perimeters: [6]
system: cell
data: synthetic
objectives: {decision: 30m}
roles: {lead: {fr: Animateur, en: Lead}, director: {fr: Directeur, en: Director}}
steps:
  - id: announce
    phase: disrupt
    task: {roles: [lead], ask: {fr: Lu, en: Read}, marks: disaster}
  - id: decide
    phase: recover
    approval: {roles: [director], ask: {fr: Activer, en: Activate}, marks: decided, identified: true, not-by: requester}
  - id: done
    phase: verify
    task: {roles: [lead], ask: {fr: Fait, en: Done}, values: {n: {expect: {at-least: 1}}}}
"""


def _faults(old: str, new: str) -> list[str]:
    assert GOOD.count(old) == 1, old
    with pytest.raises(DefinitionError) as caught:
        parse_drill(GOOD.replace(old, new), file="drills/small.yml")
    return [str(fault).removeprefix("drills/small.yml:") for fault in caught.value.faults]


def test_a_good_file_is_read_with_its_defaults() -> None:
    drill = parse_drill(GOOD, file="drills/small.yml")
    announce, decide = drill.step("announce"), drill.step("decide")
    assert isinstance(announce, TaskStep)
    assert isinstance(decide, ApprovalStep)
    assert (announce.timeout, announce.severity, announce.retries) == (1_800_000_000, Severity.BLOCKING, 0)
    assert (announce.task.at_limit, announce.task.identified) == (Outcome.UNKNOWN, False)
    assert (drill.targets, drill.needs_hosts, drill.checks()) == (None, False, ())


ROLE = "is no role of roles: give it a title there"
FAULTS = {
    "a role without a title": (
        "task: {roles: [lead], ask: {fr: Lu, en: Read}, marks: disaster}",
        "task: {roles: [chief], ask: {fr: Lu, en: Read}, marks: disaster}",
        [f"13: steps.0.task.roles: 'chief' {ROLE}"],
    ),
    "separation of somebody whom nobody knows": (
        "identified: true, not-by",
        "not-by",
        ["16: steps.1.approval.not-by: needs identified: true: a name that anybody may state separates nobody"],
    ),
    "a decision before the disaster": (
        "id: decide\n    phase: recover",
        "id: decide\n    phase: disrupt",
        ["16: steps.1.approval.marks: decided is marked in phase recover, and 'decide' is in disrupt"],
    ),
    "an objective that nobody can keep": (
        "marks: decided, ",
        "",
        ["8: objectives.decision: nobody decides: an approval of phase recover with `marks: decided`"],
    ),
    "a recovery time of nothing": (
        "{decision: 30m}",
        "{decision: 30m, rto: 1h}",
        ["8: objectives.rto: nothing measures it where no host is acted on"],
    ),
    "a task that decides": (
        "marks: disaster}",
        "marks: decided}",
        ["13: steps.0.task.marks: Input should be 'disaster', 'detected' or 'debrief'"],
    ),
    "an answer that does not end": (
        "marks: disaster}",
        "marks: disaster, at-limit: ok}",
        ["13: steps.0.task.at-limit: Input should be 'failed' or 'unknown'"],
    ),
    "retries": (
        "  - id: done\n",
        "  - id: done\n    retries: 1\n",
        ["18: steps.2.retries: is not a key that is known here"],
    ),
    "nobody who may answer": (
        "approval: {roles: [director],",
        "approval: {roles: [],",
        ["16: steps.1.approval.roles: Tuple should have at least 1 item after validation, not 0"],
    ),
    "an option that nobody has": (
        "{n: {expect: {at-least: 1}}}",
        "{n: {options: {a: {fr: A, en: A}}, expect: b}}",
        ["19: steps.2.task.values.n: nobody can answer 'b': it is none of the options"],
    ),
    "hosts without targets": (
        GOOD[GOOD.index("  - id: done") :],
        "  - {id: done, phase: verify, probe: tcp, expect: {values: {open: true}}}\n",
        ["1: targets: is missing: only a drill that people alone carry out acts on no host"],
    ),
    "a recovery without its objective": (
        GOOD[GOOD.index("  - id: done") :],
        "  - {id: again, phase: recover, playbook: web/bring-back.yml}\n"
        "  - {id: done, phase: verify, probe: tcp, expect: {values: {open: true}}}\n",
        [
            "1: targets: is missing: only a drill that people alone carry out acts on no host",
            "8: objectives.rto: is missing: what breaks or recovers something says how long the recovery may take",
        ],
    ),
    "nothing to verify": (
        "id: done\n    phase: verify",
        "id: done\n    phase: recover",
        ["10: steps: a drill verifies something: at least one blocking probe, task or approval step in phase verify"],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_line_and_what_would_be_right(case: str) -> None:
    old, new, expected = FAULTS[case]
    assert _faults(old, new) == expected
