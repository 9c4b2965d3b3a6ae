"""RTO and RPO of each drill over time against their objectives, and the last exercise against the one before. Pure.

Only reports that verify are here: a figure that is not proved is not a point on a line.
"""

from collections.abc import Sequence

from orchestrator.core.model import Identifier, Moment, Record
from reports.dossier.lines import RunLine
from reports.dossier.runs import Figure


class TrendPoint(Record):
    """One run of a drill. A figure is None where it was not measured."""

    run_id: str
    number: int
    at: Moment
    counts: bool
    rto: Figure | None
    rpo: Figure | None


class Change(Record):
    """From one run to the next, unfavourable end to unfavourable end, in microseconds; None: one is unbounded."""

    run_id: str
    previous_run_id: str
    rto_us: int | None
    rpo_us: int | None


class Trend(Record):
    """One drill: its runs, the oldest first, and what changed since the exercise before the last one."""

    drill: Identifier
    system: Identifier
    points: tuple[TrendPoint, ...]
    change: Change | None


def build_trends(runs: Sequence[RunLine]) -> tuple[Trend, ...]:
    """The trend of every drill of which at least one figure was measured."""
    drills = sorted({(run.drill, run.system) for run in runs})
    built = (
        _trend(drill, system, [run for run in runs if (run.drill, run.system) == (drill, system)])
        for drill, system in drills
    )
    return tuple(trend for trend in built if any(point.rto or point.rpo for point in trend.points))


def _trend(drill: str, system: str, runs: Sequence[RunLine]) -> Trend:
    points = tuple(
        TrendPoint(
            run_id=run.run_id,
            number=run.number,
            at=run.started_at,
            counts=run.counts,
            rto=run.facts.rto,
            rpo=run.facts.rpo,
        )
        for run in runs
        if run.facts
    )
    return Trend(drill=drill, system=system, points=points, change=_change(points))


def _change(points: Sequence[TrendPoint]) -> Change | None:
    """Between the last two runs that count: what an aborted run measured is no exercise to compare with."""
    counted = [point for point in points if point.counts]
    if len(counted) < 2:
        return None
    previous, last = counted[-2:]
    return Change(
        run_id=last.run_id,
        previous_run_id=previous.run_id,
        rto_us=_difference(last.rto, previous.rto),
        rpo_us=_difference(last.rpo, previous.rpo),
    )


def _difference(last: Figure | None, previous: Figure | None) -> int | None:
    if last is None or previous is None or last.value.upper is None or previous.value.upper is None:
        return None
    return last.value.upper - previous.value.upper
