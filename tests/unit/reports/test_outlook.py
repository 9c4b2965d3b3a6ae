"""The quarters that are looked back on, and that the recent picture is what a dossier of the same days holds."""

from datetime import UTC, date, datetime

from reports.outlook import build_outlook, recent_quarters
from tests.unit.reports.dossier.dossiers import DRILL, dossier
from tests.unit.reports.dossier.lives import at, chain, missed, planned


def test_whole_quarters_end_with_the_one_under_way() -> None:
    period = recent_quarters(datetime(2026, 11, 24, tzinfo=UTC))
    assert (period.first_day, period.last_day) == (date(2025, 1, 1), date(2026, 12, 31))
    one = recent_quarters(datetime(2026, 2, 1, tzinfo=UTC), count=1)
    assert (one.first_day, one.last_day) == (date(2026, 1, 1), date(2026, 3, 31))


def test_a_quarter_begins_when_it_does_in_paris() -> None:
    late = recent_quarters(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), count=1)
    assert late.first_day == date(2026, 4, 1)


def test_the_recent_picture_is_what_a_dossier_of_the_same_days_holds() -> None:
    written = ((at(1), planned(at(3, 31))), (at(4, 2), missed(at(3, 31))), (at(1), planned(at(6, 30))))
    made = dossier(chain(*written), drills=(DRILL,), now=at(7))
    outlook = build_outlook(made.scope, (), chain(*written), checkpoint=None)
    recent = outlook.recent
    assert (recent.coverage, recent.programme, recent.trends) == (made.coverage, made.programme, made.trends)
    assert (recent.runs, recent.follow_up) == (made.runs, made.follow_up)
    assert [one.system for one in outlook.never_tested] == ["dpi"]


def test_what_was_due_long_ago_is_in_the_whole() -> None:
    old = chain((at(1, year=2020), planned(at(3, 31, year=2020))))
    made = dossier(now=at(7))
    outlook = build_outlook(made.scope, (), old, checkpoint=None)
    assert [one.due_at for one in outlook.whole.programme.occurrences] == [at(3, 31, year=2020)]
    assert outlook.recent.programme.occurrences == ()
