"""The whole report of a run, as the template prints it: cover, timeline, then section by section. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.events import GuardCheck
from orchestrator.core.results import FindingCode, Quantity
from reports.evidence import Evidence
from reports.page.charts import Drawing, draw
from reports.page.course import (
    CheckRow,
    FindingRow,
    GuardRow,
    StepRow,
    check_row,
    finding_row,
    guard_rows,
    step_row,
)
from reports.page.fields import Group, build_groups
from reports.page.figures import (
    Card,
    InstantRow,
    MeasureRow,
    card,
    instant_rows,
    lost_commits_card,
    measure_row,
)
from reports.page.people import PersonRow, people_cards, person_rows
from reports.page.speech import Speech
from reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The whole report, in words."""

    title: str
    verdict: str
    """The verdict, or `refused` where the guard did not allow the drill."""
    sentence: str
    date: str
    started: str
    ended: str
    duration: str
    cards: tuple[Card, ...]
    drawing: Drawing
    instants: tuple[InstantRow, ...]
    measures: tuple[MeasureRow, ...]
    steps: tuple[StepRow, ...]
    checks: tuple[CheckRow, ...]
    findings: tuple[FindingRow, ...]
    guard_checks: tuple[GuardCheck, ...]
    guard: tuple[GuardRow, ...]
    groups: tuple[Group, ...]
    people: tuple[PersonRow, ...]
    refused_answers: tuple[str, ...]
    """Why answers did not count, each with its line."""
    register: str
    """Which entries of the register the run has."""


def build_view(evidence: Evidence, *, words: Words) -> View:
    """Put a whole evidence document in words."""
    speech, measurements = Speech(evidence, words), evidence.measurements
    verdict = _verdict(evidence)
    return View(
        title=evidence.plan.drill.title.within(evidence.language),
        verdict=verdict,
        sentence=words(f"sentence.{verdict}"),
        date=speech.write.day(evidence.journal.started_at),
        started=speech.write.moment(evidence.journal.started_at),
        ended=speech.write.moment(evidence.journal.ended_at),
        duration=speech.write.at_most(measurements.ended_us - measurements.origin_us),
        cards=tuple(_cards(speech)),
        drawing=draw(evidence.plan, measurements, language=evidence.language),
        instants=tuple(instant_rows(speech)),
        measures=tuple(measure_row(speech, measurement) for measurement in measurements.measurements),
        steps=tuple(step_row(speech, step) for step in measurements.steps),
        checks=tuple(check_row(speech, check) for check in measurements.checks),
        findings=tuple(finding_row(speech, finding) for finding in evidence.judgement.findings),
        guard_checks=tuple(GuardCheck),
        guard=tuple(guard_rows(speech)),
        groups=build_groups(evidence, words=words),
        people=person_rows(speech),
        refused_answers=tuple(
            words("people.refused", line=seen.line, why=words.reason(seen.event.why))
            for seen in evidence.refused_answers
        ),
        register=speech.register(),
    )


def _cards(speech: Speech) -> Iterator[Card]:
    """The figures of the first page: those that a drill of this kind can have, and no others."""
    drill = speech.evidence.plan.drill
    if drill.objectives.decision is not None:
        yield card(speech, Quantity.DECISION)
    if drill.needs_hosts:
        yield from (card(speech, Quantity.RTO), card(speech, Quantity.RPO), lost_commits_card(speech))
    else:
        yield from people_cards(speech)


def _verdict(evidence: Evidence) -> str:
    refused = any(finding.code is FindingCode.REFUSED_BY_GUARD for finding in evidence.judgement.findings)
    return "refused" if refused else evidence.judgement.verdict.value
