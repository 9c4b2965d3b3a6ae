"""The time zone of a schedule, from the list of this machine."""

import pytest

from orchestrator.app.zones import find_zone
from orchestrator.core.drill import Schedule
from orchestrator.errors import DefinitionError


def schedule(timezone: str) -> Schedule:
    return Schedule.model_validate({"cadence": "monthly", "at": "02:00", "timezone": timezone})


def test_a_zone_of_the_list_is_found() -> None:
    assert find_zone(schedule("Europe/Paris"), file="drills/own.yml").key == "Europe/Paris"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", ""])
def test_one_that_is_not_there_is_said_with_its_file_and_key(name: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        find_zone(schedule(name), file="drills/own.yml")
    (fault,) = caught.value.faults
    assert (fault.file, fault.key) == ("drills/own.yml", "schedule.timezone")
    assert "Europe/Paris" in (fault.hint or "")
