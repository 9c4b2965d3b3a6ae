"""What people were asked and answered, in words: when, who in which role, what, why, and how that is known. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.core.asking import Mark
from orchestrator.core.events import PersonAnswered, PersonAsked
from orchestrator.core.model import Interval, Outcome, Phase, Scalar
from orchestrator.core.results import Instant, StepResult
from orchestrator.core.ssh_signature import fingerprint, signing_key
from orchestrator.core.step_definition import ApprovalStep, PersonStep
from reports.evidence import Observed
from reports.page.figures import Card, join_lines
from reports.page.speech import Speech

Answered = Observed[PersonAnswered]
SHOWN_OF_A_KEY = 19
"""Characters of a fingerprint that the table has room for; the whole key is in plan.json."""
LATE = 2**63
"""Sorts what was never answered behind everything that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One question and what became of it."""

    at_us: int
    clock: str
    since: str
    roles: str
    person: str
    title: str
    ask: str
    decision: str
    outcome: Outcome
    values: tuple[str, ...]
    reason: str
    proof: str
    lines: str


def person_rows(speech: Speech) -> tuple[PersonRow, ...]:
    """Every task and approval, in the order of the answers; those that nobody answered at the end."""
    results = {result.step: result for result in speech.evidence.measurements.steps}
    steps = speech.evidence.plan.drill.people_steps()
    rows = [_row(speech, step, results[step.id], answered_of(speech, step.id)) for step in steps]
    return tuple(sorted(rows, key=lambda row: row.at_us))


def answered_of(speech: Speech, step: str) -> Answered | None:
    """The answer that a step has, if it has one."""
    found = [seen for seen in speech.evidence.answers if seen.event.step == step]
    return found[-1] if found else None


def debrief(speech: Speech) -> Iterator[str]:
    """What was written at once after the exercise, where it has such a step."""
    step = speech.evidence.plan.drill.marked(Mark.DEBRIEF)
    answered = answered_of(speech, step.id) if step else None
    if step is not None and answered is not None:
        yield answered.event.reason
        yield from _values(speech, step, answered.event)


def decisions(speech: Speech) -> Iterator[str]:
    """Each decision that was taken, in one line."""
    for row, step in _by_step(speech):
        if isinstance(step, ApprovalStep) and row.lines and row.decision:
            said = speech.words("people.decision", title=row.title, decision=row.decision, who=row.roles, at=row.clock)
            yield f"{said}{speech.words('people.because', reason=row.reason) if row.reason else ''}"


def prior_approval(speech: Speech) -> str | None:
    """The approval that was given before anything began, where the drill has such a step."""
    found = [
        speech.words("people.decision", title=row.title, decision=row.decision, who=row.roles, at=row.clock)
        for row, step in _by_step(speech)
        if isinstance(step, ApprovalStep) and step.phase is Phase.PREPARE and row.outcome is Outcome.OK
    ]
    return speech.write.semicolon.join(found) or None


def players(speech: Speech) -> Iterator[str]:
    """Each role of the drill, with whoever answered in it."""
    drill = speech.evidence.plan.drill
    for role in dict.fromkeys(role for step in drill.people_steps() for role in step.question.roles):
        people = {seen.event.person for seen in speech.evidence.answers if seen.event.role == role}
        called = speech.title(drill.roles.get(role)) or role
        named = ", ".join(sorted(people)) or speech.words("people.nobody")
        yield speech.words("labelled", label=called, value=named)


def people_cards(speech: Speech) -> tuple[Card, Card]:
    """How many of those who were to answer did as was hoped, and how many decisions are signed."""
    steps = speech.evidence.plan.drill.people_steps()
    good = {r.step for r in speech.evidence.measurements.steps if r.outcome is Outcome.OK}
    approvals = [step for step in steps if isinstance(step, ApprovalStep)]
    answers = [answered_of(speech, step.id) for step in approvals]
    signed = sum(answer is not None and answer.event.signature is not None for answer in answers)
    return (
        _count(speech, "answers", len(good & {step.id for step in steps}), of=len(steps)),
        _count(speech, "signed", signed, of=len(approvals)),
    )


def _count(speech: Speech, name: str, count: int, *, of: int) -> Card:
    return Card(
        label=speech.words(f"card.{name}"),
        value=speech.write.count(count),
        bounds=speech.words(f"card.of-{name}", count=speech.write.count(of)),
        basis="",
        objective="",
        status="none",
        status_words="",
        filled=0,
        tick=None,
    )


def _by_step(speech: Speech) -> Iterator[tuple[PersonRow, PersonStep]]:
    results = {result.step: result for result in speech.evidence.measurements.steps}
    for step in speech.evidence.plan.drill.people_steps():
        yield _row(speech, step, results[step.id], answered_of(speech, step.id)), step


def _row(speech: Speech, step: PersonStep, result: StepResult, answered: Answered | None) -> PersonRow:
    drill, event = speech.evidence.plan.drill, answered.event if answered else None
    roles = (event.role,) if event else step.question.roles
    titles = [drill.roles[role].within(speech.evidence.language) for role in roles if role in drill.roles]
    return PersonRow(
        at_us=event.found_us if event else LATE,
        clock=_clock(speech, event.found_us) if event else "—",
        since=_since(speech, event) if event else "",
        roles=", ".join(titles),
        person=event.person if event else "",
        title=speech.title(step.title) or step.id,
        ask=speech.title(step.question.ask) or "",
        decision=_decision(speech, step, event),
        outcome=result.outcome,
        values=tuple(_values(speech, step, event)) if event else (),
        reason=speech.spaced(event.reason) if event else "",
        proof=_proof(speech, event) if event else "",
        lines=join_lines((answered.line,)) if answered else _asked_line(speech, step.id),
    )


def _decision(speech: Speech, step: PersonStep, event: PersonAnswered | None) -> str:
    if event is not None:
        return speech.words(f"decision.{event.decision}")
    return speech.words("people.unanswered" if _asked(speech, step.id) else "people.unasked")


def _asked(speech: Speech, step: str) -> list[Observed[PersonAsked]]:
    return [seen for seen in speech.evidence.asked if seen.event.step == step]


def _asked_line(speech: Speech, step: str) -> str:
    return join_lines(tuple(seen.line for seen in _asked(speech, step)[-1:]))


def _clock(speech: Speech, at_us: int) -> str:
    began = speech.evidence.journal.started_at
    moment = began + timedelta(microseconds=at_us - speech.evidence.measurements.origin_us)
    return f"{moment:%H:%M:%S}"


def _since(speech: Speech, event: PersonAnswered) -> str:
    disaster = speech.evidence.measurements.instant(Instant.DISASTER)
    if disaster is None:
        return "—"
    at = Interval(lower=event.absent_us, upper=event.found_us)
    if at == disaster.at:
        return "T0"
    lasted = at - disaster.at
    if not lasted.upper:
        return speech.words("people.before")
    return speech.words("people.after", value=speech.write.at_most(lasted.upper))


def _values(speech: Speech, step: PersonStep, event: PersonAnswered) -> Iterator[str]:
    for name, value in event.values.items():
        asked = step.question.values.get(name)
        label = speech.title(asked.title) if asked else None
        option = asked.options.get(value) if asked and isinstance(value, str) else None
        shown = (speech.title(option) if option else None) or _plain(speech, value)
        yield speech.words("labelled", label=label or name, value=shown)


def _plain(speech: Speech, value: Scalar) -> str:
    return speech.write.count(value) if isinstance(value, int) else str(value)


def _proof(speech: Speech, event: PersonAnswered) -> str:
    if event.signature is None:
        return speech.words("people.stated")
    shown = fingerprint(signing_key(event.signature))[:SHOWN_OF_A_KEY]
    return speech.words("people.signed", fingerprint=f"{shown}…")
