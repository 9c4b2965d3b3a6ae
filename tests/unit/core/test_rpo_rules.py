"""What a drill file may say of where its RPO comes from."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.consistency import inconsistencies
from orchestrator.core.rpo_source import RpoSource
from orchestrator.core.written import WRITTEN
from orchestrator.testing import example_drill

DECLARED = {"clock-error": "1s"}
MARKER = {"step": "complete", "value": "at_us", "period": "1m"} | DECLARED


def _faults(source: dict[str, Any], **changes: Any) -> list[tuple[tuple[int | str, ...], str]]:
    return list(inconsistencies(example_drill(**{"canary": None, "rpo-from": source} | changes)))


@pytest.mark.parametrize(
    "source",
    [{"marker": MARKER}, {"catalogue": DECLARED}, {"catalogue": {"clock-of": "restore-target"}}],
)
def test_each_of_them_is_whole(source: dict[str, Any]) -> None:
    assert _faults(source) == []


MINOR = [
    step.model_dump(by_alias=True) | ({"severity": "minor"} if step.id == "complete" else {})
    for step in example_drill().steps
]


@pytest.mark.parametrize(
    ("source", "changes", "place", "words"),
    [
        ({"catalogue": DECLARED}, {"canary": example_drill().canary}, ("rpo-from",), "canary"),
        ({"catalogue": DECLARED}, {"recovery-point": None}, ("rpo-from", "catalogue"), "recovery-point"),
        ({"catalogue": {"clock-of": "production"}}, {}, ("rpo-from",), "nobody measures it"),
        ({"marker": MARKER | {"step": "manifest"}}, {}, ("rpo-from", "marker", "step"), "no blocking probe step"),
        ({"marker": MARKER | {"step": "nothing"}}, {}, ("rpo-from", "marker", "step"), "no blocking probe step"),
    ],
)
def test_what_the_run_will_not_have_seen_is_refused(
    source: dict[str, Any], changes: dict[str, Any], place: tuple[str, ...], words: str
) -> None:
    ((found, message),) = _faults(source, **changes)
    assert found == place
    assert words in message


def test_a_marker_that_only_a_minor_check_reads_is_refused() -> None:
    faults = _faults({"marker": MARKER}, steps=MINOR)
    assert ("rpo-from", "marker", "step") in [place for place, _ in faults]


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"marker": MARKER, "catalogue": DECLARED},
        {"catalogue": {}},
        {"catalogue": {"clock-of": "restore-target", "clock-error": "1s"}},
        {"catalogue": {"clock-error": 1}},
        {"marker": MARKER | {"period": "0s"}},
        {"marker": {"step": "complete", "value": "at_us", "period": "1m"}},
    ],
)
def test_exactly_one_source_with_exactly_one_word_on_its_clock(source: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RpoSource.model_validate(source, context=WRITTEN, by_alias=True, by_name=False)


def test_a_drill_that_says_nothing_of_it_keeps_its_canonical_form() -> None:
    """Plans that were sealed before there was such a key are still the same bytes."""
    assert b"rpo_from" not in canonical(example_drill())
    kept = canonical(example_drill(canary=None, rpo_from={"catalogue": DECLARED}))
    assert b'"rpo_from":{"catalogue":{"clock_error":1000000}}' in kept
