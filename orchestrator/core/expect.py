"""Whether an answer is what was expected. Pure, so that a verifier decides again what the engine decided."""

from collections.abc import Mapping

from orchestrator.core.events import ProbeAnswered, Values
from orchestrator.core.expectation import Expectation
from orchestrator.core.model import Outcome, Scalar
from orchestrator.core.step_definition import Expected, ProbeStep

Decision = tuple[Outcome, str]


def decide(expected: Expected, answer: ProbeAnswered, *, reference: Values | None) -> Decision:
    """Compare one answer with what a step expects, and say in a few words why it is not that.

    Args:
        expected: The step's `expect`.
        answer: What the probe saw.
        reference: The values of the step named by `same-as`; None where that step saw nothing.
    """
    if not expected.answered:
        return _wanted_silence(answer)
    if not answer.answered:
        return Outcome.FAILED, answer.fault or "no answer"
    if expected.same_as is not None and reference is None:
        return Outcome.UNKNOWN, f"{expected.same_as} saw nothing to compare with"
    differences = [
        *value_faults(expected.values, answer.values),
        *_reference_faults(reference, answer.values),
    ]
    return (Outcome.FAILED, "; ".join(differences)[:300]) if differences else (Outcome.OK, "")


def decide_step(step: ProbeStep, answer: ProbeAnswered, *, reference: Values | None) -> Decision:
    """What a probe step came to, or its self-test: there a control that is not what it should be decides nothing."""
    if answer.self_test and step.control is not None:
        as_known, reason = decide(step.control.expect, answer, reference=None)
        if as_known is not Outcome.OK:
            return Outcome.UNKNOWN, f"the control is not what it should be: {reason}"[:300]
    if step.expect is None:
        return (Outcome.OK, "") if answer.answered else (Outcome.FAILED, answer.fault or "no answer")
    return decide(step.expect, answer, reference=reference)


def describe(expected: Expected, *, reference: Values | None) -> Values:
    """What was wanted, value by value, in words that a report can print."""
    described: Values = {name: "; ".join(_bounds(wanted)) for name, wanted in expected.values.items()}
    if not expected.answered:
        return {"answer": "none"}
    return described | {name: f"= {_word(value)}" for name, value in (reference or {}).items()}


def _wanted_silence(answer: ProbeAnswered) -> Decision:
    return (Outcome.FAILED, "something answered") if answer.answered else (Outcome.OK, "")


def value_faults(expected: Mapping[str, Expectation], observed: Values) -> list[str]:
    """Each value that is missing or is not what was wanted, in words."""
    return [
        f"{name}: {_word(observed[name])}, not {'; '.join(_bounds(wanted))}" if name in observed else f"{name}: missing"
        for name, wanted in expected.items()
        if name not in observed or not _meets(wanted, observed[name])
    ]


def _reference_faults(reference: Values | None, observed: Values) -> list[str]:
    if reference is None:
        return []
    return [
        f"{name}: {_word(observed.get(name, 'missing'))}, not {_word(reference.get(name, 'there'))}"
        for name in sorted(reference.keys() | observed.keys())
        if name not in reference or name not in observed or not _same(reference[name], observed[name])
    ]


def _meets(wanted: Expectation, value: Scalar) -> bool:
    return all(
        (
            wanted.equals is None or _same(wanted.equals, value),
            wanted.at_least is None or (_counts(value) and value >= wanted.at_least),  # type: ignore[operator]
            wanted.at_most is None or (_counts(value) and value <= wanted.at_most),  # type: ignore[operator]
        )
    )


def _same(left: Scalar, right: Scalar) -> bool:
    # True == 1 in Python; a database that answers 1 where `true` is wanted has another schema.
    return type(left) is type(right) and left == right


def _counts(value: Scalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bounds(wanted: Expectation) -> list[str]:
    named = (("=", wanted.equals), (">=", wanted.at_least), ("<=", wanted.at_most))
    return [f"{sign} {_word(bound)}" for sign, bound in named if bound is not None]


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
