"""What waits for people, and how an answer gets to it: judged here for whoever gives it, and again by the run."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.adapters.people.box import AnswerBox
from orchestrator.adapters.people.signing import public_key_of, sign
from orchestrator.app.choices import own_rules
from orchestrator.app.people import unfit_for_evidence
from orchestrator.app.runs import find_run, list_unsealed
from orchestrator.core.answers import AnswerStatement, GivenAnswer, given_in, refusal
from orchestrator.core.canonical import canonical
from orchestrator.core.events import (
    AnswerRefused,
    PersonAnswered,
    PersonAsked,
    PersonDecision,
    RunFinished,
    RunStarted,
    StepFinished,
    Values,
)
from orchestrator.core.history import History, Line
from orchestrator.core.model import Scalar
from orchestrator.core.plan import Plan
from orchestrator.core.step_definition import PersonStep
from orchestrator.errors import AnswerError, EvidenceError, UsageError
from orchestrator.locks import is_held
from orchestrator.project import Project
from orchestrator.store import RunDirectory

TAKEN_WITHIN_S = 10
"""How long an answer is watched until the run has taken it. It is delivered all the same."""
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A question that waits for somebody."""

    plan: Plan
    step: PersonStep
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says. `key`: the file of the person's own key; with none, `person` is only stated."""

    decision: PersonDecision
    role: str
    reason: str
    values: Mapping[str, str]
    key: Path | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of an answer. `line`: of the journal; None where the run has not taken it yet."""

    answer: GivenAnswer
    line: int | None


def run_lock(run_id: str) -> str:
    """The lock that a run which asks people holds for as long as it lives."""
    return f"run.{run_id}"


def is_under_way(project: Project, run_id: str, *, targets: Iterable[str]) -> bool:
    """Whether somebody carries a run out now: its own lock is held, or that of one of its targets."""
    return any(is_held(name, directory=project.locks) for name in (run_lock(run_id), *targets))


def list_waiting(project: Project) -> tuple[Waiting, ...]:
    """Every question of a run that lives and waits, oldest first."""
    return tuple(waiting for summary in list_unsealed(project) for waiting in _of_run(project, summary.directory))


def give_answer(project: Project, run: str, step: str, said: Said, *, now: datetime) -> Given:
    """Sign an answer where there is a key, check it as the run will, deliver it, and see it taken.

    Args:
        project: Whose run it is.
        run: A unique part of its name, or `latest`.
        step: The step that asks.
        said: What is said.
        now: The wall clock.

    Raises:
        UsageError: There is no such run or step, or a value is not of the kind that is asked for.
        AnswerError: Nothing waits for this answer, or it would not count. Nothing was delivered, or it did not count.
    """
    directory = find_run(project, run)
    waiting = _waiting_for(project, directory, step)
    given = _signed(waiting, said, now=now)
    history = _history(directory, waiting.plan)
    fault = refusal(given, waiting.step, plan=waiting.plan, barred=_barred(history, waiting.step))
    fault = fault or unfit_for_evidence(given, own=own_rules(project))
    if fault:
        raise AnswerError(f"{step}: {fault}", hint="nothing was delivered; the step still waits")
    seen = history.entries[-1].seq
    AnswerBox(project.answers(waiting.plan.run_id)).put(step, canonical(given))
    return Given(answer=given, line=_taken(directory, waiting, given, since=seen))


def _of_run(project: Project, directory: RunDirectory) -> Iterator[Waiting]:
    try:
        plan = directory.read_plan()
        history = _history(directory, plan)
    except EvidenceError:
        return  # What is no run any more waits for nobody; `reprise recover` says what is wrong with it.
    open_steps = [step for step in plan.drill.people_steps() if _is_open(history, step.id)]
    if not open_steps or not is_held(run_lock(plan.run_id), directory=project.locks):
        return
    for step in open_steps:
        asked = history.of_step(PersonAsked, step.id)[-1]
        yield Waiting(plan=plan, step=step, since=history.entries[asked.seq].at, until=asked.event.until_at)


def _waiting_for(project: Project, directory: RunDirectory, name: str) -> Waiting:
    found = next((one for one in _of_run(project, directory) if one.step.id == name), None)
    if found is not None:
        return found
    plan = directory.read_plan()
    known = [step.id for step in plan.drill.people_steps()]
    if name not in known:
        hint = f"there are {', '.join(known)}" if known else "none of its steps asks a person"
        raise UsageError(f"{plan.run_id}: no step that asks a person is called {name}", hint=hint)
    raise AnswerError(f"{name}: {_why_not(_history(directory, plan), name)}", hint="see `reprise waiting`")


def _why_not(history: History, step: str) -> str:
    if history.of_step(PersonAnswered, step):
        return "it was answered already; one answer counts"
    if history.last(RunFinished) is not None:
        return "the run is over"
    if not history.of_step(PersonAsked, step):
        return "it was not asked yet"
    if not _is_open(history, step):
        return "its time limit is over"
    return "the run was interrupted, and nothing waits any more"


def _is_open(history: History, step: str) -> bool:
    asked = history.of_step(PersonAsked, step)
    over: list[Line[PersonAnswered] | Line[StepFinished]] = [
        *history.of_step(PersonAnswered, step),
        *history.of_step(StepFinished, step),
    ]
    return bool(asked) and all(line.seq < asked[-1].seq for line in over)


def _history(directory: RunDirectory, plan: Plan) -> History:
    return History(directory.read_journal(plan)) if directory.journal.exists() else History(())


def _barred(history: History, step: PersonStep) -> frozenset[str]:
    asked = history.of_step(PersonAsked, step.id)[-1].event.barred
    return frozenset(asked) | {line.event.requester for line in history.of(RunStarted)}


def _signed(waiting: Waiting, said: Said, *, now: datetime) -> GivenAnswer:
    statement = AnswerStatement(
        run_id=waiting.plan.run_id,
        plan_sha256=waiting.plan.digest,
        step=waiting.step.id,
        person=_person(waiting.plan, said),
        role=said.role,
        decision=said.decision,
        values=_values(waiting.step, said.values),
        reason=said.reason,
        answered_at=now,
    )
    signature = sign(canonical(statement), key=said.key) if said.key is not None else None
    return GivenAnswer(statement=statement, signature=signature)


def _person(plan: Plan, said: Said) -> str:
    if said.key is None:
        return said.person or ""
    public = public_key_of(said.key)
    found = next((person.id for person in plan.people if public in person.keys), None)
    if found is None:
        hint = "people and keys are those of the time when the run was planned"
        raise AnswerError(f"{said.key}: the plan knows nobody with this key", hint=hint)
    return found


def _values(step: PersonStep, written: Mapping[str, str]) -> Values:
    return {name: _value(step, name, text) for name, text in written.items()}


def _value(step: PersonStep, name: str, text: str) -> Scalar:
    asked = step.question.values.get(name)
    if asked is None or asked.options:
        return text
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise UsageError(f"--value {name}={text}: it is a count", hint=f"write a whole number: {name}=12")
    return int(text)


def _taken(directory: RunDirectory, waiting: Waiting, given: GivenAnswer, *, since: int) -> int | None:
    """The line of the journal in which the run took the answer; None where it has not yet.

    Raises:
        AnswerError: The run did not take it: its time was over, or it does not count.
    """
    until = time.monotonic() + TAKEN_WITHIN_S
    step = waiting.step.id
    while time.monotonic() < until:
        history = _history(directory, waiting.plan)
        for line in history.of_step(PersonAnswered, step):
            if given_in(line.event, plan=waiting.plan) != given:
                raise AnswerError(f"{step}: somebody else's answer came first; one answer counts")
            return line.seq
        for refused in history.of_step(AnswerRefused, step):
            if refused.seq > since:
                raise AnswerError(f"{step}: the run refused it: {refused.event.why}")
        if not _is_open(history, step):
            raise AnswerError(f"{step}: it came too late; the run waits no more")
        time.sleep(_LOOK_S)
    return None
