"""A period of retention is read for sure, or not at all."""

from datetime import UTC, datetime

import pytest

from orchestrator.core.retention import kept_until, parse_retention


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("6 ans", "P6Y"),
        (" 1 an ", "P1Y"),
        ("10 années", "P10Y"),
        ("6 years", "P6Y"),
        ("18 mois", "P18M"),
        ("18 months", "P18M"),
        ("P6Y", "P6Y"),
        ("P1Y6M", "P1Y6M"),
        ("P90D", "P90D"),
    ],
)
def test_what_is_a_period_is_read(written: str, period: str) -> None:
    assert parse_retention(written) == period


@pytest.mark.parametrize(
    "written", [None, "", "  ", "P", "0 ans", "P0Y", "6", "six ans", "6 ans, puis tri", "6-10 ans", "toujours", "PT6H"]
)
def test_what_is_not_surely_a_period_is_none(written: str | None) -> None:
    assert parse_retention(written) is None


@pytest.mark.parametrize(
    ("written", "period"), [("30 jours", "P30D"), ("1 day", "P1D"), ("1 jour", "P1D"), ("90 days", "P90D")]
)
def test_days_are_read_too(written: str, period: str) -> None:
    assert parse_retention(written) == period


@pytest.mark.parametrize(
    ("since", "period", "until"),
    [
        ("2026-11-24", "P6Y", "2032-11-24"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2026-08-31", "P18M", "2028-02-29"),
        ("2026-12-31", "P1Y2M3D", "2028-03-03"),
        ("2026-11-24", "P30D", "2026-12-24"),
    ],
)
def test_until_when_is_by_the_calendar(since: str, period: str, until: str) -> None:
    assert kept_until(datetime.fromisoformat(since), period) == datetime.fromisoformat(until)


@pytest.mark.parametrize("period", ["", "P", "P0Y", "6 ans", "PT6H"])
def test_what_is_no_period_has_no_end(period: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        kept_until(datetime(2026, 1, 1, tzinfo=UTC), period)
