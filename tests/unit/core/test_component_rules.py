"""What a drill file may say of the components that it rebuilds."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.consistency import inconsistencies
from orchestrator.testing import example_drill

SERVICE = {"id": "service", "probe": "fake", "every": "100ms", "with": {"ask": "alive"}}
COMPONENT = {"title": {"fr": "Annuaire", "en": "Directory"}, "rto": "10m"}


def _watches(**changes: Any) -> list[dict[str, Any]]:
    return [SERVICE, SERVICE | {"id": "directory", "component": COMPONENT} | changes]


def test_a_component_has_a_watch_and_a_time_of_its_own() -> None:
    drill = example_drill(watch=_watches())

    assert list(inconsistencies(drill)) == []
    assert [watch.component and watch.component.rto for watch in drill.watch] == [None, 600_000_000]


def test_a_part_that_is_lost_for_good_is_no_component() -> None:
    ((place, message),) = inconsistencies(example_drill(watch=_watches(of="lost-part")))

    assert place == ("watch", 1, "component")
    assert "does not come back" in message


@pytest.mark.parametrize("wrong", [{"rto": "0s"}, {"title": {"fr": "Annuaire"}}, {"rpo": "1m"}])
def test_a_component_without_name_or_time_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        example_drill(watch=_watches(component=COMPONENT | wrong))


def test_a_drill_without_components_keeps_its_digest() -> None:
    assert b"component" not in canonical(example_drill(watch=[SERVICE]))
