"""The labels of instants: side by side on one row, on the paper, each where it belongs unless a neighbour is there."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.results import Instant
from reports.page.charts import LABEL_WIDTH, LEFT, RIGHT, WIDTH, place_labels

PLACES = st.lists(st.floats(LEFT, RIGHT), max_size=len(Instant)).map(sorted)


def test_labels_that_are_far_apart_stay_where_they_are_wanted() -> None:
    assert place_labels([LEFT, 300, 300 + LABEL_WIDTH, RIGHT]) == [LEFT, 300, 300 + LABEL_WIDTH, RIGHT]


def test_two_at_one_place_stand_on_either_side_of_it() -> None:
    assert place_labels([400, 400]) == [400 - LABEL_WIDTH / 2, 400 + LABEL_WIDTH / 2]


def test_those_that_are_pushed_push_their_neighbours() -> None:
    assert place_labels([400, 400, 412]) == pytest.approx([384, 404, 424])


def test_no_instant_no_label() -> None:
    assert place_labels([]) == []


@given(PLACES)
def test_labels_keep_their_order_and_distance_and_stay_on_the_paper(wanted: list[float]) -> None:
    placed = place_labels(wanted)
    assert len(placed) == len(wanted)
    assert all(after - before >= LABEL_WIDTH - 0.11 for before, after in pairwise(placed))
    assert all(LABEL_WIDTH / 2 <= x <= WIDTH - LABEL_WIDTH / 2 for x in placed)
