"""Intervals, moments and names: the rules of the values that everything else is made of."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from orchestrator.core.model import Identifier, Interval, Language, Microseconds, Moment, Title


def test_an_interval_has_its_bounds_in_order() -> None:
    with pytest.raises(ValidationError, match="upper bound 1 is below lower bound 2"):
        Interval(lower=2, upper=1)
    assert Interval(lower=2, upper=2).upper == 2


@given(st.tuples(*[st.integers(0, 10**9)] * 4), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_difference_holds_every_difference_of_what_is_within(
    bounds: tuple[int, int, int, int], first: int, second: int
) -> None:
    early = Interval(lower=min(bounds[:2]), upper=max(bounds[:2]))
    late = Interval(lower=min(bounds[2:]), upper=max(bounds[2:]))
    begun = min(max(first, early.lower), early.upper or 0)
    ended = min(max(second, late.lower), late.upper or 0)
    found = late - early
    assert found.upper is not None
    assert found.lower <= max(0, ended - begun) <= found.upper


def test_a_difference_from_something_without_an_upper_bound_is_unbounded_where_it_must_be() -> None:
    unbounded = Interval(lower=10, upper=None)
    assert Interval(lower=50, upper=60) - unbounded == Interval(lower=0, upper=50)
    assert unbounded - Interval(lower=5, upper=6) == Interval(lower=4, upper=None)


def test_a_moment_is_in_utc() -> None:
    moment = TypeAdapter(Moment)
    assert moment.validate_python(datetime(2026, 1, 1, tzinfo=UTC)).year == 2026
    for wrong in (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))):  # noqa: DTZ001
        with pytest.raises(ValidationError):
            moment.validate_python(wrong)


@pytest.mark.parametrize("name", ["a", "a-b", "0a", "restore-2"])
def test_names_are_in_kebab_case(name: str) -> None:
    assert TypeAdapter(Identifier).validate_python(name) == name


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a--b", "a b", "a/b", "é", "a\n", "x" * 65])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Identifier).validate_python(name)


@pytest.mark.parametrize("value", [-1, 2**53])
def test_microseconds_are_what_every_json_reader_keeps(value: int) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Microseconds).validate_python(value)


def test_a_title_is_in_both_languages() -> None:
    title = Title(fr="deux", en="two")
    assert [title.within(language) for language in Language] == ["deux", "two"]
