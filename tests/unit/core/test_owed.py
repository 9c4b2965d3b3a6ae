"""Which run was begun for which date. The audit file's own tests ask the same rule through a whole programme."""

from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.core.owed import begun_for, build_slots, is_waived


@dataclass(frozen=True)
class Run:
    started_at: datetime
    counts: bool = True


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


PLANNED = {day(3, 31): day(1, 1), day(6, 30): day(1, 1)}


def test_each_date_has_its_own_time() -> None:
    first, second = build_slots(PLANNED)
    assert (first.opens_at, first.closes_at, first.next_opens_at) == (day(1, 1), day(6, 30), day(3, 31))
    assert (second.opens_at, second.closes_at, second.next_opens_at) == (day(3, 31), None, None)


def test_no_run_counts_that_began_before_it_was_planned() -> None:
    first = next(build_slots(PLANNED))
    assert not first.owns(day(1, 1))
    assert first.owns(day(1, 2))


def test_one_that_was_never_planned_is_never_in_time() -> None:
    slot = next(build_slots({day(3, 31): None}))
    assert begun_for(slot, [Run(day(3, 1)), Run(day(4, 1))], now=day(5, 1)) == ([], [Run(day(4, 1))])


def test_one_run_is_late_until_the_next_date_needs_it() -> None:
    first, second = build_slots(PLANNED)
    run = Run(day(4, 10))
    assert begun_for(first, [run], now=day(5, 1)) == ([], [run])
    assert begun_for(first, [run], now=day(7, 1)) == ([], [])
    assert begun_for(second, [run], now=day(7, 1)) == ([run], [])


def test_a_waiver_is_given_beforehand() -> None:
    assert is_waived(day(3, 31), entered_at=day(3, 31), until=day(3, 31))
    assert not is_waived(day(3, 31), entered_at=day(4, 1), until=day(6, 1))
    assert not is_waived(day(3, 31), entered_at=day(1, 1), until=day(3, 30))
