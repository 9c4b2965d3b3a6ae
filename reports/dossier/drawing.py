"""The geometry of the trends: one panel for each quantity of a drill, time across, duration up, to scale. Numbers only.

The scale is that of what was measured; an objective far above it is written, not drawn, or all points would lie flat.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from reports.dossier.period import Period, Quarter
from reports.dossier.runs import Figure
from reports.dossier.trends import TrendPoint
from reports.typography import PARIS

WIDTH, HEIGHT = 260.0, 104.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 14.0, 8.0, 22.0
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800)
_MOST_STROKES = 4
_FAR = 4
"""An objective more than this many times above everything measured is left out of the scale."""
_MOST_LABELS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A stroke of the axis of durations; `us` microseconds."""

    y: float
    us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One run: a dot at its unfavourable end, a bar down to the favourable one. `open`: nothing bounds it above."""

    x: float
    y: float
    low_y: float
    open: bool
    state: str
    """`met`, `missed`, `unknown` (no objective, or nothing bounds it), `not-counted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A mark of the axis of time: the beginning of a quarter, or of a month where there is one quarter only."""

    x: float
    day: date
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One quantity of one drill."""

    dots: tuple[Dot, ...]
    line: str
    """Through the runs that count."""
    objective: str
    """A stepped line: the objective of each run; empty where it is far above the scale or there is none."""
    objective_y: float | None
    """Where its label goes."""
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    first: datetime
    last: datetime
    top_us: int

    def x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return round(LEFT + min(max(share, 0), 1) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, us: int) -> float:
        return round(HEIGHT - BOTTOM - min(us / self.top_us, 1) * (HEIGHT - TOP - BOTTOM), 1)


def draw_panel(points: Sequence[tuple[TrendPoint, Figure]], *, period: Period, quarters: Sequence[Quarter]) -> Panel:
    """Lay out the measured runs of one drill.

    Args:
        points: Each run with its figure, the oldest first; at least one.
        period: What the axis of time spans; it begins earlier where a run does.
        quarters: Of the period.
    """
    step = _step([figure for _, figure in points])
    highest = -(-_top([figure for _, figure in points]) // step) * step
    scale = _Scale(
        first=min(period.starts_at, points[0][0].at), last=max(period.ends_at, points[-1][0].at), top_us=highest
    )
    objectives = [(point.at, figure.objective) for point, figure in points if figure.objective is not None]
    drawn = [(at, us) for at, us in objectives if us <= highest]
    return Panel(
        dots=tuple(_dot(point, figure, scale) for point, figure in points),
        line=" ".join(_joined(points, scale)),
        objective=" ".join(_stepped(drawn, scale)),
        objective_y=scale.y(drawn[-1][1]) if drawn else None,
        strokes=tuple(Stroke(y=scale.y(us), us=us) for us in range(0, highest + 1, step)),
        labels=tuple(_labels(period, quarters, scale)),
    )


def _top(figures: Sequence[Figure]) -> int:
    measured = max(max(figure.value.lower, figure.value.upper or 0) for figure in figures)
    near = [figure.objective for figure in figures if figure.objective and figure.objective <= _FAR * measured]
    return max(1, measured, *near)


def _step(figures: Sequence[Figure]) -> int:
    wanted = _top(figures) / 1_000_000 / _MOST_STROKES
    return int(next((size for size in _STEPS_S if size >= wanted), _STEPS_S[-1]) * 1_000_000)


def _dot(point: TrendPoint, figure: Figure, scale: _Scale) -> Dot:
    upper = figure.value.upper
    return Dot(
        x=scale.x(point.at),
        y=scale.y(scale.top_us if upper is None else upper),
        low_y=scale.y(figure.value.lower),
        open=upper is None,
        state=_state(point, figure),
    )


def _state(point: TrendPoint, figure: Figure) -> str:
    if not point.counts:
        return "not-counted"
    if figure.met is None:
        return "unknown"
    return "met" if figure.met else "missed"


def _joined(points: Sequence[tuple[TrendPoint, Figure]], scale: _Scale) -> Iterator[str]:
    for point, figure in points:
        if point.counts and figure.value.upper is not None:
            yield f"{scale.x(point.at)},{scale.y(figure.value.upper)}"


def _stepped(objectives: Sequence[tuple[datetime, int]], scale: _Scale) -> Iterator[str]:
    """From the left edge to the right one: each objective stands until the next run has another."""
    if not objectives:
        return
    x = LEFT
    for number, (_, us) in enumerate(objectives):
        last = number + 1 == len(objectives)
        until = round(WIDTH - RIGHT, 1) if last else scale.x(objectives[number + 1][0])
        yield f"{x},{scale.y(us)} {until},{scale.y(us)}"
        x = until


def _labels(period: Period, quarters: Sequence[Quarter], scale: _Scale) -> Iterator[Label]:
    days = _months(period) if len(quarters) == 1 else [one.starts_at.astimezone(PARIS).date() for one in quarters]
    every = -(-len(days) // _MOST_LABELS)
    for number, day in enumerate(days):
        at = datetime.combine(day, time(), tzinfo=PARIS).astimezone(UTC)
        yield Label(x=scale.x(at), day=day, named=number % every == 0)


def _months(period: Period) -> list[date]:
    first, last = period.first_day, period.last_day
    later = [date(last.year, month, 1) for month in range(first.month + 1, last.month + 1)]
    return [first, *later]
