"""Durations and instants in words: bounds never round towards what we would like."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.model import Interval, Language
from reports.typography import Typography
from reports.words import load_words

FRENCH = Typography(load_words(Language.FRENCH))
ENGLISH = Typography(load_words(Language.ENGLISH))


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("us", "down", "up"),
    [
        (0, "0 s", "0 s"),
        (999, "999 µs", "999 µs"),
        (87_400, "87 ms", "88 ms"),
        (9_334_999, "9,33 s", "9,34 s"),
        (59_999_999, "59,99 s", "1 min 0,0 s"),
        (192_431_000, "3 min 12,4 s", "3 min 12,5 s"),
        (3_792_000_001, "1 h 03 min 12 s", "1 h 03 min 13 s"),
    ],
)
def test_bounds_round_outwards(us: int, down: str, up: str) -> None:
    assert (_plain(FRENCH.at_least(us)), _plain(FRENCH.at_most(us))) == (down, up)


@pytest.mark.parametrize(
    ("us", "words"),
    [(900_000_000, "15 min"), (14_400_000_000, "4 h"), (50_000, "50 ms"), (90_000_000, "90 s"), (0, "0 ms")],
)
def test_an_objective_is_printed_as_it_was_written(us: int, words: str) -> None:
    assert _plain(FRENCH.exactly(us)) == words


def test_an_interval_says_both_ends_or_that_one_is_missing() -> None:
    assert _plain(FRENCH.interval(Interval(lower=46_100, upper=150_900), unit="us")) == "entre 46 ms et 151 ms"
    assert _plain(ENGLISH.interval(Interval(lower=46_100, upper=None), unit="us")) == "at least 46 ms"
    assert _plain(FRENCH.interval(Interval(lower=2, upper=2), unit="commits")) == "2"


@given(lower=st.integers(0, 2**50), width=st.integers(0, 2**50))
def test_every_interval_can_be_printed(lower: int, width: int) -> None:
    text = FRENCH.interval(Interval(lower=lower, upper=lower + width), unit="us")
    assert text
    assert "." not in text


def test_an_instant_is_given_in_paris_and_in_utc_on_both_sides_of_summer_time() -> None:
    winter, summer = datetime(2026, 11, 23, 2, tzinfo=UTC), datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert _plain(FRENCH.moment(winter)) == "23 novembre 2026 à 03:00:00 (heure de Paris ; 02:00:00 UTC)"
    assert _plain(ENGLISH.moment(summer)) == "2 July 2026 at 01:30:00 (Paris time; 23:30:00 UTC)"
    assert _plain(FRENCH.day(datetime(2026, 3, 1, 12, tzinfo=UTC))) == "1er mars 2026"


@pytest.mark.parametrize(
    ("us", "words"),
    [(0, "T0"), (-5_000_000, "−5 s"), (500_000, "+0,5 s"), (90_000_000, "+1 min 30 s"), (7_200_000_000, "+2 h")],
)
def test_the_time_axis(us: int, words: str) -> None:
    assert _plain(FRENCH.axis(us)) == words
