"""The message of an occasion, in French or in English: a subject and a short text, in the words of the report. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from orchestrator.core.answer_command import how_to_answer
from orchestrator.core.model import Language
from orchestrator.core.occasions import Message, OccasionName, ToldFigure
from orchestrator.core.plan import Plan
from orchestrator.core.results import Quantity
from orchestrator.core.step_definition import PersonStep
from reports.evidence import Evidence
from reports.page.course import finding_row
from reports.page.figures import card
from reports.page.speech import Speech, words_for
from reports.register.programme import Owed
from reports.telling.occasions import (
    DrillOwed,
    Occasion,
    PersonAwaited,
    RunBegins,
    RunEnded,
    RunUnsealed,
    SchedulerChanged,
    TestAsked,
    names_of,
    run_of,
    subject_of,
)
from reports.typography import Typography
from reports.words import Words, load_words

MOST_FINDINGS = 8
"""Findings that a message names one by one; the others are counted, and are in the report."""
KEPT_FOR = timedelta(hours=24)
"""How long a message that did not arrive is still worth sending."""


def build_message(occasion: Occasion, *, language: Language, project: str, now: datetime, message_id: str) -> Message:
    """What is told of an occasion.

    Args:
        occasion: What happened.
        language: Of the one who is told.
        project: Its name.
        now: In UTC.
        message_id: Of this message alone.
    """
    words, names = load_words(language), names_of(occasion)
    drill, system = subject_of(occasion)
    return Message(
        id=message_id,
        sent_at=now,
        expires_at=occasion.asked.until_at if isinstance(occasion, PersonAwaited) else now + KEPT_FOR,
        project=project,
        occasions=names,
        drill=drill,
        system=system,
        run_id=run_of(occasion),
        figures=tuple(_figures(occasion.evidence)) if isinstance(occasion, RunEnded) else (),
        subject=words("telling.subject", project=project, what=_what(occasion, words)),
        text="\n".join(_text(occasion, words)) + "\n",
    )


def _what(occasion: Occasion, words: Words) -> str:
    """What happened, then to which drill."""
    states = [words(f"telling.state.{name}") for name in names_of(occasion)]
    title = _title(occasion, words.language)
    system = subject_of(occasion)[1]
    state = words("telling.and").join(states)
    return words("telling.about", state=state, title=title, system=system) if title else state


def _title(occasion: Occasion, language: Language) -> str | None:
    match occasion:
        case RunEnded():
            return occasion.evidence.plan.drill.title.within(language)
        case RunBegins() | PersonAwaited() | RunUnsealed():
            return occasion.plan.drill.title.within(language)
        case _:
            return subject_of(occasion)[0]


def _text(occasion: Occasion, words: Words) -> Iterator[str]:
    match occasion:
        case RunBegins():
            yield from _run(occasion.plan, words)
            yield words("telling.begins" if occasion.plan.drill.needs_hosts else "telling.begins-people")
        case PersonAwaited():
            yield from _run(occasion.plan, words)
            yield from _question(occasion, words)
        case RunEnded():
            yield from _run(occasion.evidence.plan, words)
            yield from _ending(occasion, words)
        case RunUnsealed():
            yield from _run(occasion.plan, words)
            yield words("telling.unsealed", run=occasion.plan.run_id)
        case DrillOwed():
            yield from _owed(occasion.owed, words)
        case SchedulerChanged():
            yield from _scheduler(occasion, words)
        case TestAsked():
            yield words("telling.test")


def _run(plan: Plan, words: Words) -> Iterator[str]:
    drill = plan.drill
    yield words("telling.drill", title=drill.title.within(words.language), drill=drill.id)
    yield words("telling.system", system=drill.system)
    yield words("telling.run", run=plan.run_id)


def _question(occasion: PersonAwaited, words: Words) -> Iterator[str]:
    """What is asked, of whom, until when, and word for word how to answer."""
    asked, step = occasion.asked, occasion.plan.drill.step(occasion.asked.step)
    if isinstance(step, PersonStep):
        yield words("telling.question", question=step.question.ask.within(words.language))
    yield words("telling.roles", roles=", ".join(asked.roles))
    yield words("telling.until", moment=Typography(words).moment(asked.until_at))
    if isinstance(step, PersonStep):
        yield words("telling.answer-with")
        yield from (f"    {command}" for command in how_to_answer(occasion.plan, step))


def _ending(occasion: RunEnded, words: Words) -> Iterator[str]:
    """Verdict, figures against their objectives, findings: as the first page of the report says them."""
    evidence = occasion.evidence
    speech = _speech(evidence, words)
    verdict = names_of(occasion)[-1]
    yield words("telling.verdict", verdict=words(f"verdict.{verdict}"), sentence=words(f"sentence.{verdict}"))
    if evidence.judgement.cleanup_failed:
        yield words("telling.unclean")
    yield from (_figure(speech, quantity) for quantity in _quantities(evidence))
    yield from _findings(speech)
    yield words("telling.report", report=occasion.report)


def _speech(evidence: Evidence, words: Words) -> Speech:
    """The words of the report, in the language of the one who is told."""
    told = evidence.model_copy(update={"language": words.language})
    return Speech(told, words_for(told))


def _quantities(evidence: Evidence) -> Iterator[Quantity]:
    drill = evidence.plan.drill
    if drill.objectives.decision is not None:
        yield Quantity.DECISION
    if drill.needs_hosts:
        yield from (Quantity.RTO, Quantity.RPO)


def _figure(speech: Speech, quantity: Quantity) -> str:
    found = card(speech, quantity)
    return speech.words(
        "telling.figure",
        label=found.label,
        value=found.bounds,
        objective=found.objective,
        status=found.status_words,
    )


def _findings(speech: Speech) -> Iterator[str]:
    findings = speech.evidence.judgement.findings
    if findings:
        yield speech.words("telling.findings", count=len(findings))
    for finding in findings[:MOST_FINDINGS]:
        row = finding_row(speech, finding)
        said_already = row.detail.casefold() in row.sentence.casefold()
        yield f"- {row.sentence}" + ("" if said_already else f" ({row.detail})")
    if len(findings) > MOST_FINDINGS:
        yield speech.words("telling.more-findings", count=len(findings) - MOST_FINDINGS)


def _figures(evidence: Evidence) -> Iterator[ToldFigure]:
    """The same for a machine."""
    objectives = evidence.plan.drill.objectives
    if not evidence.plan.drill.needs_hosts:
        return
    for quantity, objective in ((Quantity.RTO, objectives.rto), (Quantity.RPO, objectives.rpo)):
        found = evidence.measurements.quantity(quantity)
        name = "rto" if quantity is Quantity.RTO else "rpo"
        value, met = (found.value, found.met) if found else (None, None)
        yield ToldFigure(quantity=name, value=value, objective=objective, met=met)


def _owed(owed: Owed, words: Words) -> Iterator[str]:
    write = Typography(words)
    yield words("telling.drill-alone", drill=owed.drill)
    yield words("telling.system", system=owed.system)
    yield words("telling.due", moment=write.moment(owed.due_at))
    if names_of(DrillOwed(owed=owed))[0] is OccasionName.OVERDUE:
        yield words("telling.may-begin", moment=write.moment(owed.last_at))
    else:
        yield words("telling.over", moment=write.moment(owed.last_at))
        if owed.missed_seq is not None:
            yield words("telling.entry", entry=owed.missed_seq)
    yield words("telling.do", drill=owed.drill)


def _scheduler(occasion: SchedulerChanged, words: Words) -> Iterator[str]:
    yield words(f"telling.{occasion.name}")
    if occasion.next_at is not None:
        yield words("telling.next", moment=Typography(words).moment(occasion.next_at))
    if occasion.running:
        yield words("telling.running", drills=", ".join(occasion.running))
