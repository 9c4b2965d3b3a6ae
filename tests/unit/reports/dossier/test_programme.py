"""What becomes of a planned drill: in time, late, failed, not proved, open, missed, waived, to come; once each."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from reports.dossier.chronicle import Chronicle
from reports.dossier.lines import RunLine, Standing
from reports.dossier.period import Period
from reports.dossier.programme import Fate, Occurrence, Programme, build_programme, wanted_runs
from reports.register.entries import Ending
from tests.unit.reports.dossier.lives import NOW, at, chronicle, missed, planned, run, started, waived

YEAR = Period(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))
PLAN = (at(1, 2), planned(at(3, 31)))


def build(entered: Chronicle, runs: Sequence[RunLine] = (), *, now: datetime = NOW) -> Programme:
    return build_programme(entered, runs, period=YEAR, perimeters=(5,), now=now)


def only(entered: Chronicle, *runs: RunLine, now: datetime = NOW) -> Occurrence:
    (occurrence,) = build(entered, runs, now=now).occurrences
    return occurrence


def test_a_run_before_the_date_is_in_time() -> None:
    done = only(chronicle(PLAN), run(at(3, 2)))
    assert (done.fate, done.run_id) == (Fate.ON_TIME, "20260302-restore")


def test_a_run_after_the_date_is_late() -> None:
    assert only(chronicle(PLAN), run(at(4, 2))).fate is Fate.LATE


@pytest.mark.parametrize(
    ("ending", "standing", "fate"),
    [
        (Ending.FAILED, Standing.PROVED, Fate.FAILED),
        (Ending.INCONCLUSIVE, Standing.PROVED, Fate.UNPROVED),
        (Ending.REFUSED, Standing.PROVED, Fate.UNPROVED),
        (Ending.ABORTED, Standing.PROVED, Fate.UNPROVED),
        (Ending.PASSED, Standing.INVALID, Fate.UNPROVED),
        (Ending.PASSED, Standing.CONTRADICTED, Fate.UNPROVED),
        (Ending.PASSED, Standing.MISSING, Fate.UNPROVED),
        (Ending.PASSED, Standing.UNSEALED, Fate.UNPROVED),
        (Ending.FAILED, Standing.INVALID, Fate.UNPROVED),
        (None, Standing.OPEN, Fate.OPEN),
    ],
)
def test_what_proves_nothing_does_nothing(ending: Ending | None, standing: Standing, fate: Fate) -> None:
    done = only(chronicle(PLAN), run(at(3, 2), ending=ending, standing=standing))
    assert (done.fate, done.attempts) == (fate, ("20260302-restore",))


def test_a_failed_run_and_then_a_good_one_in_time() -> None:
    done = only(chronicle(PLAN), run(at(2), ending=Ending.FAILED), run(at(3)))
    assert (done.fate, done.run_id, len(done.attempts)) == (Fate.ON_TIME, "20260301-restore", 2)


def test_no_run_is_missed_whether_or_not_anybody_entered_it() -> None:
    seen, entered = only(chronicle(PLAN)), only(chronicle(PLAN, (at(4), missed(at(3, 31)))))
    assert (seen.fate, seen.missed_line) == (Fate.MISSED, None)
    assert (entered.fate, entered.missed_line, entered.missed_reason) == (Fate.MISSED, 1, "nobody was there")


def test_a_miss_that_nothing_had_planned_is_one_all_the_same() -> None:
    alone = only(chronicle((at(4), missed(at(3, 31)))))
    assert (alone.fate, alone.line) == (Fate.MISSED, None)


def test_a_date_that_has_not_come_is_to_come() -> None:
    assert only(chronicle(PLAN), now=at(3)).fate is Fate.TO_COME


def test_a_waiver_covers_what_falls_due_while_it_lasts() -> None:
    assert only(chronicle(PLAN, (at(2), waived(at(6))))).fate is Fate.WAIVED
    assert only(chronicle(PLAN, (at(2), waived(at(3, 30))))).fate is Fate.MISSED


def test_a_waiver_that_comes_afterwards_repairs_nothing() -> None:
    assert only(chronicle(PLAN, (at(4, 2), waived(at(6))))).fate is Fate.MISSED


def test_a_drill_that_is_waived_and_held_is_held() -> None:
    assert only(chronicle(PLAN, (at(2), waived(at(6)))), run(at(3))).fate is Fate.ON_TIME


def test_a_run_before_the_drill_was_planned_is_not_its_run() -> None:
    programme = build(chronicle(PLAN), [run(at(1, 1))])
    assert [one.fate for one in programme.occurrences] == [Fate.MISSED]
    assert programme.unplanned == ("20260101-restore",)


def test_a_run_does_one_planned_drill() -> None:
    """Three runs in the first month are not those of the next two."""
    dates = [planned(at(month, 28)) for month in (1, 2, 3)]
    entered = chronicle(*((at(1, 1), event) for event in dates))
    programme = build(entered, [run(at(1, day), name=f"r{day}") for day in (5, 6, 7)])
    assert [one.fate for one in programme.occurrences] == [Fate.ON_TIME, Fate.MISSED, Fate.MISSED]


def test_one_miss_does_not_make_all_the_others_late() -> None:
    dates = [planned(at(month, 28)) for month in (1, 2, 3, 4)]
    entered = chronicle(*((at(1, 1), event) for event in dates))
    programme = build(entered, [run(at(month, 5)) for month in (2, 3, 4)])
    assert [one.fate for one in programme.occurrences] == [Fate.MISSED, Fate.ON_TIME, Fate.ON_TIME, Fate.ON_TIME]


def test_of_two_runs_after_a_miss_the_first_is_late() -> None:
    entered = chronicle((at(1, 1), planned(at(1, 28))), (at(1, 1), planned(at(2, 27))))
    programme = build(entered, [run(at(2, 2)), run(at(2, 20))])
    assert [one.fate for one in programme.occurrences] == [Fate.LATE, Fate.ON_TIME]


def test_a_run_before_the_next_drill_was_planned_is_late() -> None:
    entered = chronicle((at(1, 1), planned(at(1, 28))), (at(2, 10), planned(at(2, 27))))
    programme = build(entered, [run(at(2, 2))])
    assert [one.fate for one in programme.occurrences] == [Fate.LATE, Fate.MISSED]


def test_a_bad_run_after_a_miss_is_the_next_drills() -> None:
    entered = chronicle((at(1, 1), planned(at(1, 28))), (at(1, 1), planned(at(2, 27))))
    programme = build(entered, [run(at(2, 2), ending=Ending.FAILED)])
    assert [one.fate for one in programme.occurrences] == [Fate.MISSED, Fate.FAILED]


def test_planning_the_same_twice_is_planning_it_once() -> None:
    assert len(build(chronicle(PLAN, PLAN)).occurrences) == 1


def test_other_drills_and_other_perimeters_are_not_looked_at() -> None:
    entered = chronicle(PLAN, (at(1, 2), planned(at(3, 31), "failover", "pacs", (6,))))
    programme = build(entered, [run(at(3), drill="other")])
    assert [(one.drill, one.fate) for one in programme.occurrences] == [("restore", Fate.MISSED)]
    assert programme.unplanned == ("20260301-other",)


def test_waivers_of_the_period_are_listed() -> None:
    entered = chronicle((at(1, year=2025), waived(at(6, year=2025))), (at(2), waived(at(6))))
    assert [one.line for one in build(entered).waivers] == [1]


def test_a_run_outside_the_period_is_wanted_where_it_does_what_was_due_within() -> None:
    entered = chronicle(
        (at(11, year=2025), planned(at(1, 10))),
        (at(12, 20, year=2025), started("before")),
        (at(2), started("within")),
        (at(2), started("elsewhere", perimeters=(6,))),
        (at(6), planned(at(12, 30))),
        (at(1, 5, year=2027), started("after")),
        (at(1, 6, year=2027), started("another", "unknown")),
    )
    assert wanted_runs(entered, period=YEAR, perimeters=(5,)) == {"before": False, "within": True, "after": False}
