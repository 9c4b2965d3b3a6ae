"""How far the restored data reaches by the wall clock, where no canary wrote: RPO from markers of production or dates.

Instants of other clocks enter here, and only here: each with the bound of how far that clock may be from ours.
Instants are microseconds since 1970-01-01T00:00:00Z by the orchestrator's wall clock.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.core.events import ClockMeasured
from orchestrator.core.history import History
from orchestrator.core.model import Interval
from orchestrator.core.plan import Plan
from orchestrator.core.results import TimelinePoint
from orchestrator.core.rpo_source import DatedByClock, ProductionMarker

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where the restored data ends: not before `lower`; not after `upper` (None: nothing shows that).

    `dated_us`: the earliest that its own date can mean. `lines` of the journal show it.
    """

    at: Interval
    dated_us: int
    basis: str
    subject: str
    lines: tuple[int, ...] = ()


def find_reach(plan: Plan, history: History) -> Reach | None:
    """How far the data reaches by what the drill names under `rpo-from`; None where that, or its clock, is not known.

    Args:
        plan: The sealed plan.
        history: The journal before an interruption.
    """
    source = plan.drill.rpo_from
    if source is None:
        return None
    offset = clock_offset(source.dated, plan, history)
    if offset is None or offset.upper is None:
        return None
    if source.marker is not None:
        return _by_marker(source.marker, history, early_us=offset.upper)
    return _by_catalogue(plan, early_us=offset.upper, late_us=offset.lower)


def rpo(reach: Reach, *, disaster: Interval) -> Interval:
    """The time from where the data ends to the disaster, never below zero.

    Args:
        reach: Where the data ends.
        disaster: T0 by the wall clock.
    """
    lower = 0 if reach.at.upper is None else max(0, disaster.lower - reach.at.upper)
    if disaster.upper is None:
        return Interval(lower=lower, upper=None)
    return Interval(lower=lower, upper=max(lower, disaster.upper - reach.at.lower))


def is_newer(reach: Reach, *, disaster: Interval) -> bool:
    """Whether its date is after the disaster, however wrong the clock may be within its bound."""
    return disaster.upper is not None and reach.dated_us > disaster.upper


def on_wall_clock(point: TimelinePoint, history: History) -> Interval:
    """An instant of the timeline by the wall clock that its first line was written at."""
    line = history.entries[point.lines[0]]
    shift = _since_epoch(line.at) - line.mono_us
    upper = None if point.at.upper is None else point.at.upper + shift
    return Interval(lower=point.at.lower + shift, upper=upper)


def clock_offset(dated: DatedByClock, plan: Plan, history: History) -> Interval | None:
    """That clock minus ours, in microseconds: as declared, or as measured before and after; None if that is missing."""
    if dated.clock_error is not None:
        return Interval(lower=-dated.clock_error, upper=dated.clock_error)
    names = {host.name for host in plan.called(dated.clock_of or "")}
    seen = [line.event for line in history.of(ClockMeasured) if line.event.host in names]
    if not names or {(one.host, one.moment) for one in seen} != {(n, m) for n in names for m in ("before", "after")}:
        return None
    return Interval(
        lower=min(one.offset_us - one.error_us for one in seen),
        upper=max(one.offset_us + one.error_us for one in seen),
    )


def _by_marker(marker: ProductionMarker, history: History, *, early_us: int) -> Reach | None:
    """At least to a period before the newest marker: it vouches for no more than what came before its own period.

    Nothing shows where the data ends: production may have stopped writing markers, and gone on writing all else.
    """
    line, value = history.answer(marker.step), (history.values(marker.step) or {}).get(marker.value)
    if line is None or not isinstance(value, int) or isinstance(value, bool):
        return None
    return Reach(
        at=Interval(lower=value - early_us - marker.period, upper=None),
        dated_us=value - early_us,
        basis="marker",
        subject=marker.step,
        lines=(line.seq,),
    )


def _by_catalogue(plan: Plan, *, early_us: int, late_us: int) -> Reach | None:
    """From the recovery point's beginning to its end; with no end where logs may have carried the data beyond it."""
    point, choice = plan.recovery_point, plan.drill.recovery_point
    if point is None or choice is None:
        return None
    begun, ended = sorted((_since_epoch(point.started_at), _since_epoch(point.finished_at)))
    logs = point.first_log is not None or point.last_log is not None
    # Catalogues write whole seconds, which are rounded down.
    upper = None if logs else ended + _SECOND_US - late_us
    return Reach(
        at=Interval(lower=begun - early_us, upper=upper),
        dated_us=ended - early_us,
        basis="catalogue",
        subject=choice.catalogue,
    )


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
