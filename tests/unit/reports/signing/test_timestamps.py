"""How much older than what it covers a time-stamp may be: as much as clocks differ, and no more."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.signing.timestamps import CLOCK_TOLERANCE, TimeStamp, is_too_early

ENDED_AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("before", "too_early"),
    [
        (-CLOCK_TOLERANCE, False),
        (timedelta(), False),
        (CLOCK_TOLERANCE, False),
        (CLOCK_TOLERANCE + MOMENT, True),
        (timedelta(days=1), True),
    ],
)
def test_clocks_may_differ_by_so_much(before: timedelta, too_early: bool) -> None:
    stamp = TimeStamp(token=b"", at=ENDED_AT - before, path=(), policy="1.2.3", calls_itself_qualified=False)

    assert is_too_early(stamp, ended_at=ENDED_AT) is too_early


def test_the_first_day_of_the_calendar_is_no_traceback() -> None:
    stamp = TimeStamp(token=b"", at=ENDED_AT, path=(), policy="1.2.3", calls_itself_qualified=False)

    assert not is_too_early(stamp, ended_at=datetime.min.replace(tzinfo=UTC))
