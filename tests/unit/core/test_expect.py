"""Whether an answer is what was expected, value by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.events import ProbeAnswered, Values
from orchestrator.core.expect import decide, decide_step, describe
from orchestrator.core.model import Outcome
from orchestrator.core.step_definition import Control, Expected, ProbeStep


def _answer(values: Values | None = None, *, fault: str = "refused") -> ProbeAnswered:
    return ProbeAnswered(
        step="check",
        attempt=1,
        self_test=False,
        answered=values is not None,
        values=values or {},
        fault="" if values is not None else fault,
        started_us=0,
        finished_us=1,
    )


def _expected(**written: object) -> Expected:
    return Expected.model_validate(written)


CASES = [
    ({"n": 1}, {"n": 1}, "ok", ""),
    ({"n": 1}, {"n": 2}, "failed", "n: 2, not = 1"),
    ({"n": 1}, {}, "failed", "n: missing"),
    ({"n": 1}, {"n": True}, "failed", "n: true, not = 1"),
    ({"n": True}, {"n": 1}, "failed", "n: 1, not = true"),
    ({"n": 1}, {"n": "1"}, "failed", "n: 1, not = 1"),
    ({"n": 0}, {"n": 0}, "ok", ""),
    ({"n": 0}, {"n": False}, "failed", "n: false, not = 0"),
    ({"n": ""}, {"n": ""}, "ok", ""),
    ({"n": False}, {"n": False}, "ok", ""),
    ({"n": {"at-least": 2}}, {"n": 2}, "ok", ""),
    ({"n": {"at-least": 2}}, {"n": 1}, "failed", "n: 1, not >= 2"),
    ({"n": {"at-most": 2}}, {"n": 2}, "ok", ""),
    ({"n": {"at-most": 2}}, {"n": 3}, "failed", "n: 3, not <= 2"),
    ({"n": {"at-least": 1, "at-most": 2}}, {"n": 3}, "failed", "n: 3, not >= 1; <= 2"),
    ({"n": {"at-least": 0}}, {"n": True}, "failed", "n: true, not >= 0"),
    ({"n": {"at-least": 0}}, {"n": "5"}, "failed", "n: 5, not >= 0"),
    ({"n": {"at-most": 0}}, {"n": "many"}, "failed", "n: many, not <= 0"),
    ({"a": 1, "b": 2}, {"a": 0, "b": 0}, "failed", "a: 0, not = 1; b: 0, not = 2"),
    ({"a": 1}, {"a": 1, "more": 9}, "ok", ""),
]


@pytest.mark.parametrize(("wanted", "seen", "outcome", "reason"), CASES)
def test_values(wanted: object, seen: Values, outcome: str, reason: str) -> None:
    assert decide(_expected(values=wanted), _answer(seen), reference=None) == (outcome, reason)


def test_no_answer_fails_whatever_is_expected() -> None:
    for expected in (_expected(values={"n": 1}), _expected(**{"same-as": "before"})):
        assert decide(expected, _answer(), reference={"n": 1}) == (Outcome.FAILED, "refused")
        assert decide(expected, _answer(fault=""), reference={"n": 1}) == (Outcome.FAILED, "no answer")


def test_silence_can_be_what_is_wanted() -> None:
    expected = _expected(answered=False)
    assert decide(expected, _answer(), reference=None) == (Outcome.OK, "")
    assert decide(expected, _answer({}), reference=None) == (Outcome.FAILED, "something answered")


def test_the_same_as_nothing_is_unknown_and_never_ok() -> None:
    expected = _expected(**{"same-as": "before"})
    assert decide(expected, _answer({}), reference=None) == (Outcome.UNKNOWN, "before saw nothing to compare with")


REFERENCES = [
    ({"a": 1}, {"a": 1}, "ok", ""),
    ({"a": 1}, {"a": 2}, "failed", "a: 2, not 1"),
    ({"a": 1}, {}, "failed", "a: missing, not 1"),
    ({}, {"a": 1}, "failed", "a: 1, not there"),
    ({"a": 1}, {"a": True}, "failed", "a: true, not 1"),
    ({"b": 1, "a": 1}, {"b": 2, "a": 2}, "failed", "a: 2, not 1; b: 2, not 1"),
]


@pytest.mark.parametrize(("before", "after", "outcome", "reason"), REFERENCES)
def test_the_same_as_before(before: Values, after: Values, outcome: str, reason: str) -> None:
    assert decide(_expected(**{"same-as": "before"}), _answer(after), reference=before) == (outcome, reason)


def test_values_and_reference_must_both_hold() -> None:
    expected = _expected(**{"same-as": "before", "values": {"a": {"at-least": 1}}})
    assert decide(expected, _answer({"a": 0}), reference={"a": 0})[0] is Outcome.FAILED
    assert decide(expected, _answer({"a": 1}), reference={"a": 2})[0] is Outcome.FAILED
    assert decide(expected, _answer({"a": 1}), reference={"a": 1})[0] is Outcome.OK


scalars = st.one_of(st.booleans(), st.integers(-9, 9), st.text(max_size=3))
values = st.dictionaries(st.sampled_from("abc"), scalars, max_size=3)


@given(values, values)
def test_same_as_is_ok_only_for_the_very_same_values(before: Values, after: Values) -> None:
    outcome, _ = decide(_expected(**{"same-as": "before"}), _answer(after), reference=before)
    assert (outcome is Outcome.OK) is (repr(sorted(before.items())) == repr(sorted(after.items())))


def test_what_was_wanted_is_said_in_words() -> None:
    expected = _expected(values={"n": {"at-least": 1, "at-most": 2}, "ok": True})
    assert describe(expected, reference=None) == {"n": ">= 1; <= 2", "ok": "= true"}
    assert describe(_expected(**{"same-as": "x"}), reference={"a": 1}) == {"a": "= 1"}
    assert describe(_expected(answered=False), reference=None) == {"answer": "none"}


CONTROLLED = ProbeStep.model_validate(
    {
        "id": "fresh",
        "phase": "verify",
        "probe": "fake",
        "with": {"ask": "backup", "host": "vault"},
        "expect": {"values": {"age": {"at-most": 60}}},
        "control": {"with": {"ask": "old backup"}, "expect": {"values": {"age": 7200}}},
    }
)


def test_a_control_is_asked_over_the_question_of_the_step() -> None:
    assert CONTROLLED.trial == {"ask": "old backup", "host": "vault"}
    assert CONTROLLED.with_ == {"ask": "backup", "host": "vault"}


@pytest.mark.parametrize(
    ("values", "self_test", "outcome"),
    [
        ({"age": 7200}, True, "failed"),
        ({"age": 7100}, True, "unknown"),
        (None, True, "unknown"),
        ({"age": 7200}, False, "failed"),
        ({"age": 60}, False, "ok"),
        (None, False, "failed"),
    ],
)
def test_a_control_that_is_not_what_it_should_be_decides_nothing(
    values: Values | None, self_test: bool, outcome: str
) -> None:
    answer = _answer(values).model_copy(update={"self_test": self_test})
    assert decide_step(CONTROLLED, answer, reference=None)[0] == outcome


def test_a_control_is_known_beforehand() -> None:
    with pytest.raises(ValueError, match="not same-as"):
        Control.model_validate({"with": {"ask": "x"}, "expect": {"same-as": "manifest"}})
