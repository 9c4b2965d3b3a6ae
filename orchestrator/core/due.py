"""When a drill's schedule makes it due. Pure: the zone and the period are given; no clock and no register here.

A drill is due once in each calendar period of its cadence (day, week from Monday, month, quarter, half-year, year), at
the last time of day `at` from which its whole window still fits into that period; where none does, on its last day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from orchestrator.core.drill import Schedule

_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """One time at which a drill is due, in UTC.

    It should begin between `opens_at` and `due_at` (the window), and may still begin until `last_at` (the catch-up).
    """

    opens_at: datetime
    due_at: datetime
    last_at: datetime


def due_dates(schedule: Schedule, *, zone: tzinfo, after: datetime, until: datetime) -> Iterator[DueDate]:
    """Every date that is due after an instant and not after another one, the earliest first.

    Args:
        schedule: Of the drill.
        zone: The one that `schedule.timezone` names.
        after: In UTC, not included.
        until: In UTC, included.
    """
    # A window may be longer than a period: then what is due afterwards was opened in an earlier one.
    opened = after.astimezone(zone).date() - timedelta(days=1, microseconds=schedule.window)
    day = _first_day(schedule, opened)
    while day <= until.astimezone(zone).date():
        following = _next_period(schedule, day)
        found = _due_date(schedule, zone=zone, first=day, following=following)
        if after < found.due_at <= until:
            yield found
        day = following


def local_instant(day: date, at: time, *, zone: tzinfo) -> datetime:
    """A time that a clock on the wall shows, in UTC.

    Where clocks go forward over it, it is as long after the change as it was to be after midnight: 02:30 is then 03:30.
    Where they go back and show it twice, it is the first of both.
    """
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def _due_date(schedule: Schedule, *, zone: tzinfo, first: date, following: date) -> DueDate:
    window = timedelta(microseconds=schedule.window)
    at = time.fromisoformat(schedule.at)
    ends_at = local_instant(following, time(), zone=zone)
    days = (following - timedelta(days=number) for number in range(1, (following - first).days + 1))
    openings = [local_instant(day, at, zone=zone) for day in days]
    opens_at = next((one for one in openings if one + window <= ends_at), openings[0])
    due_at = opens_at + window
    return DueDate(opens_at=opens_at, due_at=due_at, last_at=due_at + timedelta(microseconds=schedule.catch_up))


def _first_day(schedule: Schedule, day: date) -> date:
    """The first day of the period that a day is in."""
    if schedule.cadence == "daily":
        return day
    if schedule.cadence == "weekly":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[schedule.cadence]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next_period(schedule: Schedule, first: date) -> date:
    """The first day of the period after the one that begins on a day."""
    if schedule.cadence == "daily":
        return first + timedelta(days=1)
    if schedule.cadence == "weekly":
        return first + timedelta(days=7)
    months = first.year * 12 + first.month - 1 + _MONTHS[schedule.cadence]
    return date(months // 12, months % 12 + 1, 1)
