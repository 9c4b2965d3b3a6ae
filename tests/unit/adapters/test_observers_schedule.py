import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.observers.schedule import Schedule

EVERY_US = 50_000
SCHEDULE = Schedule(start_us=1_000_000, every_us=EVERY_US)


@given(st.integers(min_value=0, max_value=10**7))
def test_no_question_drifts_from_the_grid(index: int) -> None:
    offset_us = SCHEDULE.due_us(index) - (SCHEDULE.start_us + index * EVERY_US)
    assert 0 <= offset_us < EVERY_US // 4


def test_the_offsets_fill_a_quarter_of_the_period_evenly() -> None:
    offsets = sorted(SCHEDULE.due_us(index) - SCHEDULE.start_us - index * EVERY_US for index in range(100))
    largest_hole_us = max(later - earlier for earlier, later in itertools.pairwise(offsets))
    assert largest_hole_us < EVERY_US / 4 / 100 * 3


@pytest.mark.parametrize(
    ("over_after_us", "following"),
    [
        (0, 11),
        (EVERY_US, 11),
        (2 * EVERY_US - 1, 11),
        (2 * EVERY_US, 12),
        (20 * EVERY_US + 1, 30),
    ],
)
def test_after_a_long_question_only_the_last_that_was_missed_is_asked(over_after_us: int, following: int) -> None:
    now_us = SCHEDULE.start_us + 10 * EVERY_US + over_after_us
    assert SCHEDULE.following(10, now_us=now_us) == following


@given(st.integers(min_value=0, max_value=10**5), st.integers(min_value=0, max_value=10**9))
def test_it_always_goes_on_and_never_waits_longer_than_a_period_and_its_jitter(index: int, passed_us: int) -> None:
    now_us = SCHEDULE.due_us(index) + passed_us
    following = SCHEDULE.following(index, now_us=now_us)
    assert following > index
    assert SCHEDULE.due_us(following) - now_us <= EVERY_US + EVERY_US // 4
