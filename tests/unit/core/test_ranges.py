from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.ranges import ranges_of

NUMBERS = st.lists(st.integers(min_value=1, max_value=60))


@given(NUMBERS)
def test_ranges_hold_these_numbers_and_no_others(numbers: list[int]) -> None:
    ranges = ranges_of(numbers)
    assert {n for first, last in ranges for n in range(first, last + 1)} == set(numbers)


@given(NUMBERS)
def test_between_two_ranges_a_number_is_missing(numbers: list[int]) -> None:
    ranges = ranges_of(numbers)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))
