"""A period of retention is read for sure, or not at all."""

import pytest

from reports.export.retention import parse_retention


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
