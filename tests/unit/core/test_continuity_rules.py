"""What a drill file must say where the service must not stop."""

from typing import Any

import pytest

from orchestrator.core.canonical import canonical
from orchestrator.core.consistency import inconsistencies
from orchestrator.testing import example_drill

PROBE = {"probe": "fake", "every": "100ms", "with": {"ask": "alive"}}
WATCHES = [{"id": "service"} | PROBE, {"id": "front-end", "of": "lost-part"} | PROBE]
OBJECTIVES = {"rto": "1m", "interruption": "500ms", "failed-requests": 0}


def _faults(**changes: Any) -> list[tuple[tuple[int | str, ...], str]]:
    return list(inconsistencies(example_drill(**{"watch": WATCHES, "objectives": OBJECTIVES} | changes)))


def test_a_continuity_drill_is_whole_with_a_watch_on_each() -> None:
    assert _faults() == []


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"watch": WATCHES[:1]}, ("objectives", "interruption"), "lost-part"),
        ({"watch": []}, ("objectives", "interruption"), "lost-part"),
        ({"watch": WATCHES[::-1]}, ("watch", 0, "of"), "timeline"),
        ({"objectives": {"rto": "1m", "interruption": "100ms"}}, ("objectives", "interruption"), "longer than"),
        ({"objectives": {"rto": "1m", "failed-requests": 0}}, ("objectives", "failed-requests"), "interruption"),
    ],
)
def test_what_could_prove_nothing_is_refused(changes: dict[str, Any], place: tuple[int | str, ...], words: str) -> None:
    ((found, message),) = _faults(**changes)
    assert found == place
    assert words in message


def test_nothing_lost_is_nothing_survived() -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps if step.id != "lose"]
    ((place, message),) = _faults(steps=steps)
    assert place == ("objectives", "interruption")
    assert "phase disrupt" in message


def test_a_drill_that_says_nothing_of_it_keeps_its_canonical_form() -> None:
    """Plans that were sealed before these keys were known are still the same bytes."""
    written = canonical(example_drill())
    assert not any(key in written for key in (b"interruption", b"failed_requests", b'"of"'))
