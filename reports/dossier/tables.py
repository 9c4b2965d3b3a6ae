"""The rows of what was planned, covered, left untested and reported, in words. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from reports.dossier.coverage import Cell, CellState, Indicator, Untested
from reports.dossier.lines import RunLine, Standing
from reports.dossier.picture import Pictured
from reports.dossier.programme import Fate, Occurrence
from reports.dossier.runs import DossierRun, Figure
from reports.dossier.speech import Speech
from reports.typography import PARIS

FATE_TAGS = {
    Fate.ON_TIME: "ok",
    Fate.LATE: "gap",
    Fate.FAILED: "failed",
    Fate.UNPROVED: "unknown",
    Fate.OPEN: "failed",
    Fate.MISSED: "failed",
    Fate.WAIVED: "aborted",
    Fate.TO_COME: "plain",
}
_PROOF_TAGS = {Standing.PROVED: "ok", Standing.REMOVED: "plain"}
_CELL_TAGS = {
    CellState.TESTED: "ok",
    CellState.TRIED: "unknown",
    CellState.WAIVED: "aborted",
    CellState.MISSED: "failed",
    CellState.EMPTY: "hole",
    CellState.TO_COME: "plain",
}
_DIGEST_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One planned drill and what became of it."""

    due: str
    title: str
    system: str
    tag: str
    fate: str
    report: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A figure at its unfavourable end, and the objective that it is held against."""

    value: str
    objective: str
    missed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run, on one line."""

    number: int
    date: str
    title: str
    system: str
    run_id: str
    tag: str
    ending: str
    rto: FigureView
    rpo: FigureView
    proof_tag: str
    proof: str
    faults: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRow:
    """One waiver."""

    title: str
    system: str
    by: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell of the matrix."""

    tag: str
    words: str
    times: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageGroup:
    """The systems of one perimeter."""

    perimeter: str
    rows: tuple[tuple[str, tuple[CellView, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """The indicator over one span of twelve months."""

    line: str
    met: bool
    words: str
    untested: str
    short: bool


def planned_rows(speech: Speech[Pictured]) -> Iterator[PlannedRow]:
    """Every planned drill, by its date."""
    for one in speech.dossier.programme.occurrences:
        yield PlannedRow(
            due=speech.short_date(one.due_at),
            title=speech.drill(one.drill),
            system=speech.system(one.system),
            tag=FATE_TAGS[one.fate],
            fate=speech.say(f"fate.{one.fate}"),
            report=speech.report(one.run_id),
            note=" · ".join(occurrence_notes(one, speech)),
        )


def run_rows(speech: Speech[Pictured], runs: Sequence[RunLine]) -> Iterator[RunRow]:
    """Every run, by its number."""
    for run in runs:
        tag, ending = speech.ending(run)
        facts = run.facts
        yield RunRow(
            number=run.number,
            date=speech.short_date(run.started_at),
            title=speech.drill(run.drill),
            system=speech.system(run.system),
            run_id=run.run_id,
            tag=tag,
            ending=ending,
            rto=figure_view(speech, facts.rto if facts else None, facts.rto_objective if facts else None),
            rpo=figure_view(speech, facts.rpo if facts else None, facts.rpo_objective if facts else None),
            proof_tag=_PROOF_TAGS.get(run.standing, "failed"),
            proof=_proof(speech, run),
            faults=faults(speech, run.report) if run.report else "",
            digest=_digest(run.report),
        )


def _proof(speech: Speech[Pictured], run: RunLine) -> str:
    if run.removed is None or run.standing is not Standing.REMOVED:
        return speech.say(f"standing.{run.standing}")
    date, line = speech.short_date(run.removed.at), speech.write.count(run.removed.line)
    return speech.say("standing.removed", date=date, rule=run.removed.rule, line=line)


def faults(speech: Speech[Pictured], run: DossierRun) -> str:
    """What is wrong with a bundle, in words; each question once, with the first file that it is wrong for."""
    first = {fault.check: fault.subject for fault in reversed(run.faults)}
    return ", ".join(
        speech.say(
            "reports.fault" if first[check] == run.run_id else "reports.faults",
            check=speech.words(f"verification.{check}"),
            subject=first[check],
        )
        for check in sorted(first)
    )


def waiver_rows(speech: Speech[Pictured]) -> Iterator[WaiverRow]:
    """Every waiver that was in force."""
    for waiver in speech.dossier.programme.waivers:
        yield WaiverRow(
            title=speech.drill(waiver.drill),
            system=speech.system(waiver.system),
            by=waiver.waived_by,
            reason=waiver.reason,
            until=speech.short_date(waiver.until),
        )


def coverage_groups(speech: Speech[Pictured]) -> Iterator[CoverageGroup]:
    """The matrix, perimeter by perimeter."""
    rows = speech.dossier.coverage.rows
    for perimeter in dict.fromkeys(row.perimeter for row in rows):
        own = (row for row in rows if row.perimeter == perimeter)
        cells = ((speech.system(row.system), tuple(_cells(speech, row.cells))) for row in own)
        yield CoverageGroup(perimeter=speech.perimeters([perimeter]), rows=tuple(cells))


def indicator_rows(speech: Speech[Pictured]) -> Iterator[IndicatorRow]:
    """The indicator, the latest span first."""
    for indicator in speech.dossier.coverage.indicators:
        span = _span(speech, indicator)
        values = {"period": span, "tested": indicator.tested, "systems": indicator.systems}
        untested = ", ".join(speech.system(one.system) for one in indicator.untested)
        yield IndicatorRow(
            line=speech.say("coverage.kpi-span", **values),
            met=indicator.met,
            words=speech.say("coverage.kpi-met" if indicator.met else "coverage.kpi-missed"),
            untested=speech.say("coverage.kpi-untested", systems=untested) if untested else "",
            short=not indicator.span.whole,
        )


def untested_lines(speech: Speech[Pictured], untested: Sequence[Untested]) -> Iterator[tuple[str, str]]:
    """Each system that was not tested, and under which perimeters."""
    for one in untested:
        words = speech.say("untested.within", perimeters=speech.perimeters(one.perimeters))
        yield speech.system(one.system), words


def occurrence_notes(one: Occurrence, speech: Speech[Pictured]) -> Iterator[str]:
    """What is to be said of a planned drill beside its fate."""
    if len(one.attempts) > 1:
        numbers = speech.numbers([speech.names.numbers[name] for name in one.attempts])
        yield speech.say("programme.attempts", count=len(one.attempts), numbers=numbers)
    run = (
        next((run for run in speech.dossier.runs if run.run_id == one.run_id), None) if one.fate is Fate.LATE else None
    )
    if run is not None:
        days = -(-(run.started_at - one.due_at) // timedelta(days=1))
        yield speech.counted("programme.days-late", days)
    if one.fate is Fate.WAIVED and one.waiver:
        yield speech.say("programme.waived", by=one.waiver.waived_by, reason=one.waiver.reason)
    if one.fate is Fate.MISSED:
        reason = speech.say("programme.missed", reason=one.missed_reason)
        yield reason if one.missed_line is not None else speech.say("programme.missed-seen")
    elif one.missed_line is not None:
        yield speech.say("programme.missed-then", line=one.missed_line)


def figure_view(speech: Speech[Pictured], found: Figure | None, objective: int | None) -> FigureView:
    """Where there is an objective and nothing bounds the value, it is missed."""
    value = "—"
    if found is not None:
        upper = found.value.upper
        value = speech.write.at_most(upper) if upper is not None else speech.words("unbounded")
    return FigureView(
        value=value,
        objective=speech.write.exactly(objective) if objective is not None else "",
        missed=found is not None and objective is not None and found.met is not True,
    )


def _digest(run: DossierRun | None) -> str:
    digest = run.facts.report_sha256 if run and run.facts else None
    return digest[:_DIGEST_SHOWN] if digest else ""


def _cells(speech: Speech[Pictured], cells: Sequence[Cell]) -> Iterator[CellView]:
    for cell in cells:
        count = cell.counted or cell.others
        yield CellView(
            tag=_CELL_TAGS[cell.state],
            words=speech.say(f"coverage.state.{cell.state}"),
            times=speech.say("coverage.times", count=count) if count > 1 else "",
        )


def _span(speech: Speech[Pictured], indicator: Indicator) -> str:
    first = indicator.span.starts_at.astimezone(PARIS).date()
    last = (indicator.span.ends_at.astimezone(PARIS) - timedelta(hours=12)).date()
    return speech.period(first, last)
