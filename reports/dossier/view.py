"""The whole dossier in words, as the template prints it: first page, then section by section. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.dossier.aftermath import (
    MOST_STATEMENTS,
    ActionRow,
    FrameworkGroup,
    GapRow,
    ReviewRow,
    StatementRow,
    TrendView,
    action_rows,
    framework_groups,
    gap_rows,
    review_rows,
    statement_rows,
    trend_views,
)
from reports.dossier.document import Dossier
from reports.dossier.lines import Standing
from reports.dossier.programme import Fate
from reports.dossier.speech import Speech, speech_of
from reports.dossier.tables import (
    FATE_TAGS,
    CoverageGroup,
    IndicatorRow,
    PlannedRow,
    RunRow,
    WaiverRow,
    coverage_groups,
    faults,
    indicator_rows,
    planned_rows,
    run_rows,
    untested_lines,
    waiver_rows,
)
from reports.register.entries import ActionState
from reports.validity import state_validity
from reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CountView:
    """One figure of the first page. `tag`: how it is coloured, where it is not zero."""

    number: str
    words: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that the template prints."""

    title: str
    name: str
    period: str
    headline: str
    support: str
    counts: tuple[CountView, ...]
    alarms: tuple[str, ...]
    activities: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    planned: tuple[PlannedRow, ...]
    unplanned: tuple[RunRow, ...]
    open: tuple[RunRow, ...]
    waivers: tuple[WaiverRow, ...]
    quarters: tuple[str, ...]
    coverage: tuple[CoverageGroup, ...]
    indicators: tuple[IndicatorRow, ...]
    untested: tuple[tuple[str, str], ...]
    untested_perimeters: tuple[str, ...]
    outside: str
    untested_kinds: tuple[str, ...]
    uncounted: int
    runs: tuple[RunRow, ...]
    unreadable: tuple[tuple[str, str], ...]
    trends: tuple[TrendView, ...]
    gaps: tuple[GapRow, ...]
    actions: tuple[ActionRow, ...]
    reviews: tuple[ReviewRow, ...]
    statements: tuple[StatementRow, ...]
    statements_left: int
    frameworks: tuple[FrameworkGroup, ...]
    register: tuple[tuple[str, str], ...]


def build_view(dossier: Dossier, *, words: Words) -> View:
    """Put a dossier in words."""
    speech = speech_of(dossier, words=words)
    scope, coverage = dossier.scope, dossier.coverage
    period = speech.period(scope.period.first_day, scope.period.last_day)
    unplanned = set(dossier.programme.unplanned)
    return View(
        title=speech.say("title", period=period),
        name=speech.say("name", organisation=scope.organisation.name, period=period),
        period=period,
        headline=_headline(speech),
        support=_support(speech),
        counts=tuple(_counts(speech)),
        alarms=tuple(_alarms(speech)),
        activities=tuple(_activities(speech)),
        facts=tuple(_facts(speech, period=period)),
        planned=tuple(planned_rows(speech)),
        unplanned=tuple(run_rows(speech, [run for run in dossier.runs if run.run_id in unplanned])),
        open=tuple(run_rows(speech, [run for run in dossier.runs if run.standing is Standing.OPEN])),
        waivers=tuple(waiver_rows(speech)),
        quarters=tuple(speech.say("coverage.quarter", number=one.number, year=one.year) for one in coverage.quarters),
        coverage=tuple(coverage_groups(speech)),
        indicators=tuple(indicator_rows(speech)),
        untested=tuple(untested_lines(speech, coverage.untested_systems)),
        untested_perimeters=tuple(speech.perimeters([number]) for number in coverage.untested_perimeters),
        outside=_outside(speech),
        untested_kinds=tuple(speech.kind(kind) for kind in coverage.untested_kinds),
        uncounted=sum(run.in_period and not run.counts for run in dossier.runs),
        runs=tuple(run_rows(speech, dossier.runs)),
        unreadable=tuple((run.run_id, faults(speech, run)) for run in dossier.unreadable),
        trends=tuple(trend_views(speech)),
        gaps=tuple(gap_rows(speech)),
        actions=tuple(action_rows(speech)),
        reviews=tuple(review_rows(speech)) if dossier.follow_up.approvals else (),
        statements=tuple(statement_rows(speech)),
        statements_left=max(0, len(dossier.follow_up.statements) - MOST_STATEMENTS),
        frameworks=tuple(framework_groups(speech)),
        register=tuple(_register(speech)),
    )


def _headline(speech: Speech[Dossier]) -> str:
    counts = speech.dossier.counts
    if not counts.runs:
        return speech.say("nothing")
    if not counts.tested_by:
        return speech.say("nothing-proved")
    return speech.say(
        "headline",
        runs=speech.counted("runs", counts.runs),
        counting=speech.counted("counting", counts.tested_by),
        done=speech.counted("done", counts.fates[Fate.ON_TIME] + counts.fates[Fate.LATE], planned=counts.planned),
    )


def _support(speech: Speech[Dossier]) -> str:
    """Of the indicator, the latest span."""
    if not speech.dossier.counts.runs:
        return speech.say("nothing-long")
    latest = next(iter(speech.dossier.coverage.indicators), None)
    if latest is None or not latest.systems:
        return speech.say("kpi-none")
    return speech.say("kpi-line", tested=latest.tested, systems=latest.systems)


def _counts(speech: Speech[Dossier]) -> Iterator[CountView]:
    counts, number = speech.dossier.counts, speech.write.count
    yield CountView(number=number(counts.planned), words=speech.say("count.planned"), tag="plain")
    for fate in Fate:
        found = counts.fates[fate]
        yield CountView(
            number=number(found), words=speech.say(f"count.{fate}"), tag=FATE_TAGS[fate] if found else "plain"
        )
    untested = counts.untested_systems
    tag = "failed" if untested else "plain"
    yield CountView(number=number(untested), words=speech.say("count.untested"), tag=tag)


def _alarms(speech: Speech[Dossier]) -> Iterator[str]:
    """What nobody should have to look for."""
    dossier = speech.dossier
    standings = dossier.counts.standings
    invalid = standings[Standing.INVALID] + standings[Standing.CONTRADICTED] + len(dossier.unreadable)
    told = (
        ("alarm-missed", dossier.counts.fates[Fate.MISSED]),
        ("alarm-failed", dossier.counts.fates[Fate.FAILED]),
        ("alarm-untested", dossier.counts.untested_systems),
        ("alarm-open", standings[Standing.OPEN]),
        ("alarm-invalid", invalid),
        ("alarm-missing", standings[Standing.UNSEALED] + standings[Standing.MISSING]),
        ("alarm-unregistered", standings[Standing.UNREGISTERED]),
        ("alarm-overdue", sum(one.overdue and one.state is ActionState.OPEN for one in dossier.follow_up.actions)),
    )
    yield from (speech.counted(key, count) for key, count in told if count)
    if dossier.proof.checkpoint is None:
        yield speech.say("alarm-checkpoint")
    elif not dossier.proof.holds:
        yield speech.say("alarm-checkpoint-wrong")


def _activities(speech: Speech[Dossier]) -> Iterator[str]:
    for activity in speech.dossier.catalogue.activities:
        if activity.perimeter not in speech.dossier.scope.perimeters:
            continue
        perimeter = activity.title.within(speech.language)
        if not activity.official:
            yield speech.words("activity.transverse", perimeter=perimeter)
        for official in activity.official:
            words = official.within(speech.language)
            key = "activity.same" if words == perimeter else "activity.official"
            yield speech.words(key, official=words, perimeter=perimeter)


def _facts(speech: Speech[Dossier], *, period: str) -> Iterator[tuple[str, str]]:
    dossier, number = speech.dossier, speech.write.count
    organisation, certificate = dossier.scope.organisation, dossier.scope.organisation.hds_certificate
    absent = speech.words("not-given")
    yield speech.say("fact.period"), period
    yield speech.say("fact.made"), speech.write.moment(dossier.scope.made_at)
    yield speech.say("fact.entity"), organisation.legal_entity or absent
    if certificate is None:
        yield speech.say("fact.certificate"), absent
    else:
        dates = state_validity(certificate, words=speech.words)
        values = {"number": certificate.number or absent, "scope": certificate.scope or absent, "dates": dates}
        yield speech.say("fact.certificate"), speech.say("fact.certificate-value", **values)
    proved = sum(run.standing is Standing.PROVED for run in dossier.runs)
    reports = {"count": number(len(dossier.runs)), "valid": number(proved)}
    yield speech.say("fact.reports"), speech.say("fact.reports-value", **reports)
    own = number(sum(dossier.proof.kinds.values()))
    lines = number(dossier.proof.lines)
    yield speech.say("fact.register"), speech.say("fact.register-value", lines=lines, own=own)


def _outside(speech: Speech[Dossier]) -> str:
    """The perimeters that the dossier is not about."""
    numbers = [number for number in speech.names.perimeters if number not in speech.dossier.scope.perimeters]
    return speech.say("untested.outside", perimeters=speech.perimeters(numbers)) if numbers else ""


def _register(speech: Speech[Dossier]) -> Iterator[tuple[str, str]]:
    proof, number = speech.dossier.proof, speech.write.count
    lines = speech.say("register.lines-none")
    if proof.lines:
        lines = speech.say("register.lines-value", lines=number(proof.lines), last=number(proof.lines - 1))
    yield speech.say("register.lines"), lines
    own = speech.say("register.own-none")
    if proof.first_line is not None and proof.last_line is not None:
        values = {"first": number(proof.first_line), "last": number(proof.last_line)}
        own = speech.say("register.own-value", count=number(sum(proof.kinds.values())), **values)
    yield speech.say("register.own"), own
    if proof.kinds:
        told = ((speech.say(f"register.kind.{kind}"), number(count)) for kind, count in proof.kinds.items())
        kinds = speech.write.semicolon.join(
            speech.say("register.kind-value", kind=kind, count=count) for kind, count in told
        )
        yield speech.say("register.kinds"), kinds
    yield speech.say("register.head"), proof.head
    yield speech.say("register.root"), proof.root_sha256
    yield from _checkpoint(speech)


def _checkpoint(speech: Speech[Dossier]) -> Iterator[tuple[str, str]]:
    proof, number = speech.dossier.proof, speech.write.count
    checkpoint = proof.checkpoint
    if checkpoint is None:
        yield speech.say("register.checkpoint"), speech.say("register.checkpoint-none")
        return
    values = {"origin": checkpoint.origin, "size": number(checkpoint.size), "root": checkpoint.root_sha256}
    yield speech.say("register.checkpoint"), speech.say("register.checkpoint-value", **values)
    agreement = speech.say("register.holds" if proof.holds else "register.wrong")
    beyond = speech.say("register.beyond", count=number(proof.beyond))
    yield speech.say("register.agreement"), f"{agreement}. {beyond}."
