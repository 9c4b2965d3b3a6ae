"""A run is proved where its bundle verifies and the register says the same of it; everything else has a name."""

import pytest

from orchestrator.core.model import Verdict
from reports.dossier.chronicle import Chronicle
from reports.dossier.lines import RunLine, Standing, build_lines
from reports.dossier.runs import DossierRun
from reports.register.entries import Ending, RegisterEvent
from tests.unit.reports.dossier.lives import at, bundle, chronicle, ended, sealed, started

WHOLE = ((at(3), started("r")), (at(3), ended("r")), (at(3), sealed("r")))


def line(entered: Chronicle, *bundles: DossierRun) -> RunLine:
    (one,) = build_lines(bundles, entered, wanted={"r": True}, perimeters=(5,))
    return one


def test_what_agrees_is_proved_and_counts() -> None:
    one = line(chronicle(*WHOLE), bundle("r"))
    assert (one.standing, one.counts, one.lines, one.number) == (Standing.PROVED, True, (0, 1, 2), 1)


@pytest.mark.parametrize(
    ("entered", "bundles", "standing"),
    [
        (WHOLE[:1], (), Standing.OPEN),
        (WHOLE[:1], (bundle("r"),), Standing.OPEN),
        (WHOLE[:2], (bundle("r"),), Standing.UNSEALED),
        (WHOLE, (), Standing.MISSING),
        (WHOLE, (bundle("r").model_copy(update={"valid": False}),), Standing.INVALID),
        (WHOLE, (bundle("r").model_copy(update={"facts": None}),), Standing.INVALID),
    ],
)
def test_what_is_missing_has_a_name(
    entered: tuple[tuple[object, RegisterEvent], ...], bundles: tuple[DossierRun, ...], standing: Standing
) -> None:
    one = line(chronicle(*entered), *bundles)  # type: ignore[arg-type]
    assert (one.standing, one.counts, one.facts) == (standing, False, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"drill": "other"},
        {"kind": "failover"},
        {"system": "labo"},
        {"perimeters": (6,)},
        {"plan_sha256": "1" * 64},
        {"journal_sha256": "1" * 64},
        {"attestation_sha256": "1" * 64},
        {"attestation_sha256": None},
        {"verdict": Verdict.PASSED_WITH_GAPS},
        {"refused": True},
    ],
)
def test_a_report_that_says_otherwise_is_contradicted(changes: dict[str, object]) -> None:
    one = line(chronicle(*WHOLE), bundle("r", **changes))
    assert (one.standing, one.counts) == (Standing.CONTRADICTED, False)


def test_a_register_that_says_two_things_proves_neither() -> None:
    twice = chronicle(*WHOLE, (at(4), ended("r", Ending.FAILED)))
    assert line(twice, bundle("r")).standing is Standing.CONTRADICTED
    again = chronicle(*WHOLE, (at(4), sealed("r")))
    assert line(again, bundle("r")).standing is Standing.PROVED


def test_a_bundle_that_the_register_does_not_know_is_shown_and_worth_nothing() -> None:
    (one,) = build_lines([bundle("r")], chronicle(), wanted={}, perimeters=(5,))
    assert (one.standing, one.counts, one.ending) == (Standing.UNREGISTERED, False, Ending.PASSED)


def test_a_bundle_of_another_period_or_perimeter_is_left_out() -> None:
    assert build_lines([bundle("r")], chronicle(*WHOLE), wanted={}, perimeters=(5,)) == ()
    assert build_lines([bundle("r")], chronicle(), wanted={}, perimeters=(6,)) == ()


def test_runs_are_numbered_by_their_beginning() -> None:
    entered = chronicle((at(3), started("b")), (at(2), started("a")))
    lines = build_lines([], entered, wanted={"b": True, "a": True}, perimeters=(5,))
    assert [(one.run_id, one.number) for one in lines] == [("a", 1), ("b", 2)]
