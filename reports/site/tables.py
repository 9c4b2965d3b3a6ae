"""Coverage, trends, exercises and actions, as their pages print them: the dossier's rows, and where they lead. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.dossier.aftermath import (
    ActionRow,
    GapRow,
    StatementRow,
    TrendView,
    action_rows,
    gap_rows,
    statement_rows,
    trend_views,
)
from reports.dossier.lines import RunLine
from reports.dossier.runs import Figure
from reports.dossier.tables import (
    CoverageGroup,
    IndicatorRow,
    RunRow,
    coverage_groups,
    indicator_rows,
    run_rows,
    untested_lines,
)
from reports.dossier.trends import Trend
from reports.register.entries import ActionState
from reports.site.material import Material
from reports.site.voice import Voice

RUNS_ON_A_PAGE = 200
"""Runs keep their page: it is cut by their numbers, from the first one on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """The matrix of the last quarters, and what was never tested at all."""

    quarters: tuple[str, ...]
    groups: tuple[CoverageGroup, ...]
    indicators: tuple[IndicatorRow, ...]
    recently: tuple[tuple[str, str], ...]
    """Not tested within these quarters, and not said to be never tested with the same words."""
    never: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    """Of the catalogue, without a run that counts, ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A measured figure between its bounds. `verdict`: met, missed, or empty where that is not established."""

    value: str
    objective: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """One run of a trend."""

    run_id: str
    number: int
    date: str
    counts: bool
    rto: FigureRow
    rpo: FigureRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPage:
    """One drill: its drawings, and the same in figures, the latest run first."""

    drill: str
    view: TrendView
    points: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a list that is too long for one page. `number`: None for the newest part."""

    number: int | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsView:
    """What is still to be done, what was done, and the findings that still stand."""

    open: tuple[ActionRow, ...]
    closed: tuple[ActionRow, ...]
    gaps: tuple[GapRow, ...]
    statements: tuple[StatementRow, ...]


def build_coverage_view(material: Material, voice: Voice) -> CoverageView:
    """The page of the matrix."""
    recent, whole = material.outlook.recent.coverage, material.outlook.whole.coverage
    never = tuple(untested_lines(voice.whole, material.outlook.never_tested))
    return CoverageView(
        quarters=tuple(
            voice.whole.say("coverage.quarter", number=one.number, year=one.year) for one in recent.quarters
        ),
        groups=tuple(coverage_groups(voice.recent)),
        indicators=tuple(indicator_rows(voice.recent)),
        recently=tuple(line for line in untested_lines(voice.recent, recent.untested_systems) if line not in never),
        never=never,
        kinds=tuple(voice.whole.kind(kind) for kind in whole.untested_kinds),
    )


def build_trend_pages(material: Material, voice: Voice) -> Iterator[TrendPage]:
    """The page of RTO and RPO, drill by drill."""
    trends = material.outlook.recent.trends
    for trend, view in zip(trends, trend_views(voice.recent), strict=True):
        yield TrendPage(drill=trend.drill, view=view, points=tuple(_points(trend, voice)))


def build_actions(voice: Voice) -> ActionsView:
    """The page of corrective actions."""
    actions = voice.whole.dossier.follow_up.actions
    still = {(one.run_id, one.id) for one in actions if one.state is ActionState.OPEN}
    rows = tuple(action_rows(voice.whole))
    return ActionsView(
        open=tuple(row for row in rows if (row.run_id, row.id) in still),
        closed=tuple(row for row in rows if (row.run_id, row.id) not in still),
        gaps=tuple(row for row in gap_rows(voice.whole) if not row.cleared),
        statements=tuple(reversed(tuple(statement_rows(voice.whole)))),
    )


def parts_of(count: int, *, size: int, voice: Voice, key: str) -> tuple[tuple[Part, range], ...]:
    """How a list is cut: each part with the places in it, the newest part first. An empty list has one part."""
    last = max(0, (count - 1) // size)
    cut = []
    for number in range(last, -1, -1):
        places = range(number * size, min((number + 1) * size, count))
        values = {"first": voice.write.count(places.start), "last": voice.write.count(max(places.stop - 1, 0))}
        cut.append((Part(number=None if number == last else number, label=voice.say(key, **values)), places))
    return tuple(cut)


def exercise_rows(runs: Sequence[RunLine], voice: Voice) -> tuple[RunRow, ...]:
    """Runs, the latest first."""
    return tuple(reversed(tuple(run_rows(voice.whole, runs))))


def _points(trend: Trend, voice: Voice) -> Iterator[PointRow]:
    numbers = voice.whole.names.numbers
    for point in reversed(trend.points):
        yield PointRow(
            run_id=point.run_id,
            number=numbers[point.run_id],
            date=voice.whole.short_date(point.at),
            counts=point.counts,
            rto=_figure(point.rto, voice),
            rpo=_figure(point.rpo, voice),
        )


def _figure(figure: Figure | None, voice: Voice) -> FigureRow:
    if figure is None:
        return FigureRow(value=voice.words("not-measured"), objective="", status="")
    objective = voice.write.exactly(figure.objective) if figure.objective is not None else ""
    status = {True: "met", False: "missed", None: ""}[figure.met] if objective else ""
    return FigureRow(value=voice.write.interval(figure.value, unit="us"), objective=objective, status=status)
