"""The period of a dossier: whole days in Paris, both ends included, and the quarters and years that it is cut into."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from orchestrator.core.model import Moment, Record
from reports.typography import PARIS

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
"""A day of a period: bounded, so that no day before or after it is beyond what a calendar can hold."""


class Period(Record):
    """From the beginning of a day to the end of another, as clocks in Paris show them."""

    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"it ends on {self.last_day}, before it begins on {self.first_day}")
        return self

    @property
    def starts_at(self) -> datetime:
        """Its first instant, in UTC."""
        return _midnight(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it, in UTC."""
        return _midnight(self.last_day + timedelta(days=1))

    def holds(self, moment: datetime) -> bool:
        """Whether an instant falls within it."""
        return self.starts_at <= moment < self.ends_at


class Quarter(Record):
    """The part of a civil quarter that lies within the period."""

    year: int
    number: int
    starts_at: Moment
    ends_at: Moment

    def holds(self, moment: datetime) -> bool:
        """Whether an instant falls within it."""
        return self.starts_at <= moment < self.ends_at


class Span(Record):
    """At most twelve months of the period, counted back from its end. `whole`: it is not less than twelve."""

    starts_at: Moment
    ends_at: Moment
    whole: bool

    def holds(self, moment: datetime) -> bool:
        """Whether an instant falls within it."""
        return self.starts_at <= moment < self.ends_at


def quarters(period: Period) -> Iterator[Quarter]:
    """The civil quarters that the period touches, the oldest first."""
    year, number = period.first_day.year, _quarter(period.first_day)
    while (begins := date(year, 3 * number - 2, 1)) <= period.last_day:
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)
        ends = date(year, 3 * number - 2, 1)
        yield Quarter(
            year=begins.year,
            number=_quarter(begins),
            starts_at=max(_midnight(begins), period.starts_at),
            ends_at=min(_midnight(ends), period.ends_at),
        )


def twelve_months(period: Period, *, now: datetime) -> Iterator[Span]:
    """The spans of twelve months that end where the period ends, or today where it has not ended; the latest first."""
    last = min(period.last_day, now.astimezone(PARIS).date())
    end = last + timedelta(days=1)
    while end > period.first_day:
        begin = _year_before(end)
        starts = max(begin, period.first_day)
        yield Span(starts_at=_midnight(starts), ends_at=_midnight(end), whole=begin >= period.first_day)
        end = begin


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS).astimezone(UTC)


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _year_before(day: date) -> date:
    """The same day of the year before; the 1st of March for a 29th of February: never more than twelve months."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)
