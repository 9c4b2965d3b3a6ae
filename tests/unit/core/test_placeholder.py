import pytest

from orchestrator.core.definition import parse_drill
from orchestrator.core.placeholder import left_over, placeholder, wanted
from orchestrator.errors import DefinitionError


def test_every_text_that_nobody_replaced_is_found_with_its_place_and_what_is_wanted() -> None:
    document = {"name": "a", "never": ["b", placeholder("a name")], "organisation": {"name": placeholder("yours")}}
    assert list(left_over(document)) == [(("never", 1), "a name"), (("organisation", "name"), "yours")]


def test_only_a_text_that_begins_so_stands_for_another() -> None:
    assert [wanted(one) for one in ("REPLACE: x", "to REPLACE: x", "REPLACED", 3, None)] == [
        "x",
        None,
        None,
        None,
        None,
    ]


def test_a_drill_that_nobody_filled_in_is_refused_with_its_line_before_anything_else_is_said_of_it() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_drill('id: a\nsystem: "REPLACE: the system"\n', file="drills/a.yml")
    assert str(caught.value) == "drills/a.yml:2: system: nobody has filled it in yet (put there: the system)"
