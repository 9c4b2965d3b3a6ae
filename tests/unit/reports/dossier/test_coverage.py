"""Only what counts is a test; every hole is a cell; the indicator asks for every system in each of its perimeters."""

from collections.abc import Sequence
from datetime import date, datetime

from reports.dossier.coverage import CellState, Coverage, build_coverage, known_pairs
from reports.dossier.lines import RunLine, Standing
from reports.dossier.period import Period
from reports.dossier.programme import build_programme
from reports.register.entries import Ending, RegisterEvent
from tests.unit.reports.dossier.lives import NOW, at, chronicle, missed, planned, run, started, waived

YEAR = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))
KINDS = ("backup-restore", "failover")


def cover(
    runs: Sequence[RunLine] = (),
    *written: tuple[datetime, RegisterEvent],
    pairs: Sequence[tuple[int, str]],
    now: datetime = NOW,
) -> Coverage:
    programme = build_programme(chronicle(*written), runs, period=YEAR, perimeters=(5, 6), now=now)
    return build_coverage(runs, programme, pairs=pairs, kinds=KINDS, period=YEAR, perimeters=(5, 6), now=now)


def states(coverage: Coverage, row: int = 0) -> list[CellState]:
    return [cell.state for cell in coverage.rows[row].cells]


def test_each_quarter_says_what_it_holds() -> None:
    runs = [run(at(2)), run(at(2, 2)), run(at(5), ending=Ending.INCONCLUSIVE)]
    coverage = cover(runs, pairs=[(5, "dpi")])
    assert states(coverage) == [CellState.TESTED, CellState.TRIED, CellState.EMPTY, CellState.EMPTY]
    assert (coverage.rows[0].cells[0].counted, coverage.rows[0].cells[1].others) == (2, 1)


def test_missed_and_waived_quarters_and_those_to_come() -> None:
    written = (
        (at(1, 2), planned(at(3, 31))),
        (at(4), missed(at(3, 31))),
        (at(4), waived(at(7))),
        (at(1, 2), planned(at(6, 30))),
    )
    coverage = cover((), *written, pairs=[(5, "dpi")], now=at(8))
    assert states(coverage) == [CellState.MISSED, CellState.WAIVED, CellState.EMPTY, CellState.TO_COME]


def test_a_run_that_is_not_proved_tests_nothing() -> None:
    for standing in Standing:
        coverage = cover([run(at(2), standing=standing)], pairs=[(5, "dpi")])
        assert coverage.indicators[0].met is (standing is Standing.PROVED)


def test_a_run_outside_the_period_is_not_looked_at() -> None:
    coverage = cover([run(at(12, 20, year=2025), in_period=False)], pairs=[(5, "dpi")])
    assert not coverage.indicators[0].met


def test_a_system_is_tested_in_all_of_its_perimeters_or_not() -> None:
    coverage = cover([run(at(2), perimeters=(5,))], pairs=[(5, "dpi"), (6, "dpi")])
    indicator = coverage.indicators[0]
    assert (indicator.tested, indicator.systems) == (0, 1)
    assert [(one.system, one.perimeters) for one in indicator.untested] == [("dpi", (6,))]
    assert coverage.untested_perimeters == (6,)
    assert coverage.untested_kinds == ("failover",)


def test_three_years_are_three_indicators() -> None:
    three = Period(first_day=date(2024, 1, 1), last_day=date(2026, 12, 31))
    runs = [run(at(2)), run(at(2, year=2024))]
    programme = build_programme(chronicle(), runs, period=three, perimeters=(5,), now=NOW)
    coverage = build_coverage(runs, programme, pairs=[(5, "dpi")], kinds=KINDS, period=three, perimeters=(5,), now=NOW)
    assert [indicator.met for indicator in coverage.indicators] == [True, False, True]
    assert coverage.untested_systems == ()


def test_where_no_system_is_known_nothing_is_met() -> None:
    coverage = cover(pairs=[])
    assert not coverage.indicators[0].met
    assert coverage.untested_perimeters == (5, 6)


def test_systems_are_known_from_the_project_the_register_and_the_reports() -> None:
    entered = chronicle((at(1), planned(at(3), system="dpi")), (at(2), started("r", system="labo", perimeters=(5, 6))))
    later = chronicle((at(1, year=2027), planned(at(3, year=2027), system="new")))
    runs = [run(at(3), system="pacs", perimeters=(6,))]
    declared = [("archive", (5,)), ("elsewhere", (1,))]
    pairs = known_pairs(entered, runs, declared=declared, perimeters=(5, 6), until=YEAR.ends_at)
    assert pairs == ((5, "archive"), (5, "dpi"), (5, "labo"), (6, "labo"), (6, "pacs"))
    assert known_pairs(later, [], declared=[], perimeters=(5, 6), until=YEAR.ends_at) == ()
