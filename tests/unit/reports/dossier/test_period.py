"""Days in Paris, both included; quarters that tile the period; spans of never more than twelve months."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reports.dossier.period import Period, quarters, twelve_months

YEAR = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_both_days_are_within_it_as_clocks_in_paris_show_them() -> None:
    assert YEAR.starts_at == utc(2025, 12, 31, 23)
    assert YEAR.ends_at == utc(2026, 12, 31, 23)
    assert YEAR.holds(utc(2026, 12, 31, 22, 59))
    assert not YEAR.holds(utc(2026, 12, 31, 23))


def test_a_period_that_ends_before_it_begins_is_none() -> None:
    with pytest.raises(ValidationError, match="before it begins"):
        Period(first_day=date(2026, 2, 1), last_day=date(2026, 1, 31))


def test_the_quarters_of_a_year_begin_where_the_summer_changes_nothing() -> None:
    cut = list(quarters(YEAR))
    assert [(one.year, one.number) for one in cut] == [(2026, 1), (2026, 2), (2026, 3), (2026, 4)]
    assert cut[1].starts_at == utc(2026, 3, 31, 22)


def test_a_quarter_is_cut_at_the_ends_of_the_period() -> None:
    cut = list(quarters(Period(first_day=date(2025, 12, 15), last_day=date(2026, 1, 15))))
    assert [(one.year, one.number) for one in cut] == [(2025, 4), (2026, 1)]
    assert cut[0].starts_at == utc(2025, 12, 14, 23)
    assert cut[1].ends_at == utc(2026, 1, 15, 23)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 1500))
def test_quarters_tile_the_period(first: date, days: int) -> None:
    period = Period(first_day=first, last_day=date.fromordinal(first.toordinal() + days))
    cut = list(quarters(period))
    assert cut[0].starts_at == period.starts_at
    assert cut[-1].ends_at == period.ends_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(cut))


def test_twelve_months_are_counted_back_from_the_end() -> None:
    period = Period(first_day=date(2024, 1, 1), last_day=date(2026, 12, 31))
    spans = list(twelve_months(period, now=utc(2027, 3, 1)))
    assert [span.starts_at for span in spans] == [utc(2025, 12, 31, 23), utc(2024, 12, 31, 23), utc(2023, 12, 31, 23)]
    assert all(span.whole for span in spans)


def test_a_period_that_is_not_over_ends_today() -> None:
    spans = list(twelve_months(YEAR, now=utc(2026, 11, 24, 9)))
    assert [(span.ends_at, span.whole) for span in spans] == [(utc(2026, 11, 24, 23), False)]


def test_a_leap_day_gives_no_more_than_a_year() -> None:
    period = Period(first_day=date(2023, 1, 1), last_day=date(2024, 2, 28))
    first = next(twelve_months(period, now=utc(2025, 1, 1)))
    assert first.starts_at == utc(2023, 2, 28, 23)


def test_a_period_that_has_not_begun_has_no_span() -> None:
    assert list(twelve_months(YEAR, now=utc(2025, 6, 1))) == []
