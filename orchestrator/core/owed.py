"""Which run was begun for which planned drill. Pure; what a run proves is its caller's to say (`counts`).

A run does one planned drill at most, and only one that was planned before it began; where in doubt, against us.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar


class Attempt(Protocol):
    """A run of a drill, as far as it matters here."""

    @property
    def started_at(self) -> datetime:
        """When it was begun, in UTC."""

    @property
    def counts(self) -> bool:
        """Whether it tested what it was to test."""


AnyAttempt = TypeVar("AnyAttempt", bound=Attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One date of a drill with the time that is its own: a run from `opens_at` to `due_at` is in time, then late.

    From `next_opens_at` a run may be that of the next date, which is due at `closes_at`; None: there is none.
    """

    due_at: datetime
    opens_at: datetime
    next_opens_at: datetime | None
    closes_at: datetime | None

    def owns(self, started_at: datetime) -> bool:
        """Whether a run of the drill may have been begun for it."""
        return self.opens_at < started_at <= (self.closes_at or started_at)


def build_slots(planned: Mapping[datetime, datetime | None]) -> Iterator[Slot]:
    """The dates of one drill in their order, each with its own time.

    Args:
        planned: For each date when it was planned; None: it never was, and only its miss is known.
    """
    dates = sorted(planned)
    for number, due_at in enumerate(dates):
        following = dates[number + 1] if number + 1 < len(dates) else None
        yield Slot(
            due_at=due_at,
            opens_at=_opens(planned[due_at], due_at, before=dates[:number]),
            next_opens_at=_opens(planned[following], following, before=[due_at]) if following else None,
            closes_at=following,
        )


def begun_for(slot: Slot, runs: Sequence[AnyAttempt], *, now: datetime) -> tuple[list[AnyAttempt], list[AnyAttempt]]:
    """The runs that were begun for a date: those in time, and those that were late.

    Args:
        slot: The date.
        runs: Of its drill, the oldest first, without those that were begun for an earlier date.
        now: In UTC.
    """
    own = [run for run in runs if slot.owns(run.started_at)]
    late = [run for run in own if run.started_at > slot.due_at]
    return [run for run in own if run.started_at <= slot.due_at], _late(slot, late, now=now)


def is_waived(due_at: datetime, *, entered_at: datetime, until: datetime) -> bool:
    """A waiver is given beforehand: one that is entered when the drill was already overdue repairs nothing."""
    return entered_at <= due_at <= until


def _opens(planned_at: datetime | None, due_at: datetime, *, before: Sequence[datetime]) -> datetime:
    """No run counts that began before it was planned; where it never was, none is in time."""
    return max([planned_at or due_at, *before[-1:]])


def _late(slot: Slot, runs: list[AnyAttempt], *, now: datetime) -> list[AnyAttempt]:
    """Of the runs after the due date those that are not the next date's: else one run would move them all."""
    if slot.closes_at is None or slot.next_opens_at is None or slot.closes_at > now:
        return runs[: _first_that_counts(runs)]
    opens = slot.next_opens_at
    before = [run for run in runs if run.started_at <= opens]
    spare = [run for run in runs if run.started_at > opens and run.counts]
    if any(run.counts for run in before) or len(spare) < 2:
        return before[: _first_that_counts(before)]
    return [*before, spare[0]]


def _first_that_counts(runs: Sequence[Attempt]) -> int:
    """How many runs there are up to and with the first that counts; all of them where none does."""
    return next((number for number, run in enumerate(runs, start=1) if run.counts), len(runs))
