"""Every fault of a drill file: its exact line, key, message and hint."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from orchestrator.core.definition import parse_drill
from orchestrator.core.model import Phase, Severity
from orchestrator.core.step_definition import PlaybookStep, ProbeStep
from orchestrator.core.written import parse_duration
from orchestrator.errors import DefinitionError, ExitCode

GOOD = """\
format: reprise/drill/v1
id: small
title: {fr: Petit, en: Small}
kind: backup-restore
perimeters: [5]
system: dpi
data: synthetic
objectives: {rto: 15m, rpo: 1m}
targets: restore-target
steps:
  - {id: manifest, phase: prepare, probe: postgresql, with: {dsn_env: SOURCE}}
  - {id: lose, phase: disrupt, playbook: postgresql/lose.yml}
  - id: restore
    phase: recover
    playbook: postgresql/restore.yml
    timeout: 30m
  - id: complete
    phase: verify
    probe: postgresql
    expect: {same-as: manifest}
  - {id: erase, phase: cleanup, playbook: postgresql/erase.yml}
"""


def _faults(text: str, *, file: str = "drills/small.yml") -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        parse_drill(text, file=file)
    assert caught.value.exit_code is ExitCode.DEFINITION
    assert str(caught.value) == "\n".join(str(fault) for fault in caught.value.faults)
    return [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults]


def test_a_good_file_is_read_with_its_defaults() -> None:
    drill = parse_drill(GOOD, file="drills/small.yml")
    assert (drill.objectives.rto, drill.objectives.rpo, drill.objectives.dmia) == (900_000_000, 60_000_000, None)
    restore, complete = drill.step("restore"), drill.step("complete")
    assert isinstance(restore, PlaybookStep)
    assert isinstance(complete, ProbeStep)
    assert (restore.timeout, restore.retries, restore.severity) == (1_800_000_000, 0, Severity.BLOCKING)
    assert drill.checks() == (complete,)
    assert [len(drill.of_phase(phase)) for phase in Phase] == [1, 1, 1, 1, 1]
    assert drill.self_test_after is Phase.DISRUPT


def _replaced(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


DURATION = "a duration is a whole number and a unit: 50ms, 90s, 15m, 4h or 7d"
FAULTS: dict[str, tuple[str, list[str]]] = {
    "an unknown key": (
        _replaced("targets: restore-target", "targets: restore-target\ntarget: x"),
        ["10: target: is not a key that is known here (did you mean targets?)"],
    ),
    "an unknown key like no other": (
        _replaced("system: dpi", "system: dpi\nqwertz: x"),
        ["7: qwertz: is not a key that is known here"],
    ),
    "an unknown key of a step": (
        _replaced("    timeout: 30m", "    timeuot: 30m"),
        ["16: steps.2.timeuot: is not a key that is known here (did you mean timeout?)"],
    ),
    "a repeated key": (
        _replaced("system: dpi", "system: dpi\nsystem: other"),
        ["7: system: the key is already given on line 6 (keep one of the two)"],
    ),
    "a missing key": (_replaced("system: dpi\n", ""), ["1: system: is missing"]),
    "a missing key of a step": (_replaced("    phase: recover\n", ""), ["13: steps.2.phase: is missing"]),
    "another format": (
        _replaced("reprise/drill/v1", "reprise/drill/v2"),
        ["1: format: Input should be 'reprise/drill/v1'"],
    ),
    "an id that is not the file's name": (
        _replaced("id: small", "id: other"),
        ["2: id: is 'other', but the file is called 'small' (make them equal)"],
    ),
    "a duration without a unit": (_replaced("30m", '"30"'), [f"16: steps.2.timeout: {DURATION}"]),
    "a duration that is a fraction": (_replaced("30m", '"1.5h"'), [f"16: steps.2.timeout: {DURATION}"]),
    "a duration that is negative": (_replaced("30m", '"-5s"'), [f"16: steps.2.timeout: {DURATION}"]),
    "a duration in another unit": (_replaced("30m", "3w"), [f"16: steps.2.timeout: {DURATION}"]),
    "a duration that is true": (_replaced("30m", "true"), [f"16: steps.2.timeout: {DURATION}"]),
    "a bare number as a duration": (_replaced("30m", "30"), [f"16: steps.2.timeout: {DURATION}"]),
    "an objective that is a clock": (
        _replaced("{rto: 15m,", "{rto: 15:00,"),
        [
            "8: objectives.rto: YAML reads 15:00 as something else than it looks like "
            '(write "15:00" in quotes, or true or false, or a whole number)'
        ],
    ),
    "no steps": (GOOD[: GOOD.index("steps:")], ["1: steps: is missing"]),
    "a step twice": (
        _replaced("id: erase", "id: lose"),
        ["21: steps.4.id: another step is already called 'lose'"],
    ),
    "a need that is no step": (
        _replaced("    timeout: 30m", "    needs: [nobody]"),
        ["16: steps.2.needs: no step is called 'nobody'; there are complete, erase, lose, manifest, restore"],
    ),
    "a need of a later phase": (
        _replaced("    timeout: 30m", "    needs: [complete]"),
        ["16: steps.2.needs: 'complete' is in a later phase (verify) than 'restore' (recover)"],
    ),
    "a step that needs itself": (
        _replaced("    timeout: 30m", "    needs: [restore]"),
        ["16: steps.2.needs: 'restore' needs itself, through restore"],
    ),
    "nothing blocking to verify": (
        _replaced("    probe: postgresql\n", "    probe: postgresql\n    severity: minor\n"),
        ["10: steps: a drill verifies something: at least one blocking probe, task or approval step in phase verify"],
    ),
    "a check that expects nothing": (
        _replaced("    expect: {same-as: manifest}\n", ""),
        ["17: steps.3: 'complete' verifies nothing: say what it expects"],
    ),
    "a check that cannot fail": (
        _replaced("{same-as: manifest}", "{}"),
        ["20: steps.3.expect: an expectation that nothing can fail is not a check: give values, or same-as"],
    ),
    "a bound that says nothing": (
        _replaced("{same-as: manifest}", "{values: {n: {}}}"),
        ["20: steps.3.expect.values.n: an expectation says equals, at-least or at-most"],
    ),
    "the same as no step": (
        _replaced("same-as: manifest", "same-as: lose"),
        ["20: steps.3.expect: same-as: no probe step of phase prepare or disrupt is called 'lose'"],
    ),
    "erased people with half an answer": (
        _replaced("system: dpi", "system: dpi\nerasures: {replay: restore}"),
        ["7: erasures: say either replay and check, or none with the reason in both languages"],
    ),
    "erased people with two answers": (
        _replaced("system: dpi", "system: dpi\nerasures: {replay: restore, check: complete, none: {fr: a, en: a}}"),
        ["7: erasures: say either replay and check, or none with the reason in both languages"],
    ),
    "erased people with no answer": (
        _replaced("system: dpi", "system: dpi\nerasures: {}"),
        ["7: erasures: say either replay and check, or none with the reason in both languages"],
    ),
    "erased people replayed and looked for by steps that do not": (
        _replaced("system: dpi", "system: dpi\nerasures: {replay: lose, check: manifest}"),
        [
            "7: erasures.replay: no playbook step of phase recover is called 'lose'",
            "7: erasures.check: no blocking probe step of phase verify is called 'manifest'",
        ],
    ),
    "real data without the DPO": (
        _replaced("data: synthetic", "data: real-in-hds-sandbox"),
        ["7: data: real data needs context.dpo-reference: the DPO's opinion on this restore"],
    ),
    "a perimeter that the article does not have": (
        _replaced("[5]", "[5, 7]"),
        ["5: perimeters.1: Input should be less than or equal to 6"],
    ),
    "no perimeter": (
        _replaced("[5]", "[]"),
        ["5: perimeters: Tuple should have at least 1 item after validation, not 0"],
    ),
    "a list that is none": (_replaced("[5]", "5"), ["5: perimeters: must be a list"]),
    "a text that is none": (_replaced("system: dpi", "system: 5"), ["6: system: must be text"]),
    "a mapping that is none": (
        _replaced("{fr: Petit, en: Small}", "Small"),
        ["3: title: must be a mapping of keys to values"],
    ),
    "a title in one language": (_replaced("{fr: Petit, en: Small}", "{en: Small}"), ["3: title.fr: is missing"]),
    "a step that is none": (
        _replaced("  - {id: erase, phase: cleanup, playbook: postgresql/erase.yml}", "  - erase"),
        ["21: steps.4: must be a mapping of keys to values"],
    ),
    "a file that is a list": ("- 1\n", ["1: must be a mapping of keys to values"]),
    "a file that is a word": ("drill\n", ["1: must be a mapping of keys to values"]),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_line_and_what_would_be_right(case: str) -> None:
    text, expected = FAULTS[case]
    assert _faults(text) == expected


def test_a_longer_cycle_is_found_at_each_of_its_steps() -> None:
    text = GOOD + "  - {id: a, phase: cleanup, playbook: a.yml, needs: [b]}\n"
    text += "  - {id: b, phase: cleanup, playbook: b.yml, needs: [erase, a]}\n"
    assert _faults(text) == [
        "22: steps.5.needs: 'a' needs itself, through b",
        "23: steps.6.needs: 'b' needs itself, through erase, a",
    ]


@pytest.mark.parametrize("playbook", ["../x.sh", "x.yml; rm", "", "x", "x.yml.j2", "$HOME/x.yml", "a b.yml"])
def test_a_playbook_is_a_plain_name(playbook: str) -> None:
    found = _faults(_replaced("postgresql/restore.yml", f'"{playbook}"'))
    assert len(found) == 1
    assert found[0].startswith("15: steps.2.playbook: ")


def test_every_fault_is_reported_at_once() -> None:
    text = _replaced("system: dpi", "sytem: dpi").replace("30m", "30").replace("perimeters: [5]", "perimeters: [9]")
    assert len(_faults(text)) == 4


@pytest.mark.parametrize("file", ["small.yml", "drills/small.yml", "small.yaml"])
def test_the_name_of_the_file_is_what_counts(file: str) -> None:
    assert parse_drill(GOOD, file=file).id == "small"


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("50ms", 50_000), ("1s", 1_000_000), ("15m", 900_000_000), ("4h", 14_400_000_000), ("7d", 604_800_000_000)],
)
def test_durations(text: str, microseconds: int) -> None:
    assert parse_duration(text) == microseconds


MUTATIONS: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d.update(steps=[]),
    lambda d: d.update(steps=None),
    lambda d: d["steps"].append(None),
    lambda d: d["steps"].append([]),
    lambda d: d["steps"].append({}),
    lambda d: d["steps"][3].update(expect={"values": {"n": None}}),
    lambda d: d["steps"][3].update(expect={"values": {"n": {"at-least": "x"}}}),
    lambda d: d["steps"][3].update({"with": 5}),
    lambda d: d["steps"][2].update(retries=11),
    lambda d: d["steps"][2].update(vars={"x": [1]}),
    lambda d: d.update(watch=[{"id": "w"}]),
    lambda d: d.update(watch=[{"id": "W", "probe": "p", "every": "1s", "with": {}}]),
    lambda d: d.update(canary={"probe": "p", "every": "0s", "with": {}}),
    lambda d: d.update(schedule={"cadence": "quarterly", "at": "24:00"}),
    lambda d: d.update(schedule={"cadence": "sometimes", "at": "02:00"}),
    lambda d: d.update(objectives={}),
    lambda d: d.update({"self-test-after": "verify"}),
    lambda d: d.update({"recovery-point": {"catalogue": "x"}}),
    lambda d: d.update(title={"fr": 1, "en": 2}),
    lambda d: d.update({"stable_for": "1s"}),
]


@pytest.mark.parametrize("index", range(len(MUTATIONS)))
def test_other_nonsense_is_a_fault_with_a_line_and_never_a_traceback(index: int) -> None:
    document = yaml.safe_load(GOOD)
    MUTATIONS[index](document)
    text = yaml.safe_dump(document, sort_keys=False)
    for fault in _faults(text):
        assert fault.split(":")[0].isdigit()


@pytest.mark.parametrize("every", ["0s", "0ms"])
def test_a_watch_or_a_canary_has_a_period(every: str) -> None:
    watch = f"watch: [{{id: w, probe: p, every: {every}, with: {{}}}}]\n"
    assert _faults(watch + GOOD)[0].startswith("1: watch.0.every: ")
    canary = f"canary: {{probe: p, every: {every}, with: {{}}, read: {{}}}}\n"
    assert _faults(canary + GOOD)[0].startswith("1: canary.every: ")


def test_two_watches_have_two_names() -> None:
    one = "{id: w, probe: p, every: 1s, with: {}}"
    assert _faults(f"watch: [{one}, {one}]\n" + GOOD) == ["1: watch.1.id: another watch is already called 'w'"]


def test_a_watch_is_not_called_like_the_canarys_file() -> None:
    watch = "watch: [{id: canary, probe: p, every: 1s, with: {}}]\n"
    assert _faults(watch + GOOD) == ["1: watch.0.id: 'canary' is the name of the canary's own series"]
