"""What was done and found, in words: steps, checks with their proof, findings, answers of the guard. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.events import GuardCheck, GuardObserved, Values
from orchestrator.core.model import Outcome, Phase, Scalar
from orchestrator.core.results import CheckResult, Finding, StepResult
from reports.page.figures import join_lines
from reports.page.speech import Speech

MOST_VALUES = 20
"""Values of one check that are printed; the others are counted, and are in evidence.json."""
LONGEST_VALUE = 24
"""Characters of an observed value that a table cell shows; the whole of it is in evidence.json."""


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


def step_row(speech: Speech, step: StepResult) -> StepRow:
    """One step as it went."""
    ran = step.started_us is not None and step.finished_us is not None
    tally = next((tasks for tasks in speech.evidence.tasks if tasks.step == step.step), None)
    tried = speech.words("steps.attempts", count=step.attempts) if step.attempts > 1 else ""
    note = " · ".join(part for part in (speech.words.reason(step.reason), tried) if part)
    return StepRow(
        id=step.step,
        title=speech.step_title(step.step),
        phase=step.phase,
        phase_words=speech.words(f"phase.{step.phase}"),
        outcome=step.outcome,
        outcome_words=speech.words(f"outcome.{step.outcome}"),
        duration=speech.write.at_most((step.finished_us or 0) - (step.started_us or 0)) if ran else "—",
        tasks=speech.words("steps.tally", tasks=tally.tasks, changed=tally.changed) if tally else "",
        note=note,
    )


def check_row(speech: Speech, check: CheckResult) -> CheckRow:
    """One check: what it wanted and saw, and whether it was proved able to fail."""
    compared = tuple(_comparisons(check.expected, check.observed))
    shown = compared[:MOST_VALUES]
    proof = {True: "proved", False: "cannot-fail", None: "missing"}[check.can_fail]
    return CheckRow(
        id=check.check,
        title=speech.step_title(check.check),
        severity_words=speech.words(f"severity.{check.severity}"),
        outcome=check.outcome,
        outcome_words=speech.words(f"outcome.{check.outcome}"),
        reason=speech.words.reason(check.reason),
        values=shown,
        left_out=len(compared) - len(shown),
        proof=proof,
        proof_words=speech.words(f"proof.{proof}", reason=speech.words.reason(check.self_test_reason)),
    )


def finding_row(speech: Speech, finding: Finding) -> FindingRow:
    """One finding, with the lines of the journal that show it."""
    subject = _subject(speech, finding)
    return FindingRow(
        weight=finding.weight,
        weight_words=speech.words(f"weight.{finding.weight}"),
        sentence=speech.words(f"finding.{finding.code}", subject=subject),
        detail=speech.words.reason(finding.detail),
        lines=join_lines(finding.lines),
    )


def _subject(speech: Speech, finding: Finding) -> str:
    if any(step.id == finding.subject for step in speech.evidence.plan.drill.steps):
        return speech.step_title(finding.subject)
    if any(watch.component is not None and watch.id == finding.subject for watch in speech.evidence.plan.drill.watch):
        return speech.component(finding.subject)
    return speech.words.reason(finding.subject)


def guard_rows(speech: Speech) -> Iterator[GuardRow]:
    """What the guard asked of each host and connection."""
    observed = [seen.event for seen in speech.evidence.guard]
    for subject in dict.fromkeys(event.subject for event in observed):
        own = {event.check: event for event in observed if event.subject == subject}
        host = any(subject == known.name for known in speech.evidence.plan.hosts)
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


def _comparisons(expected: Values, observed: Values) -> Iterator[Comparison]:
    for name in dict.fromkeys((*expected, *observed)):
        wanted = _shown(expected[name]) if name in expected else ""
        yield Comparison(name=name, expected=wanted, observed=_shown(observed[name]) if name in observed else "—")


def _shown(value: Scalar) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
