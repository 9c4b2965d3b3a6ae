"""The geometry of the two drawings: the timeline to scale, and the service's availability. Numbers, no words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.core.model import Language, Phase
from orchestrator.core.plan import Plan
from orchestrator.core.results import Instant, Measurements, TimelinePoint

WIDTH = 700.0
LEFT, RIGHT = 206.0, 672.0
TOP, ROW = 27.0, 19.0
LABEL_WIDTH = 20.0
"""Of an instant's label, with the space that keeps it apart from the next one."""
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of time on a row."""

    name: str
    phase: Phase
    outcome: str
    x: float
    width: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An instant: a line at its middle, a band as wide as what is not known of it, a label above, as near as can be."""

    instant: Instant
    x: float
    band_x: float
    band_width: float
    label_x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A stroke of the time axis; `us` is counted from the disaster, or from the start where there was none."""

    x: float
    us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Whether a watch was answered, as one line, with the stretches during which it was not."""

    watch: str
    points: str
    down: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything that the template puts on paper, on one scale of time."""

    height: float
    left: float
    right: float
    """Where time begins and ends; names are left of it."""
    top: float
    """Where the rows begin; labels are above."""
    phases: tuple[Bar, ...]
    steps: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    outage: tuple[float, float] | None
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    origin_us: int
    span_us: int

    def x(self, us: int) -> float:
        inside = min(max(us - self.origin_us, 0), self.span_us)
        return round(LEFT + inside / self.span_us * (RIGHT - LEFT), 1)


def draw(plan: Plan, measurements: Measurements, *, language: Language) -> Drawing:
    """Lay out a run. A run that ended at once gives a drawing with nothing in it, not an error."""
    scale = _Scale(origin_us=measurements.origin_us, span_us=max(1, measurements.ended_us - measurements.origin_us))
    first_row = TOP + 2 * ROW + 6
    steps = tuple(_steps(plan, measurements, language=language, scale=scale, top=first_row))
    return Drawing(
        height=first_row + ROW * len(steps) + 22,
        left=LEFT,
        right=RIGHT,
        top=TOP,
        phases=tuple(_phases(measurements, scale=scale, y=TOP)),
        steps=steps,
        marks=tuple(_marks(measurements.timeline, scale=scale)),
        ticks=tuple(_ticks(measurements, scale=scale)),
        outage=_outage(measurements, scale=scale),
        curves=tuple(_curves(measurements, scale=scale)),
    )


def _middle(point: TimelinePoint) -> int:
    return point.at.lower if point.at.upper is None else (point.at.lower + point.at.upper) // 2


def _marks(points: Sequence[TimelinePoint], *, scale: _Scale) -> Iterable[Mark]:
    ordered = sorted(points, key=_middle)
    middles = [scale.x(_middle(point)) for point in ordered]
    for point, x, label_x in zip(ordered, middles, place_labels(middles), strict=True):
        band_x, end = scale.x(point.at.lower), scale.x(point.at.upper or point.at.lower)
        yield Mark(instant=point.instant, x=x, band_x=band_x, band_width=round(end - band_x, 1), label_x=label_x)


def place_labels(wanted: Sequence[float]) -> list[float]:
    """Labels on one row, none over another, each as near to where it is wanted as its neighbours let it be.

    Neighbours that would touch share their displacement (isotonic regression, by pooling adjacent violators).

    Args:
        wanted: The middles that the labels would have if each were alone, from left to right.
    """
    pools: list[list[float]] = []
    for number, x in enumerate(wanted):
        pools.append([x - number * LABEL_WIDTH])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    least, most = LABEL_WIDTH / 2, WIDTH + LABEL_WIDTH / 2 - len(wanted) * LABEL_WIDTH
    shifts = [min(max(_mean(pool), least), most) for pool in pools for _ in pool]
    return [round(shift + number * LABEL_WIDTH, 1) for number, shift in enumerate(shifts)]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _phases(measurements: Measurements, *, scale: _Scale, y: float) -> Iterable[Bar]:
    for phase in Phase:
        ran = [step for step in measurements.steps if step.phase is phase and step.started_us is not None]
        if ran:
            start = min(step.started_us for step in ran if step.started_us is not None)
            end = max((step.finished_us or measurements.ended_us) for step in ran)
            yield _bar(phase.value, phase, "", start=start, end=end, y=y, scale=scale)


def _steps(plan: Plan, measurements: Measurements, *, language: Language, scale: _Scale, top: float) -> Iterable[Bar]:
    ran = [step for step in measurements.steps if step.started_us is not None]
    for row, step in enumerate(ran):
        title = plan.drill.step(step.step).title
        name = title.within(language) if title else step.step
        end = step.finished_us or measurements.ended_us
        yield _bar(name, step.phase, step.outcome, start=step.started_us or 0, end=end, y=top + ROW * row, scale=scale)


def _bar(name: str, phase: Phase, outcome: str, *, start: int, end: int, y: float, scale: _Scale) -> Bar:
    x = scale.x(start)
    # Never thinner than what can be seen: a check of 40 ms is there, even on a scale of hours.
    return Bar(name=name, phase=phase, outcome=outcome, x=x, width=max(1.6, round(scale.x(end) - x, 1)), y=round(y, 1))


def _outage(measurements: Measurements, *, scale: _Scale) -> tuple[float, float] | None:
    disaster, back = measurements.instant(Instant.DISASTER), measurements.instant(Instant.SERVICE_ANSWERS)
    if disaster is None or disaster.basis != "watch":
        return None
    start = scale.x(disaster.at.lower)
    end = scale.x((back.at.upper or back.at.lower) if back else measurements.ended_us)
    return start, round(end - start, 1)


def _ticks(measurements: Measurements, *, scale: _Scale) -> Iterable[Tick]:
    disaster = measurements.instant(Instant.DISASTER)
    zero = _middle(disaster) if disaster else scale.origin_us
    wanted = scale.span_us / 1_000_000 / _MOST_TICKS
    step = int(next((size for size in _TICKS if size >= wanted), _TICKS[-1]) * 1_000_000)
    first = -((zero - scale.origin_us) // step)
    last = (scale.origin_us + scale.span_us - zero) // step
    for number in range(first, last + 1):
        yield Tick(x=scale.x(zero + number * step), us=number * step)


def _curves(measurements: Measurements, *, scale: _Scale) -> Iterable[Curve]:
    for watch in dict.fromkeys(stretch.watch for stretch in measurements.availability):
        stretches = [stretch for stretch in measurements.availability if stretch.watch == watch]
        points: list[str] = []
        down: list[tuple[float, float]] = []
        for stretch in stretches:
            start, end, y = scale.x(stretch.started_us), scale.x(stretch.finished_us), 8 if stretch.answers else 34
            points += [f"{start},{y}", f"{end},{y}"]
            if not stretch.answers:
                down.append((start, round(max(1.0, end - start), 1)))
        yield Curve(watch=watch, points=" ".join(points), down=tuple(down))
