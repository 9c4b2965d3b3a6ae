"""The plan's digest seals everything that it says."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.core.plan import Plan
from orchestrator.testing import example_plan

PLAN = example_plan()


def _leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*place, index))
    else:
        yield place


def _changed(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if len(value) == 64:
            return "0" * 64
        case None:
            return "x"
        case _:
            return None


def test_the_digest_depends_on_every_field() -> None:
    """Every leaf of the document, altered to something of its kind, gives another digest."""
    import copy

    import rfc8785

    from orchestrator.core.canonical import sha256

    written = PLAN.model_dump(mode="json")
    places = list(_leaves(written))
    assert len(places) > 60
    digests = {PLAN.digest}
    for place in places:
        altered = copy.deepcopy(written)
        inner: Any = altered
        for part in place[:-1]:
            inner = inner[part]
        inner[place[-1]] = _changed(inner[place[-1]])
        digests.add(sha256(rfc8785.dumps(altered)))
    assert len(digests) == len(places) + 1


CHANGES = [
    {"run_id": "other"},
    {"seed": "0" * 64},
    {"recovery_point": None},
    {"recovery_point_fault": "none"},
    {"hosts": ()},
    {"endpoints": ()},
    {"content": ()},
    {"tools": {"fake": "1.1"}},
    {"drill": PLAN.drill.model_copy(update={"system": "other"})},
    {"boundary": PLAN.boundary.model_copy(update={"never": ()})},
    {"organisation": PLAN.organisation.model_copy(update={"name": "Other"})},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_another_value_has_another_digest(change: dict[str, Any]) -> None:
    assert PLAN.model_copy(update=change).digest != PLAN.digest


def test_a_plan_read_back_is_the_same_plan() -> None:
    again = Plan.model_validate_json(PLAN.model_dump_json())
    assert (again, again.digest) == (PLAN, PLAN.digest)
