import pytest

from orchestrator.core.drill import Drill
from orchestrator.core.erasures import erasures_forgotten
from orchestrator.core.plan import Plan
from orchestrator.testing import example_drill, example_plan

NONE = {"none": {"fr": "Aucun patient.", "en": "No patient."}}


def plan(drill: Drill, *, of: str | None) -> Plan:
    whole = example_plan(drill)
    assert whole.recovery_point is not None
    return whole.model_copy(update={"recovery_point": whole.recovery_point.model_copy(update={"of": of})})


def saying(of: str | None, **more: object) -> Drill:
    point = {"catalogue": "fake", "host": "database"} | ({"of": of} if of else {})
    return example_drill(recovery_point=point, **more)


@pytest.mark.parametrize(
    ("drill_says", "catalogue_says", "forgotten"),
    [
        (None, None, False),
        ("database", None, True),
        (None, "database", True),
        ("database", "database", True),
    ],
)
def test_silence_about_a_database_is_seen_whoever_says_that_it_is_one(
    drill_says: str | None, catalogue_says: str | None, forgotten: bool
) -> None:
    assert erasures_forgotten(plan(saying(drill_says), of=catalogue_says)) is forgotten


@pytest.mark.parametrize("answer", [{"replay": "restore", "check": "complete"}, NONE])
def test_a_drill_that_says_what_becomes_of_them_has_forgotten_nobody(answer: dict[str, object]) -> None:
    assert not erasures_forgotten(plan(saying("database", erasures=answer), of="database"))


def test_the_drill_speaks_for_itself_where_no_recovery_point_could_be_pinned() -> None:
    unpinned = example_plan(saying("database")).model_copy(update={"recovery_point": None})
    assert erasures_forgotten(unpinned)


def test_what_restores_nothing_brings_nobody_back() -> None:
    assert not erasures_forgotten(plan(example_drill(recovery_point=None), of="database"))


def test_plans_of_before_keep_their_digest() -> None:
    written = example_plan().model_dump(mode="json")
    assert "erasures" not in written["drill"]
    assert "of" not in written["drill"]["recovery_point"]
    assert "of" not in written["recovery_point"]
