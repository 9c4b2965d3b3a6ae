"""Who may answer what: every reason for which an answer does not count, and what one that counts comes to."""

from typing import Any

import pytest

from orchestrator.core.answers import GivenAnswer, given_in, person_outcome, refusal
from orchestrator.core.canonical import canonical
from orchestrator.core.drill import Drill
from orchestrator.core.events import PersonAnswered, PersonDecision
from orchestrator.core.model import Outcome
from orchestrator.core.plan import PinnedPerson, Plan
from orchestrator.core.step_definition import PersonStep
from orchestrator.testing import answer, tabletop_drill, tabletop_plan
from tests.ssh_keys import ed25519, public, signed

ASK = {"fr": "Activer ?", "en": "Activate?"}
DIRECTOR, OTHER = ed25519("director"), ed25519("other")
PEOPLE = (
    PinnedPerson(id="p-director", roles=("director",), accounts=("dmartin",), keys=(public(DIRECTOR),)),
    PinnedPerson(id="p-other", roles=("lead",), accounts=(), keys=(public(OTHER),)),
)
OPTIONS = {"pca": {"fr": "PCA", "en": "PCA"}, "pra": {"fr": "PRA", "en": "PRA"}}
GRANTED, REFUSED, DONE, NOT_DONE = (
    PersonDecision.GRANTED,
    PersonDecision.REFUSED,
    PersonDecision.DONE,
    PersonDecision.NOT_DONE,
)


def _plan(**question: Any) -> Plan:
    approval = {"roles": ["director"], "ask": ASK, "marks": "decided"} | question
    steps = [step.model_dump(by_alias=True) for step in tabletop_drill().steps]
    steps[1] = {"id": "decide", "phase": "recover", "approval": approval}
    return tabletop_plan(tabletop_drill(steps=steps), people=PEOPLE)


def _step(plan: Plan, name: str = "decide") -> PersonStep:
    step = plan.drill.step(name)
    assert isinstance(step, PersonStep)
    return step


def _signed(given: GivenAnswer, key: Any = DIRECTOR) -> GivenAnswer:
    return given.model_copy(update={"signature": signed(canonical(given.statement), key=key)})


def _refusal(plan: Plan, given: GivenAnswer, *, step: str = "decide", barred: str = "") -> str | None:
    return refusal(given, _step(plan, step), plan=plan, barred=frozenset({barred} - {""}))


IDENTIFIED = _plan(identified=True)
BY = {"person": "p-director"}


def test_an_answer_that_is_stated_counts_where_no_key_is_asked_for() -> None:
    plan = _plan()
    assert _refusal(plan, answer(plan, "decide", GRANTED)) is None
    assert _refusal(plan, answer(plan, "confirm", DONE, values={"units": 3}, reason=""), step="confirm") is None


def test_an_answer_that_is_signed_counts_where_a_key_is_asked_for() -> None:
    assert _refusal(IDENTIFIED, _signed(answer(IDENTIFIED, "decide", GRANTED, **BY))) is None


NOT_SIGNED = "it is not signed with a key of p-director, or not for this answer"
FAULTS: dict[str, tuple[GivenAnswer, str]] = {
    "without a key": (
        answer(IDENTIFIED, "decide", GRANTED, **BY),
        "this step asks for a signature with the person's own key",
    ),
    "with another's key": (_signed(answer(IDENTIFIED, "decide", GRANTED, **BY), OTHER), NOT_SIGNED),
    "by nobody who is known": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, person="p-nobody")),
        "the plan knows nobody called p-nobody",
    ),
    "by somebody without the role": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, person="p-other"), OTHER),
        "p-other does not have the role director",
    ),
    "in a role that may not": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, role="lead", **BY)),
        "the role lead may not answer this step: director may",
    ),
    "of another run": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, run_id="20261123T020000Z-other-0000", **BY)),
        "it answers another question: of another run, plan or step",
    ),
    "of another plan": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, plan_sha256="0" * 64, **BY)),
        "it answers another question: of another run, plan or step",
    ),
    "as of a task": (
        _signed(answer(IDENTIFIED, "decide", DONE, **BY)),
        "done is no answer to this step: granted or refused",
    ),
    "without a reason": (_signed(answer(IDENTIFIED, "decide", GRANTED, reason=" ", **BY)), "a reason is asked for"),
    "with a value that nobody asks for": (
        _signed(answer(IDENTIFIED, "decide", GRANTED, values={"plan": "pca"}, **BY)),
        "no value plan is asked for",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_an_answer_that_may_not_be_given_does_not_count(case: str) -> None:
    given, why = FAULTS[case]
    assert _refusal(IDENTIFIED, given) == why


@pytest.mark.parametrize("changed", [{"decision": REFUSED}, {"reason": "another"}, {"role": "lead"}, {"person": "x"}])
def test_no_word_of_a_signed_answer_can_be_changed(changed: dict[str, Any]) -> None:
    given = _signed(answer(IDENTIFIED, "decide", GRANTED, **BY))
    edited = given.model_copy(update={"statement": given.statement.model_copy(update=changed)})
    assert _refusal(IDENTIFIED, edited) is not None


@pytest.mark.parametrize("barred", ["p-director", "dmartin", "DMartin"])
def test_whoever_ran_it_does_not_answer_by_whatever_name_the_project_knows(barred: str) -> None:
    plan = _plan(identified=True, **{"not-by": "requester"})
    given = _signed(answer(plan, "decide", GRANTED, **BY))
    assert _refusal(plan, given, barred=barred) == "whoever asked for the run, or ran it, may not answer this step"
    assert _refusal(plan, given, barred="somebody-else") is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "the value plan is asked for"),
        ({"plan": "both"}, "plan is one of pca, pra"),
        ({"plan": 1}, "plan is one of pca, pra"),
        ({"plan": "pra"}, None),
    ],
)
def test_a_value_is_one_of_its_options(values: dict[str, Any], why: str | None) -> None:
    plan = _plan(values={"plan": {"options": OPTIONS}})
    assert _refusal(plan, answer(plan, "decide", GRANTED, values=values)) == why
    assert _refusal(plan, answer(plan, "decide", REFUSED)) is None


@pytest.mark.parametrize("value", ["3", True])
def test_a_count_is_a_whole_number(value: Any) -> None:
    plan = _plan()
    given = answer(plan, "confirm", DONE, values={"units": value})
    assert _refusal(plan, given, step="confirm") == "units is a whole number"


def test_what_an_answer_comes_to() -> None:
    plan = _plan()
    confirm = _step(plan, "confirm")
    assert person_outcome(_step(plan), GRANTED, {}) == (Outcome.OK, "")
    assert person_outcome(_step(plan), REFUSED, {}) == (Outcome.FAILED, "refused")
    assert person_outcome(confirm, NOT_DONE, {}) == (Outcome.FAILED, "could not be done")
    assert person_outcome(confirm, DONE, {"units": 3}) == (Outcome.OK, "")
    assert person_outcome(confirm, DONE, {"units": 2}) == (Outcome.FAILED, "units: 2, not >= 3")


def test_what_was_signed_is_made_again_from_the_journal() -> None:
    given = _signed(answer(IDENTIFIED, "decide", GRANTED, **BY))
    said = given.statement.model_dump(exclude={"format", "run_id", "plan_sha256"})
    event = PersonAnswered(attempt=1, signature=given.signature, absent_us=1, found_us=2, **said)
    assert given_in(event, plan=IDENTIFIED) == given


def test_the_example_is_a_drill_that_acts_on_nothing() -> None:
    drill: Drill = tabletop_drill()
    assert not drill.needs_hosts
    assert [step.id for step in drill.people_steps()] == ["announce", "decide", "confirm"]
