"""Every sentence in both languages, with the same blanks, and a word for every choice that evidence can hold."""

import re
import string
from enum import StrEnum

import pytest

from orchestrator.core.drill import Schedule
from orchestrator.core.events import GuardCheck
from orchestrator.core.model import Language, Outcome, Phase, Severity, Verdict
from orchestrator.core.results import FindingCode, Instant, Quantity, Weight
from orchestrator.engine.recovery import GIVEN_UP
from reports.register.findings import FaultCode
from reports.verification import CheckCode
from reports.words import NO_BREAK, french_spaces, load_words

FRENCH, ENGLISH = (load_words(language).texts for language in Language)
CHOICES: dict[str, type[StrEnum]] = {
    "verdict": Verdict,
    "sentence": Verdict,
    "outcome": Outcome,
    "phase": Phase,
    "severity": Severity,
    "weight": Weight,
    "finding": FindingCode,
    "instant": Instant,
    "instant-meaning": Instant,
    "quantity": Quantity,
    "quantity-meaning": Quantity,
    "guard-check": GuardCheck,
    "verification": CheckCode,
    "register-fault": FaultCode,
}


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    assert FRENCH.keys() == ENGLISH.keys()
    assert [key for key in FRENCH if _blanks(FRENCH[key]) != _blanks(ENGLISH[key])] == []


def test_nothing_is_left_empty() -> None:
    assert [key for texts in (FRENCH, ENGLISH) for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize(("prefix", "choices"), CHOICES.items())
def test_every_choice_has_its_words(prefix: str, choices: type[StrEnum]) -> None:
    assert {f"{prefix}.{choice}" for choice in choices} <= FRENCH.keys()


def test_every_cadence_basis_and_field_has_its_words() -> None:
    cadences = Schedule.model_json_schema()["properties"]["cadence"]["enum"]
    bases = ("watch", "canary", "cut-off-canary", "marker", "catalogue", "journal", "declared", "automatic", "person")
    wanted = {f"cadence.{cadence}" for cadence in cadences} | {f"basis.{basis}" for basis in bases}
    assert wanted | {f"field.{number}" for number in range(1, 48)} <= FRENCH.keys()


@pytest.mark.parametrize("texts", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_no_sentence_claims_a_conformity_or_names_a_bare_perimeter(texts: dict[str, str]) -> None:
    everything = " ".join(texts.values()).lower()
    assert re.search(r"conforme hds|certifié hds|hds[- ]certified|hds[- ]compliant", everything) is None
    assert re.search(r"p[ée]rim[èe]t(re|er) \d", everything) is None


def test_a_phrase_of_ours_is_translated_and_what_a_tool_said_is_not() -> None:
    french = load_words(Language.FRENCH)
    assert french.reason(GIVEN_UP) == "la remise en état a été abandonnée"
    assert french.reason("error 55") == "error 55"


def test_french_spaces_do_not_break() -> None:
    assert french_spaces("« oui » : non ?") == f"«{NO_BREAK}oui{NO_BREAK}»{NO_BREAK}: non{NO_BREAK}?"


def test_a_missing_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        load_words(Language.FRENCH)("no.such.sentence")


def test_the_guards_codes_have_words() -> None:
    french, english = (load_words(language) for language in Language)
    refused = "target: production-unreachable"
    assert french.reason(refused) == f"target («{NO_BREAK}Production injoignable{NO_BREAK}» non établi)"
    assert english.reason(f"{refused}: error 55").endswith("not established: error 55)")
    assert french.reason("target: another-code: error 55") == "target: another-code: error 55"
