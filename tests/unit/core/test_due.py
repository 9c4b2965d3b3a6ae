"""When schedules make drills due: every cadence, over changes of the clock, leap days and ends of periods."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.drill import Schedule
from orchestrator.core.due import DueDate, due_dates, local_instant
from orchestrator.core.written import WRITTEN

PARIS = ZoneInfo("Europe/Paris")
CADENCES = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly")


def schedule(**said: Any) -> Schedule:
    return Schedule.model_validate({"cadence": "quarterly", "at": "02:00", **said}, context=WRITTEN)


def dates(
    said: Schedule,
    *,
    after: datetime = datetime(2025, 12, 31, 23, tzinfo=UTC),
    days: int = 365,
    zone: str = "Europe/Paris",
) -> list[DueDate]:
    return list(due_dates(said, zone=ZoneInfo(zone), after=after, until=after + timedelta(days=days)))


def test_quarters_end_in_summer_and_winter_time() -> None:
    found = [one.due_at for one in dates(schedule())]
    assert found == [
        datetime(2026, 3, 31, 4, tzinfo=UTC),
        datetime(2026, 6, 30, 4, tzinfo=UTC),
        datetime(2026, 9, 30, 4, tzinfo=UTC),
        datetime(2026, 12, 31, 5, tzinfo=UTC),
    ]


def test_window_and_catch_up_follow_the_opening() -> None:
    first = dates(schedule(window="90m", **{"catch-up": "7d"}))[0]
    assert first.due_at - first.opens_at == timedelta(minutes=90)
    assert first.last_at - first.due_at == timedelta(days=7)


@pytest.mark.parametrize(
    ("cadence", "count", "last"),
    [
        ("daily", 365, "2026-12-31T02:00"),
        ("weekly", 52, "2026-12-27T02:00"),
        ("monthly", 12, "2026-12-31T02:00"),
        ("quarterly", 4, "2026-12-31T02:00"),
        ("half-yearly", 2, "2026-12-31T02:00"),
        ("yearly", 1, "2026-12-31T02:00"),
    ],
)
def test_once_in_each_period(cadence: str, count: int, last: str) -> None:
    found = dates(schedule(cadence=cadence))
    assert len(found) == count
    assert found[-1].opens_at.astimezone(PARIS).replace(tzinfo=None) == datetime.fromisoformat(last)


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29), (2100, 28)])
def test_february_ends_when_it_does(year: int, day: int) -> None:
    found = dates(schedule(cadence="monthly"), after=datetime(year, 1, 31, 12, tzinfo=UTC), days=30)
    assert [one.opens_at.astimezone(PARIS).date() for one in found] == [date(year, 2, day)]


def test_the_whole_window_is_within_the_period() -> None:
    """Else the drill of December would be due in January, and be another year's."""
    found = dates(schedule(at="22:00", window="4h"))[-1]
    assert found.opens_at == datetime(2026, 12, 30, 21, tzinfo=UTC)
    assert found.due_at == datetime(2026, 12, 31, 1, tzinfo=UTC)


def test_a_window_that_fits_in_no_period_opens_on_its_last_day() -> None:
    found = dates(schedule(cadence="daily", at="22:00", window="3d"), days=6)
    assert [one.due_at.day for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[0].opens_at == datetime(2025, 12, 29, 21, tzinfo=UTC)


def test_a_time_that_does_not_exist_is_as_long_after_the_change() -> None:
    found = dates(
        schedule(cadence="daily", at="02:30", window="1m"), after=datetime(2026, 3, 28, 12, tzinfo=UTC), days=2
    )
    assert [one.opens_at for one in found] == [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]
    assert found[0].opens_at.astimezone(PARIS).time() == time(3, 30)


def test_of_a_time_that_exists_twice_the_first_is_meant() -> None:
    twice = local_instant(date(2026, 10, 25), time(2, 30, fold=1), zone=PARIS)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_week_ends_with_its_sunday() -> None:
    assert {one.opens_at.astimezone(PARIS).weekday() for one in dates(schedule(cadence="weekly"))} == {6}


def test_the_first_instant_is_not_included_and_the_last_one_is() -> None:
    due_at = datetime(2026, 3, 31, 4, tzinfo=UTC)
    assert not list(due_dates(schedule(), zone=PARIS, after=due_at, until=due_at + timedelta(days=1)))
    assert len(list(due_dates(schedule(), zone=PARIS, after=due_at - timedelta(days=1), until=due_at))) == 1


@given(
    cadence=st.sampled_from(CADENCES),
    at=st.times(),
    window=st.integers(1, 72),
    zone=st.sampled_from(["Europe/Paris", "UTC", "Pacific/Kiritimati", "America/Noronha", "Australia/Lord_Howe"]),
    minutes=st.integers(0, 15 * 366 * 24 * 60),
    cut=st.integers(0, 400),
)
def test_cut_anywhere_nothing_is_lost_or_due_twice(
    cadence: str, at: time, window: int, zone: str, minutes: int, cut: int
) -> None:
    after = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    said = schedule(cadence=cadence, at=f"{at:%H:%M}", window=f"{window}h")
    whole = dates(said, after=after, days=400, zone=zone)
    parts = [
        *dates(said, after=after, days=cut, zone=zone),
        *dates(said, after=after + timedelta(days=cut), days=400 - cut, zone=zone),
    ]
    assert whole == parts
    assert whole == sorted(whole, key=lambda one: one.due_at)
    assert len({one.opens_at.astimezone(ZoneInfo(zone)).date() for one in whole}) == len(whole)
