"""A question to people: written down, waited for, each answer judged before it counts. Holds only its own thread."""

from orchestrator.core.answers import NOBODY_ANSWERED, GivenAnswer, person_outcome, refusal
from orchestrator.core.events import AnswerRefused, PersonAnswered, PersonAsked
from orchestrator.core.expect import Decision
from orchestrator.core.model import Outcome
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Delivered
from orchestrator.core.step_definition import PersonStep
from orchestrator.engine.bench import Bench
from orchestrator.engine.time_limit import TimeLimit

ATTEMPT = 1
"""A person is asked once; who wants another answer runs the drill again."""


def ask_person(step: PersonStep, *, plan: Plan, bench: Bench, barred: tuple[str, ...], limit: TimeLimit) -> Decision:
    """Ask, and wait until somebody answers who may, or until the limit.

    Args:
        step: What is asked.
        plan: The sealed plan, with the people who may answer.
        bench: What is acted through.
        barred: Whom separation of duties keeps from answering, where the step asks for it.
        limit: The step's time within the run's.
    """
    kept_out = barred if step.question.not_by is not None else ()
    since_us = bench.people.open(step.id)
    bench.journal.append(_asked(step, barred=kept_out, limit=limit))
    while (found := bench.people.wait(step.id, since_us=since_us, stop=limit)) is not None:
        fault = _fault(found, step, plan=plan, barred=kept_out, limit=limit)
        if fault is None and found.given is not None:
            bench.journal.append(_answered(step, found.given, found))
            return person_outcome(step, found.given.statement.decision, found.given.statement.values)
        # In this order: whoever reads of the refusal finds room for another answer.
        bench.people.set_aside(step.id)
        bench.journal.append(AnswerRefused(step=step.id, attempt=ATTEMPT, why=(fault or "")[:300]))
        since_us = found.found_us
    return (step.question.at_limit, NOBODY_ANSWERED) if limit.is_over else (Outcome.UNKNOWN, limit.reason or "")


def _asked(step: PersonStep, *, barred: tuple[str, ...], limit: TimeLimit) -> PersonAsked:
    return PersonAsked(
        step=step.id,
        attempt=ATTEMPT,
        roles=step.question.roles,
        barred=barred,
        until_us=limit.deadline_us,
        until_at=limit.deadline_at,
    )


def _fault(found: Delivered, step: PersonStep, *, plan: Plan, barred: tuple[str, ...], limit: TimeLimit) -> str | None:
    if found.given is None:
        return found.fault
    if found.found_us > limit.deadline_us:
        return "it came after the time limit"
    return refusal(found.given, step, plan=plan, barred=frozenset(barred))


def _answered(step: PersonStep, given: GivenAnswer, found: Delivered) -> PersonAnswered:
    said = given.statement
    return PersonAnswered(
        step=step.id,
        attempt=ATTEMPT,
        person=said.person,
        role=said.role,
        decision=said.decision,
        values=said.values,
        reason=said.reason,
        answered_at=said.answered_at,
        signature=given.signature,
        absent_us=found.absent_us,
        found_us=found.found_us,
    )
