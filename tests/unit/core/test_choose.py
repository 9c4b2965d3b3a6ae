from datetime import UTC, datetime

import pytest

from orchestrator.core.choose import choose
from orchestrator.core.drill import RecoveryPointChoice
from orchestrator.core.plan import RecoveryPoint
from orchestrator.errors import CatalogueError

SEEDS = [f"{number:064x}" for number in range(60)]


def point(name: str, *, day: int) -> RecoveryPoint:
    moment = datetime(2026, 11, day, tzinfo=UTC)
    return RecoveryPoint(
        id=name,
        kind="full",
        started_at=moment,
        finished_at=moment,
        size_bytes=1,
        tool="tool",
        tool_version="1",
        manifest_sha256=None,
    )


POINTS = (point("second", day=2), point("third", day=3), point("first", day=1))


def choice(**changes: str) -> RecoveryPointChoice:
    return RecoveryPointChoice.model_validate({"catalogue": "pgbackrest", "host": "repository", **changes})


@pytest.mark.parametrize(("word", "expected"), [("latest", "third"), ("oldest", "first")])
def test_age_decides_and_not_the_order_of_the_report(word: str, expected: str) -> None:
    assert choose(POINTS, choice(choose=word), seed=SEEDS[0]).id == expected


def test_an_id_goes_before_every_other_choice() -> None:
    assert choose(POINTS, choice(id="second"), seed=SEEDS[0]).id == "second"


def test_an_id_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(CatalogueError, match="fourth") as caught:
        choose(POINTS, choice(id="fourth"), seed=SEEDS[0])
    assert "third" in (caught.value.hint or "")


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="no recovery point"):
        choose((), choice(), seed=SEEDS[0])


def test_a_draw_is_the_same_for_everybody_who_knows_the_seed() -> None:
    drawn = [choose(POINTS, choice(choose="random"), seed=seed).id for seed in SEEDS]
    again = [choose(tuple(reversed(POINTS)), choice(choose="random"), seed=seed).id for seed in SEEDS]
    assert drawn == again


def test_a_draw_can_fall_on_every_point() -> None:
    assert {choose(POINTS, choice(choose="random"), seed=seed).id for seed in SEEDS} == {"first", "second", "third"}
