"""Whether an answer counts and what it comes to: who may answer, with which key, what is asked for. Pure.

The engine decides so when an answer arrives; a verifier decides again from plan and journal, signature included.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.asking import Mark, ValueAsked
from orchestrator.core.canonical import canonical
from orchestrator.core.events import PersonAnswered, PersonDecision, ShortText, Values
from orchestrator.core.expect import Decision, value_faults
from orchestrator.core.model import SHA256, Identifier, Moment, Outcome, Record
from orchestrator.core.plan import PinnedPerson, Plan
from orchestrator.core.ssh_signature import Signature, is_signed
from orchestrator.core.step_definition import ApprovalStep, PersonStep

NOBODY_ANSWERED = "nobody answered in time"
REFUSED = "refused"
COULD_NOT = "could not be done"

_YES = (PersonDecision.DONE, PersonDecision.GRANTED)


class AnswerStatement(Record):
    """What a person says, in the form whose canonical bytes are signed: of this run, this plan and this step only."""

    format: Literal["reprise/answer/v1"] = "reprise/answer/v1"
    run_id: str
    plan_sha256: SHA256
    step: Identifier
    person: Annotated[ShortText, Field(min_length=1)]
    role: Identifier
    decision: PersonDecision
    values: Values = {}
    reason: Annotated[str, Field(max_length=1_000)] = ""
    answered_at: Moment


class GivenAnswer(Record):
    """An answer as it is delivered. `signature`: OpenSSH's, in base64 and without armour; None where it has none."""

    statement: AnswerStatement
    signature: Signature | None = None


def given_in(event: PersonAnswered, *, plan: Plan) -> GivenAnswer:
    """The answer that the journal holds, as it was delivered: what was signed is made again from the event."""
    said = event.model_dump(include=set(AnswerStatement.model_fields))
    statement = AnswerStatement(run_id=plan.run_id, plan_sha256=plan.digest, **said)
    return GivenAnswer(statement=statement, signature=event.signature)


def refusal(given: GivenAnswer, step: PersonStep, *, plan: Plan, barred: frozenset[str]) -> str | None:
    """Why an answer may not be taken; None where it may.

    Args:
        given: The answer.
        step: Whose question it answers.
        plan: With the people and keys that were known when it was sealed.
        barred: Who may not answer where the step asks for separation of duties.
    """
    return next(_faults(given, step, plan=plan, barred=barred), None)


def has_signed(given: GivenAnswer, *, person: PinnedPerson) -> bool:
    """Whether an answer, word for word, is signed with a key of this person. What is no signature is none."""
    if given.signature is None:
        return False
    try:
        return any(is_signed(canonical(given.statement), given.signature, key=key) for key in person.keys)
    except ValueError:
        return False


def person_outcome(step: PersonStep, decision: PersonDecision, values: Values) -> Decision:
    """What an answer that counts comes to."""
    if decision not in _YES:
        return Outcome.FAILED, REFUSED if decision is PersonDecision.REFUSED else COULD_NOT
    wanted = {name: asked.expect for name, asked in step.question.values.items() if asked.expect is not None}
    faults = value_faults(wanted, values)
    return (Outcome.FAILED, "; ".join(faults)[:300]) if faults else (Outcome.OK, "")


def _faults(given: GivenAnswer, step: PersonStep, *, plan: Plan, barred: frozenset[str]) -> Iterator[str]:
    said = given.statement
    if (said.run_id, said.plan_sha256, said.step) != (plan.run_id, plan.digest, step.id):
        yield "it answers another question: of another run, plan or step"
    if said.role not in step.question.roles:
        yield f"the role {said.role} may not answer this step: {', '.join(step.question.roles)} may"
    asks = {PersonDecision.GRANTED, PersonDecision.REFUSED} if isinstance(step, ApprovalStep) else _of_tasks()
    if said.decision not in asks:
        yield f"{said.decision} is no answer to this step: {' or '.join(sorted(asks))}"
    elif not said.reason.strip() and (said.decision is not PersonDecision.DONE or _is_debrief(step)):
        yield "a reason is asked for"
    elif said.decision in _YES:
        yield from _value_faults(said.values, asked=step.question.values)
    yield from _identity_faults(given, step, plan=plan, barred=barred)


def _is_debrief(step: PersonStep) -> bool:
    return step.question.marks is Mark.DEBRIEF


def _of_tasks() -> set[PersonDecision]:
    return {PersonDecision.DONE, PersonDecision.NOT_DONE}


def _value_faults(values: Values, *, asked: dict[str, ValueAsked]) -> Iterator[str]:
    for name in sorted(values.keys() - asked.keys()):
        yield f"no value {name} is asked for"
    for name, wanted in asked.items():
        if name not in values:
            yield f"the value {name} is asked for"
        elif wanted.options and values[name] not in wanted.options:
            yield f"{name} is one of {', '.join(wanted.options)}"
        elif not wanted.options and (not isinstance(values[name], int) or isinstance(values[name], bool)):
            yield f"{name} is a whole number"


def _identity_faults(given: GivenAnswer, step: PersonStep, *, plan: Plan, barred: frozenset[str]) -> Iterator[str]:
    said, person = given.statement, plan.person(given.statement.person)
    if given.signature is not None:
        yield from _signature_faults(given.signature, said, person=person)
    elif step.question.identified:
        yield "this step asks for a signature with the person's own key"
    names = person.names if person is not None else frozenset({said.person.casefold()})
    if step.question.not_by is not None and names & {name.casefold() for name in barred}:
        yield "whoever asked for the run, or ran it, may not answer this step"


def _signature_faults(signature: str, said: AnswerStatement, *, person: PinnedPerson | None) -> Iterator[str]:
    if person is None:
        yield f"the plan knows nobody called {said.person}"
        return
    if said.role not in person.roles:
        yield f"{person.id} does not have the role {said.role}"
    if not has_signed(GivenAnswer(statement=said, signature=signature), person=person):
        yield f"it is not signed with a key of {person.id}, or not for this answer"
