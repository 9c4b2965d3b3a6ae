"""How everything stands that was planned, by the register alone: what is due, overdue, missed, waived. Pure.

It takes the register's word for how a run ended; the audit file asks each report as well (`reports.dossier.programme`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.core.owed import Slot, begun_for, build_slots, is_waived
from reports.register.entries import (
    PASSING,
    DrillEnded,
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    Perimeters,
    RegisterEntry,
)


class DueState(StrEnum):
    """How one date of a drill stands."""

    DONE = "done"
    BEGUN = "begun"
    """A run was begun for it, and none that counts: it runs, failed, or proved nothing."""
    WAIVED = "waived"
    TO_COME = "to-come"
    OVERDUE = "overdue"
    """Its date is past, and it may still be begun: the catch-up is not over."""
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Who let a drill be left out, until when, why; `seq` of its entry."""

    drill: str
    waived_by: str
    reason: str
    entered_at: datetime
    until: datetime
    seq: int

    def covers(self, drill: str, due_at: datetime) -> bool:
        """Whether it lets a date be left out."""
        return self.drill == drill and is_waived(due_at, entered_at=self.entered_at, until=self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One date of a drill. `last_at`: when window and catch-up are over."""

    drill: str
    system: str
    perimeters: Perimeters
    due_at: datetime
    last_at: datetime
    state: DueState
    missed: bool
    """Nobody began it in time, even where somebody did so afterwards."""
    missed_seq: int | None
    """The entry that says so."""
    runs: tuple[str, ...]
    waiver: Waiver | None
    caught_up: bool
    """A later run of the drill counts: what was missed is no longer owed."""

    @property
    def pressing(self) -> bool:
        """Whether somebody must do something about it."""
        unsettled = self.state in (DueState.OVERDUE, DueState.MISSED, DueState.BEGUN)
        return unsettled and not self.caught_up


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A run, as the register knows it."""

    run_id: str
    started_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """The register, as far as one drill is concerned."""

    event: DrillPlanned | DrillMissed
    planned: Mapping[datetime, datetime]
    missed: Mapping[datetime, int]
    runs: Sequence[_Begun]
    waivers: Sequence[Waiver]


def build_owed(
    entries: Sequence[RegisterEntry], *, catch_up: Mapping[str, timedelta], now: datetime
) -> tuple[Owed, ...]:
    """How everything stands that was ever planned, the earliest date first.

    Args:
        entries: Of the register, all of them.
        catch_up: How long after its date each drill may still begin; a drill that is not there: not at all.
        now: In UTC.
    """
    found = [one for book in _books(entries) for one in _of_drill(book, catch_up=catch_up, now=now)]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.drill)))


def waivers_of(entries: Sequence[RegisterEntry]) -> Iterator[Waiver]:
    """Every waiver that was entered, the oldest first."""
    for entry in entries:
        if isinstance(entry.event, DrillWaived):
            yield Waiver(
                drill=entry.event.drill,
                waived_by=entry.event.waived_by,
                reason=entry.event.reason,
                entered_at=entry.at,
                until=entry.event.until,
                seq=entry.seq,
            )


def _books(entries: Sequence[RegisterEntry]) -> Iterator[_Book]:
    """One pass over the register, however many drills there are."""
    events: dict[str, DrillPlanned | DrillMissed] = {}
    planned: dict[str, dict[datetime, datetime]] = defaultdict(dict)
    missed: dict[str, dict[datetime, int]] = defaultdict(dict)
    for entry in entries:
        match entry.event:
            case DrillPlanned() as event:
                planned[event.drill].setdefault(event.due_at, entry.at)
                events[event.drill] = event
            case DrillMissed() as event:
                missed[event.drill].setdefault(event.due_at, entry.seq)
                events[event.drill] = event
    runs, waivers = _runs(entries), tuple(waivers_of(entries))
    for drill, event in sorted(events.items()):
        own = tuple(waiver for waiver in waivers if waiver.drill == drill)
        yield _Book(event=event, planned=planned[drill], missed=missed[drill], runs=runs[drill], waivers=own)


def _runs(entries: Sequence[RegisterEntry]) -> Mapping[str, Sequence[_Begun]]:
    """The runs of each drill, in the order in which they were entered."""
    endings = {entry.event.run_id: entry.event.ending for entry in entries if isinstance(entry.event, DrillEnded)}
    found: dict[str, list[_Begun]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.event, DrillStarted):
            counts = endings.get(entry.event.run_id) in PASSING
            begun = _Begun(run_id=entry.event.run_id, started_at=entry.at, counts=counts)
            found[entry.event.drill].append(begun)
    return found


def _of_drill(book: _Book, *, catch_up: Mapping[str, timedelta], now: datetime) -> Iterator[Owed]:
    left = list(book.runs)
    for slot in build_slots({due_at: book.planned.get(due_at) for due_at in book.planned.keys() | book.missed.keys()}):
        in_time, late = begun_for(slot, left, now=now)
        runs = [*in_time, *late]
        left = [run for run in left if run not in runs]
        yield _owed(book, slot, runs, catch_up=catch_up, now=now)


def _owed(book: _Book, slot: Slot, runs: Sequence[_Begun], *, catch_up: Mapping[str, timedelta], now: datetime) -> Owed:
    last_at = _last(slot, catch_up=catch_up.get(book.event.drill, timedelta()))
    waiver = next((one for one in book.waivers if one.covers(book.event.drill, slot.due_at)), None)
    missed = waiver is None and now > last_at and not any(run.started_at <= last_at for run in runs)
    return Owed(
        drill=book.event.drill,
        system=book.event.system,
        perimeters=book.event.perimeters,
        due_at=slot.due_at,
        last_at=last_at,
        state=_state(slot, runs, waiver=waiver, missed=missed, now=now),
        missed=missed,
        missed_seq=book.missed.get(slot.due_at),
        runs=tuple(run.run_id for run in runs),
        waiver=waiver,
        caught_up=any(run.counts and run.started_at > slot.due_at for run in book.runs),
    )


def _last(slot: Slot, *, catch_up: timedelta) -> datetime:
    """The catch-up ends where the next date is due: from then on a run is that one's."""
    last_at = slot.due_at + catch_up
    return min(last_at, slot.closes_at) if slot.closes_at else last_at


def _state(slot: Slot, runs: Sequence[_Begun], *, waiver: Waiver | None, missed: bool, now: datetime) -> DueState:
    if any(run.counts for run in runs):
        return DueState.DONE
    if runs:
        return DueState.BEGUN
    if waiver is not None:
        return DueState.WAIVED
    if missed:
        return DueState.MISSED
    return DueState.TO_COME if slot.due_at >= now else DueState.OVERDUE
