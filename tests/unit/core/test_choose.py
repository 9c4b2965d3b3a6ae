from datetime import UTC, datetime

import pytest

from orchestrator.core.choose import choose, is_as_chosen, listed, newest_taken
from orchestrator.core.drill import RecoveryPointChoice
from orchestrator.core.plan import ListedPoint, Plan, RecoveryPoint
from orchestrator.errors import CatalogueError
from orchestrator.testing import example_drill, example_plan

SEEDS = [f"{number:064x}" for number in range(60)]


def point(name: str, *, day: int, of: str | None = None) -> RecoveryPoint:
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
        retention_class=of,
    )


def choice(**changes: str) -> RecoveryPointChoice:
    return RecoveryPointChoice.model_validate({"catalogue": "pgbackrest", "host": "repository", **changes})


def ids(points: tuple[ListedPoint, ...]) -> list[str]:
    return [point.id for point in points]


THREE = (point("second", day=2), point("third", day=3), point("first", day=1))
POINTS = tuple(listed(one) for one in THREE)
CLASSED = (
    *(point(f"weekly-{day}", day=day, of="weekly") for day in (7, 14, 21)),
    *(point(f"daily-{day}", day=day, of="daily") for day in (18, 19, 20)),
    point("monthly-1", day=1, of="monthly"),
    point("by-hand", day=2),
)
LISTED = tuple(listed(one) for one in CLASSED)


@pytest.mark.parametrize(("word", "expected"), [("latest", "third"), ("oldest", "first")])
def test_age_decides_and_not_the_order_of_the_report(word: str, expected: str) -> None:
    assert ids(choose(POINTS, choice(choose=word), seed=SEEDS[0])) == [expected]


def test_an_id_goes_before_every_other_choice() -> None:
    assert ids(choose(POINTS, choice(id="second"), seed=SEEDS[0])) == ["second"]


def test_an_id_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(CatalogueError, match="fourth") as caught:
        choose(POINTS, choice(id="fourth"), seed=SEEDS[0])
    assert "third" in (caught.value.hint or "")


@pytest.mark.parametrize("word", ["each-class", "taken-in-prepare"])
def test_an_id_that_goes_against_the_choice_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="give one of the two"):
        choice(id="second", choose=word)


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(CatalogueError, match=r"no recovery point$"):
        choose((), choice(), seed=SEEDS[0])
    with pytest.raises(CatalogueError, match="no recovery point of the class yearly"):
        choose(LISTED, choice(**{"retention-class": "yearly"}), seed=SEEDS[0])
    with pytest.raises(CatalogueError, match="of a retention class"):
        choose(POINTS, choice(choose="each-class"), seed=SEEDS[0])


def test_a_draw_is_the_same_for_everybody_who_knows_the_seed() -> None:
    drawn = [choose(POINTS, choice(choose="random"), seed=seed) for seed in SEEDS]
    again = [choose(tuple(reversed(POINTS)), choice(choose="random"), seed=seed) for seed in SEEDS]
    assert drawn == again


def test_a_draw_can_fall_on_every_point() -> None:
    drawn = {ids(choose(POINTS, choice(choose="random"), seed=seed))[0] for seed in SEEDS}
    assert drawn == {"first", "second", "third"}


def test_a_class_leaves_the_others_out() -> None:
    of_a_week = choice(**{"choose": "latest", "retention-class": "weekly"})
    assert ids(choose(LISTED, of_a_week, seed=SEEDS[0])) == ["weekly-21"]


def test_each_class_gives_its_oldest_and_one_of_the_others_by_age() -> None:
    drawn = [ids(choose(LISTED, choice(choose="each-class"), seed=seed)) for seed in SEEDS]
    assert all(names[:2] == ["monthly-1", "weekly-7"] and "daily-18" in names and len(names) == 5 for names in drawn)
    others = {name for names in drawn for name in names} - {"monthly-1", "weekly-7", "daily-18"}
    assert others == {"weekly-14", "weekly-21", "daily-19", "daily-20"}
    # Of two classes that are as long, one draw does not follow from the other.
    assert len({tuple(names) for names in drawn}) == 4


def test_what_was_taken_is_the_newest_that_was_not_there() -> None:
    taken = choice(choose="taken-in-prepare")
    assert choose(LISTED, taken, seed=SEEDS[0]) == ()
    assert newest_taken(CLASSED, LISTED, taken) is None
    new = (point("new-1", day=23, of="hourly"), point("new-2", day=24, of="daily"))
    assert newest_taken((*new, *CLASSED), LISTED, taken) == new[1]
    of_an_hour = choice(**{"choose": "taken-in-prepare", "retention-class": "hourly"})
    assert newest_taken((*new, *CLASSED), LISTED, of_an_hour) == new[0]


def plan_of(*, seed: str, there: tuple[ListedPoint, ...] | None = LISTED, **written: str) -> Plan:
    drill = example_drill(recovery_point={"catalogue": "fake", "host": "database", **written})
    return example_plan(drill, listed_points=there, seed=seed)


@pytest.mark.parametrize("word", ["latest", "oldest", "random", "each-class"])
def test_a_verifier_chooses_again(word: str) -> None:
    plan = plan_of(seed=SEEDS[7], choose=word)
    by_id = {one.id: one for one in CLASSED}
    chosen = [by_id[one.id] for one in choose(LISTED, choice(choose=word), seed=SEEDS[7])]
    assert is_as_chosen(plan, restored=chosen)
    assert not is_as_chosen(plan, restored=[by_id["by-hand"]])
    assert not is_as_chosen(plan, restored=[*chosen, by_id["by-hand"]])
    assert not is_as_chosen(plan, restored=chosen[1:])
    moved = [one.model_copy(update={"finished_at": datetime(2026, 11, 30, tzinfo=UTC)}) for one in chosen]
    assert not is_as_chosen(plan, restored=moved)


def test_another_seed_is_another_draw() -> None:
    drawn = {one.id: one for one in CLASSED}[ids(choose(LISTED, choice(choose="random"), seed=SEEDS[0]))[0]]
    agreeing = [seed for seed in SEEDS if is_as_chosen(plan_of(seed=seed, choose="random"), restored=[drawn])]
    assert SEEDS[0] in agreeing
    assert len(agreeing) < len(SEEDS)


def test_a_plan_without_a_list_is_believed_and_an_empty_list_is_not() -> None:
    assert is_as_chosen(plan_of(seed=SEEDS[0], there=None), restored=[CLASSED[0]])
    assert not is_as_chosen(plan_of(seed=SEEDS[0], there=()), restored=[CLASSED[0]])


def test_what_was_there_before_was_not_taken() -> None:
    plan = plan_of(seed=SEEDS[0], choose="taken-in-prepare")
    assert is_as_chosen(plan, restored=[point("new", day=23)])
    assert not is_as_chosen(plan, restored=[CLASSED[0]])
