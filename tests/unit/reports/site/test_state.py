"""What presses: a date that is past and that no run which counts made good, once for each drill."""

from datetime import timedelta

from reports.dossier.programme import Fate
from reports.register.programme import DueState, Owed
from reports.site.state import latest_runs, never_run, pressing
from tests.unit.reports.dossier.lives import at, planned
from tests.unit.reports.site.materials import material

NOW = at(7)
MISSED = ((at(1, 2), planned(at(3, 31))), (at(1, 2), planned(at(6, 30))))


def test_two_dates_of_one_drill_are_owed_once() -> None:
    (one,) = pressing(material(*MISSED, now=NOW).outlook, ())
    assert (one.occurrence.fate, one.count, one.since, one.last_at) == (Fate.MISSED, 2, at(3, 31), None)


def test_what_is_due_later_does_not_press() -> None:
    assert pressing(material((at(1, 2), planned(at(12, 31))), now=NOW).outlook, ()) == ()


def test_what_may_still_begin_says_until_when() -> None:
    made = material(*MISSED, now=NOW)
    until = NOW + timedelta(days=3)
    owed = [
        Owed(
            drill=one.drill,
            system=one.system,
            perimeters=one.perimeters,
            due_at=one.due_at,
            last_at=until,
            state=DueState.OVERDUE,
            missed=False,
            missed_seq=None,
            runs=(),
            waiver=None,
            caught_up=False,
        )
        for one in made.owed
    ]
    (one,) = pressing(made.outlook, owed)
    assert one.last_at == until


def test_a_drill_without_a_run_is_never_run() -> None:
    outlook = material(*MISSED, now=NOW).outlook
    assert [one.id for one in never_run(outlook)] == ["restore"]
    assert latest_runs(outlook) == ()
