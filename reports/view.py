"""What the template prints, put in words: cover, instants, measurements, steps, checks, findings, guard. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.core.events import GuardCheck, GuardObserved, Values
from orchestrator.core.model import Interval, Outcome, Phase, Scalar
from orchestrator.core.results import (
    CheckResult,
    Finding,
    FindingCode,
    Instant,
    Measurement,
    Quantity,
    StepResult,
)
from reports.charts import Drawing, draw
from reports.evidence import Evidence
from reports.fields import Group, build_groups, state_register
from reports.typography import Typography
from reports.words import Words

MOST_VALUES = 20
"""Values of one check that are printed; the others are counted, and are in evidence.json."""
LONGEST_VALUE = 24
"""Characters of an observed value that a table cell shows; the whole of it is in evidence.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure of the first page, against its objective. Widths in percent of the bar."""

    label: str
    value: str
    bounds: str
    objective: str
    status: str
    status_words: str
    filled: float
    tick: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantRow:
    """One instant of the timeline, in words."""

    code: str
    name: str
    meaning: str
    since: str
    clock: str
    basis: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """One measurement, in words."""

    name: str
    meaning: str
    value: str
    objective: str
    status: str
    status_words: str
    basis: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step, in words."""

    id: str
    title: str
    phase: Phase
    phase_words: str
    outcome: Outcome
    outcome_words: str
    duration: str
    tasks: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One value that a check looked at. `wrong` only where it is not what was wanted is not decided here."""

    name: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check, in words."""

    id: str
    title: str
    severity_words: str
    outcome: Outcome
    outcome_words: str
    reason: str
    values: tuple[Comparison, ...]
    left_out: int
    proof: str
    proof_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding, in words."""

    weight: str
    weight_words: str
    sentence: str
    detail: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRow:
    """What was observed about one host, question by question."""

    subject: str
    answers: tuple[str, ...]
    """`ok`, `failed`, `not-applicable` (asked of hosts, or of connections, only), or empty where it was not asked."""
    details: tuple[str, ...]


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
    register: str
    """Which entries of the register the run has."""


def build_view(evidence: Evidence, *, words: Words) -> View:
    """Put a whole evidence document in words."""
    return _Writer(evidence, words).view()


@dataclass(frozen=True, slots=True)
class _Writer:
    evidence: Evidence
    words: Words

    @property
    def write(self) -> Typography:
        return Typography(self.words)

    def view(self) -> View:
        evidence, measurements = self.evidence, self.evidence.measurements
        verdict = self._verdict()
        return View(
            title=evidence.plan.drill.title.within(evidence.language),
            verdict=verdict,
            sentence=self.words(f"sentence.{verdict}"),
            date=self.write.day(evidence.journal.started_at),
            started=self.write.moment(evidence.journal.started_at),
            ended=self.write.moment(evidence.journal.ended_at),
            duration=self.write.at_most(measurements.ended_us - measurements.origin_us),
            cards=(self._card(Quantity.RTO), self._card(Quantity.RPO), self._commits()),
            drawing=draw(evidence.plan, measurements, language=evidence.language),
            instants=tuple(self._instants()),
            measures=tuple(self._measure(measurement) for measurement in measurements.measurements),
            steps=tuple(self._step(step) for step in measurements.steps),
            checks=tuple(self._check(check) for check in measurements.checks),
            findings=tuple(self._finding(finding) for finding in evidence.judgement.findings),
            guard_checks=tuple(GuardCheck),
            guard=tuple(self._guard()),
            groups=build_groups(evidence, words=self.words),
            register=state_register(evidence, words=self.words),
        )

    def _verdict(self) -> str:
        refused = any(finding.code is FindingCode.REFUSED_BY_GUARD for finding in self.evidence.judgement.findings)
        return "refused" if refused else self.evidence.judgement.verdict.value

    def _card(self, quantity: Quantity) -> Card:
        found, objective = self.evidence.measurements.quantity(quantity), self._objective(quantity)
        status = self._status(found, objective=objective)
        filled, tick = _proportions(found, objective)
        return Card(
            label=self.words(f"card.{quantity}"),
            value=self._worst(found),
            bounds=self._bounds(found),
            objective=self.write.exactly(objective) if objective is not None else self.words("not-given"),
            status=status,
            status_words=self.words(f"met.{status}"),
            filled=filled,
            tick=tick,
        )

    def _objective(self, quantity: Quantity) -> int | None:
        objectives = self.evidence.plan.drill.objectives
        return objectives.rto if quantity is Quantity.RTO else objectives.rpo

    def _status(self, found: Measurement | None, *, objective: int | None) -> str:
        if objective is None:
            return "none"
        if found is None or found.met is None:
            return "unknown"
        return "met" if found.met else "missed"

    def _worst(self, found: Measurement | None) -> str:
        if found is None:
            return "—"
        return self.write.at_most(found.value.upper) if found.value.upper is not None else self.words("unbounded")

    def _bounds(self, found: Measurement | None) -> str:
        return self.write.interval(found.value, unit=found.unit) if found else self.words("not-measured")

    def _commits(self) -> Card:
        """Losses are counted, and have no objective of their own: the RPO is theirs."""
        lost = self.evidence.measurements.quantity(Quantity.LOST_COMMITS)
        canary = self.evidence.canary
        sent = self.words("card.of-acknowledged", count=self.write.count(canary.acknowledged)) if canary else ""
        return Card(
            label=self.words("card.lost-commits"),
            value=self.write.count(lost.value.lower) if lost else "—",
            bounds=sent if lost else self.words("not-measured"),
            objective="",
            status="none",
            status_words="",
            filled=0,
            tick=None,
        )

    def _instants(self) -> Iterator[InstantRow]:
        measurements = self.evidence.measurements
        disaster = measurements.instant(Instant.DISASTER)
        for instant in Instant:
            point = measurements.instant(instant)
            yield InstantRow(
                code=instant.upper(),
                name=self.words(f"instant.{instant}"),
                meaning=self.words(f"instant-meaning.{instant}"),
                since=self._since(point.at, disaster.at) if point and disaster else "—",
                clock=self._clock(point.at) if point else "—",
                basis=self.words(f"basis.{point.basis}") if point else self.words("not-reached"),
                lines=_lines(point.lines) if point else "",
            )

    def _since(self, at: Interval, disaster: Interval) -> str:
        return self.write.interval(at - disaster, unit="us") if at != disaster else f"0{chr(160)}s"

    def _clock(self, at: Interval) -> str:
        origin = self.evidence.journal.started_at
        moment = origin + timedelta(microseconds=at.lower - self.evidence.measurements.origin_us)
        spread = "" if at.upper is None or at.upper == at.lower else f" + {self.write.at_most(at.upper - at.lower)}"
        return f"{self.write.time_of_day(moment)}{spread}"

    def _measure(self, found: Measurement) -> MeasureRow:
        status = self._status(found, objective=found.objective)
        return MeasureRow(
            name=self.words(f"quantity.{found.quantity}"),
            meaning=self.words(f"quantity-meaning.{found.quantity}"),
            value=self.write.interval(found.value, unit=found.unit),
            objective=self._wanted(found),
            status=status,
            status_words=self.words(f"met.{status}"),
            basis=self.words(f"basis.{found.basis}"),
            lines=_lines(found.lines),
        )

    def _wanted(self, found: Measurement) -> str:
        if found.objective is None:
            return "—"
        return self.write.exactly(found.objective) if found.unit == "us" else self.write.count(found.objective)

    def _step(self, step: StepResult) -> StepRow:
        ran = step.started_us is not None and step.finished_us is not None
        tally = next((tasks for tasks in self.evidence.tasks if tasks.step == step.step), None)
        tried = self.words("steps.attempts", count=step.attempts) if step.attempts > 1 else ""
        note = " · ".join(part for part in (self.words.reason(step.reason), tried) if part)
        return StepRow(
            id=step.step,
            title=self._title(step.step),
            phase=step.phase,
            phase_words=self.words(f"phase.{step.phase}"),
            outcome=step.outcome,
            outcome_words=self.words(f"outcome.{step.outcome}"),
            duration=self.write.at_most((step.finished_us or 0) - (step.started_us or 0)) if ran else "—",
            tasks=self.words("steps.tally", tasks=tally.tasks, changed=tally.changed) if tally else "",
            note=note,
        )

    def _title(self, step: str) -> str:
        title = self.evidence.plan.drill.step(step).title
        return title.within(self.evidence.language) if title else step

    def _check(self, check: CheckResult) -> CheckRow:
        compared = tuple(_comparisons(check.expected, check.observed))
        shown = compared[:MOST_VALUES]
        proof = {True: "proved", False: "cannot-fail", None: "missing"}[check.can_fail]
        return CheckRow(
            id=check.check,
            title=self._title(check.check),
            severity_words=self.words(f"severity.{check.severity}"),
            outcome=check.outcome,
            outcome_words=self.words(f"outcome.{check.outcome}"),
            reason=self.words.reason(check.reason),
            values=shown,
            left_out=len(compared) - len(shown),
            proof=proof,
            proof_words=self.words(f"proof.{proof}", reason=self.words.reason(check.self_test_reason)),
        )

    def _finding(self, finding: Finding) -> FindingRow:
        subject = self._subject(finding)
        return FindingRow(
            weight=finding.weight,
            weight_words=self.words(f"weight.{finding.weight}"),
            sentence=self.words(f"finding.{finding.code}", subject=subject),
            detail=self.words.reason(finding.detail),
            lines=_lines(finding.lines),
        )

    def _subject(self, finding: Finding) -> str:
        if any(step.id == finding.subject for step in self.evidence.plan.drill.steps):
            return self._title(finding.subject)
        return self.words.reason(finding.subject)

    def _guard(self) -> Iterator[GuardRow]:
        observed = [seen.event for seen in self.evidence.guard]
        for subject in dict.fromkeys(event.subject for event in observed):
            own = {event.check: event for event in observed if event.subject == subject}
            host = any(subject == known.name for known in self.evidence.plan.hosts)
            answers = tuple(_answer(own.get(check), applies=_applies(check, host=host)) for check in GuardCheck)
            details = tuple(event.detail for event in own.values() if event.detail and not event.ok)
            yield GuardRow(subject=subject, answers=answers, details=details)


def _answer(seen: GuardObserved | None, *, applies: bool) -> str:
    if seen is not None:
        return "ok" if seen.ok else "failed"
    return "" if applies else "not-applicable"


def _applies(check: GuardCheck, *, host: bool) -> bool:
    """One question is asked of connections, all the others of hosts."""
    return (check is GuardCheck.ENDPOINT_IS_STAGING) is not host


def _proportions(found: Measurement | None, objective: int | None) -> tuple[float, float | None]:
    """The bar is as long as the objective, or as the value where it is longer; then a tick shows the objective."""
    value = found.value.upper if found else None
    if value is None or objective is None:
        return 0, None
    longest = max(value, objective, 1)
    return round(max(0.8, 100 * value / longest), 1), round(100 * objective / longest, 1)


def _comparisons(expected: Values, observed: Values) -> Iterator[Comparison]:
    for name in dict.fromkeys((*expected, *observed)):
        wanted = _shown(expected[name]) if name in expected else ""
        yield Comparison(name=name, expected=wanted, observed=_shown(observed[name]) if name in observed else "—")


def _shown(value: Scalar) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _lines(lines: tuple[int, ...]) -> str:
    return ", ".join(str(line) for line in lines)
