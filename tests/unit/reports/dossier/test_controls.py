"""Mappings merged: what a drill is first of all about comes first, and a failed drill is told apart."""

from reports.dossier.controls import ControlLine, merge_controls
from reports.dossier.lines import RunLine, Standing
from reports.register.entries import Ending
from tests.unit.reports.dossier.lives import at, control, numbered, run


def merge(*runs: RunLine) -> list[ControlLine]:
    return list(merge_controls(numbered(runs), frameworks=["iso27001"]))


def test_each_control_names_the_reports_that_contribute() -> None:
    merged = merge(
        run(at(1), controls=(control("A.8.13"),)),
        run(at(2), controls=(control("A.8.13", primary=True),), ending=Ending.FAILED),
        run(at(3), controls=(control("A.8.13"),), standing=Standing.INVALID),
    )
    assert [(line.control.primary, line.counted, line.others) for line in merged] == [(True, (1,), (2,))]


def test_primary_ones_come_first_then_by_number_and_common_ones_last() -> None:
    merged = merge(
        run(
            at(1),
            controls=(
                control("9.1", common=True),
                control("A.8.13"),
                control("A.8.6"),
                control("A.5.30", primary=True),
            ),
        )
    )
    assert [line.control.reference for line in merged] == ["A.5.30", "A.8.6", "A.8.13", "9.1"]


def test_what_is_common_for_one_and_its_own_for_another_is_its_own() -> None:
    merged = merge(
        run(at(1), controls=(control("A.5.33", common=True),)), run(at(2), controls=(control("A.5.33", primary=True),))
    )
    assert [(line.control.common, line.control.primary) for line in merged] == [(False, True)]


def test_nothing_proved_contributes_nothing() -> None:
    assert merge(run(at(1), controls=(control("A.8.13"),), standing=Standing.OPEN)) == []
