"""How each step of the plan ended and what each check saw, decided over the plan: what never ran is unknown."""

from orchestrator.core.answers import given_in, person_outcome, refusal
from orchestrator.core.events import (
    PersonAnswered,
    PersonAsked,
    PlaybookFinished,
    RunStarted,
    StepFinished,
    StepStarted,
)
from orchestrator.core.expect import Decision, decide_step, describe
from orchestrator.core.history import History
from orchestrator.core.model import Outcome
from orchestrator.core.plan import Plan
from orchestrator.core.playbook import playbook_outcome
from orchestrator.core.results import CheckResult, StepResult
from orchestrator.core.step_definition import PersonStep, PlaybookStep, ProbeStep, Step

NEVER_RAN: Decision = (Outcome.UNKNOWN, "never ran")


def step_results(plan: Plan, history: History) -> tuple[StepResult, ...]:
    """Every step of the plan, in its order, with its outcome over all attempts."""
    return tuple(_step_result(step, plan=plan, history=history) for step in plan.drill.steps)


def check_results(plan: Plan, history: History) -> tuple[CheckResult, ...]:
    """Every check of phase verify, with what its self-test proved."""
    return tuple(_check_result(check, plan=plan, history=history) for check in plan.drill.checks())


def _step_result(step: Step, *, plan: Plan, history: History) -> StepResult:
    started = [line for line in history.of_step(StepStarted, step.id) if not line.event.self_test]
    finished = [line for line in history.of_step(StepFinished, step.id) if not line.event.self_test]
    # After an interruption a cleanup step runs again: what counts is whether its last start has an end.
    # An end without a start is no end: nobody wrote down that the step was begun (a cleanup on a full disk does that).
    ended = bool(started and finished) and finished[-1].seq > started[-1].seq
    outcome, reason = _outcome(step, plan=plan, history=history) if ended else _unfinished(bool(started))
    return StepResult(
        step=step.id,
        phase=step.phase,
        outcome=outcome,
        attempts=len(started),
        reason=reason,
        started_us=started[0].mono_us if started else None,
        finished_us=finished[-1].mono_us if ended else None,
        lines=tuple(sorted([line.seq for line in started] + [line.seq for line in finished])),
    )


def _unfinished(started: bool) -> Decision:
    return (Outcome.UNKNOWN, "started, and nobody knows how it ended") if started else NEVER_RAN


def _outcome(step: Step, *, plan: Plan, history: History) -> Decision:
    """Decided again from the observation, and never better than what the engine wrote down."""
    finished = (line.event for line in history.of_step(StepFinished, step.id))
    written = [event for event in finished if not event.self_test][-1]
    if written.outcome is not Outcome.OK:
        return written.outcome, written.reason
    if isinstance(step, PersonStep):
        return _person(step, plan=plan, history=history)
    return _playbook(step, history=history) if isinstance(step, PlaybookStep) else _probe(step, history=history)


def _person(step: PersonStep, *, plan: Plan, history: History) -> Decision:
    """The answer is judged again, its signature included: what the engine took counts only if it may be taken."""
    asked, answered = history.of_step(PersonAsked, step.id), history.of_step(PersonAnswered, step.id)
    if not asked or not answered or answered[-1].seq < asked[-1].seq:
        return NEVER_RAN
    event, requester = answered[-1].event, next(history.of(RunStarted), None)
    barred = frozenset(asked[-1].event.barred) | ({requester.event.requester} if requester else frozenset())
    if event.found_us > asked[-1].event.until_us:
        return Outcome.UNKNOWN, "answered after its time limit"
    fault = refusal(given_in(event, plan=plan), step, plan=plan, barred=barred)
    return (Outcome.UNKNOWN, fault) if fault else person_outcome(step, event.decision, event.values)


def _playbook(step: PlaybookStep, *, history: History) -> Decision:
    finished = [line.event for line in history.of_step(PlaybookFinished, step.id)]
    return playbook_outcome(finished[-1]) if finished else NEVER_RAN


def _probe(step: ProbeStep, *, history: History, self_test: bool = False) -> Decision:
    line = history.answer(step.id, self_test=self_test)
    if line is None:
        return NEVER_RAN
    reference = history.values(step.expect.same_as) if step.expect else None
    return decide_step(step, line.event, reference=reference)


def _check_result(check: ProbeStep, *, plan: Plan, history: History) -> CheckResult:
    result = _step_result(check, plan=plan, history=history)
    tested, reason = _probe(check, history=history, self_test=True)
    answer, trial = history.answer(check.id), history.answer(check.id, self_test=True)
    reference = history.values(check.expect.same_as) if check.expect else None
    return CheckResult(
        check=check.id,
        severity=check.severity,
        outcome=result.outcome,
        reason=result.reason,
        observed=answer.event.values if answer else {},
        expected=describe(check.expect, reference=reference) if check.expect else {},
        can_fail={Outcome.FAILED: True, Outcome.OK: False, Outcome.UNKNOWN: None}[tested],
        self_test_reason=reason,
        lines=tuple(line.seq for line in (trial, answer) if line),
    )
