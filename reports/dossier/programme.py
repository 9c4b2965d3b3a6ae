"""The programme: each drill that was due, and what became of it. Pure: register entries and runs in, values out.

Which run was begun for which drill is `orchestrator.core.owed`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.core.model import Identifier, Moment, Record
from orchestrator.core.owed import Slot, begun_for, build_slots, is_waived
from reports.dossier.chronicle import Chronicle, Entered
from reports.dossier.lines import RunLine, Standing
from reports.dossier.period import Period
from reports.register.entries import (
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    Ending,
    Perimeters,
)


class Fate(StrEnum):
    """What became of a planned drill."""

    ON_TIME = "on-time"
    LATE = "late"
    FAILED = "failed"
    UNPROVED = "unproved"
    """It was begun and proves nothing: inconclusive, refused, aborted, or its report is not to be believed."""
    OPEN = "open"
    MISSED = "missed"
    WAIVED = "waived"
    TO_COME = "to-come"


class Waiver(Record):
    """Who let a drill be left out, until when and why; `line` of the register."""

    drill: Identifier
    system: Identifier
    perimeters: Perimeters
    waived_by: str
    reason: str
    entered_at: Moment
    until: Moment
    line: int


class Occurrence(Record):
    """One planned drill. `line`: where it was planned; None where only its miss was ever entered."""

    drill: Identifier
    system: Identifier
    perimeters: Perimeters
    due_at: Moment
    line: int | None
    fate: Fate
    run_id: str | None
    """The run that decided its fate."""
    attempts: tuple[str, ...]
    """Every run that was begun for it."""
    missed_line: int | None
    """Where the register itself says that it was missed."""
    missed_reason: str
    waiver: Waiver | None


class Programme(Record):
    """Everything that was due within the period, and the runs that nothing planned."""

    occurrences: tuple[Occurrence, ...]
    unplanned: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    """Those that were in force at some time of the period, whether or not a drill was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """One planned drill, with the time that is its own."""

    drill: str
    system: str
    perimeters: Perimeters
    due_at: datetime
    line: int | None
    missed: Entered[DrillMissed] | None
    slot: Slot

    def owns(self, drill: str, started_at: datetime) -> bool:
        """Whether a run may have been begun for it."""
        return drill == self.drill and self.slot.owns(started_at)


def wanted_runs(chronicle: Chronicle, *, period: Period, perimeters: Perimeters) -> dict[str, bool]:
    """The runs that the register has for a period, and whether each began within it.

    A run that began before or after the period is wanted where what it may have done was due within it.
    """
    due = tuple(_due(chronicle, period=period, perimeters=perimeters))
    started = [one for one in chronicle.of(DrillStarted) if set(one.event.perimeters) & set(perimeters)]
    return {
        one.event.run_id: period.holds(one.at)
        for one in started
        if period.holds(one.at) or any(each.owns(one.event.drill, one.at) for each in due)
    }


def build_programme(
    chronicle: Chronicle, runs: Sequence[RunLine], *, period: Period, perimeters: Perimeters, now: datetime
) -> Programme:
    """What became of everything that was due.

    Args:
        chronicle: The register.
        runs: Those that `wanted_runs` names, the oldest first.
        period: Within which the drills were due.
        perimeters: Those that the dossier is about.
        now: When the dossier is made, in UTC: what is due later is to come.
    """
    waivers = tuple(_waivers(chronicle, perimeters=perimeters))
    left, occurrences = list(runs), []
    for due in _due(chronicle, period=period, perimeters=perimeters):
        occurrence = _occurrence(due, left, waivers=waivers, now=now)
        left = [run for run in left if run.run_id not in occurrence.attempts]
        occurrences.append(occurrence)
    return Programme(
        occurrences=tuple(sorted(occurrences, key=lambda one: (one.due_at, one.drill))),
        unplanned=tuple(run.run_id for run in left if run.in_period),
        waivers=tuple(one for one in waivers if one.entered_at < period.ends_at and one.until >= period.starts_at),
    )


def _due(chronicle: Chronicle, *, period: Period, perimeters: Perimeters) -> Iterator[_Due]:
    """What was due within the period, drill by drill, in the order of its dates."""
    planned: dict[str, dict[datetime, Entered[DrillPlanned]]] = {}
    missed: dict[str, dict[datetime, Entered[DrillMissed]]] = {}
    for one in chronicle.of(DrillPlanned):
        planned.setdefault(one.event.drill, {}).setdefault(one.event.due_at, one)
    for other in chronicle.of(DrillMissed):
        missed.setdefault(other.event.drill, {}).setdefault(other.event.due_at, other)
    for drill in sorted(planned.keys() | missed.keys()):
        for due in _of_drill(planned.get(drill, {}), missed.get(drill, {})):
            if period.holds(due.due_at) and set(due.perimeters) & set(perimeters):
                yield due


def _of_drill(
    planned: dict[datetime, Entered[DrillPlanned]], missed: dict[datetime, Entered[DrillMissed]]
) -> Iterator[_Due]:
    dates = {due_at: planned[due_at].at if due_at in planned else None for due_at in planned.keys() | missed.keys()}
    for slot in build_slots(dates):
        plan, miss = planned.get(slot.due_at), missed.get(slot.due_at)
        event = (plan or missed[slot.due_at]).event
        yield _Due(
            drill=event.drill,
            system=event.system,
            perimeters=event.perimeters,
            due_at=slot.due_at,
            line=plan.line if plan else None,
            missed=miss,
            slot=slot,
        )


def _occurrence(due: _Due, runs: Sequence[RunLine], *, waivers: Sequence[Waiver], now: datetime) -> Occurrence:
    waiver = next((one for one in waivers if _covers(one, due)), None)
    fate, attempts = _fate(due, runs, waiver=waiver, now=now)
    return Occurrence(
        drill=due.drill,
        system=due.system,
        perimeters=due.perimeters,
        due_at=due.due_at,
        line=due.line,
        fate=fate,
        run_id=_deciding(attempts, fate),
        attempts=tuple(run.run_id for run in attempts),
        missed_line=due.missed.line if due.missed else None,
        missed_reason=due.missed.event.reason if due.missed else "",
        waiver=waiver,
    )


def _fate(due: _Due, runs: Sequence[RunLine], *, waiver: Waiver | None, now: datetime) -> tuple[Fate, list[RunLine]]:
    """The fate, with the runs that were begun for it."""
    in_time, late = begun_for(due.slot, [run for run in runs if run.drill == due.drill], now=now)
    if any(run.counts for run in in_time):
        return Fate.ON_TIME, in_time
    if any(run.counts for run in late):
        return Fate.LATE, [*in_time, *late]
    if in_time or late:
        return _unsuccessful([*in_time, *late]), [*in_time, *late]
    if waiver is not None:
        return Fate.WAIVED, []
    return (Fate.TO_COME if due.due_at > now else Fate.MISSED), []


def _unsuccessful(runs: Sequence[RunLine]) -> Fate:
    """What a drill comes to whose runs all count for nothing: open, then failed, then not proved."""
    if any(run.standing is Standing.OPEN for run in runs):
        return Fate.OPEN
    failed = (run.standing is Standing.PROVED and run.ending is Ending.FAILED for run in runs)
    return Fate.FAILED if any(failed) else Fate.UNPROVED


def _deciding(attempts: Sequence[RunLine], fate: Fate) -> str | None:
    if fate in (Fate.ON_TIME, Fate.LATE):
        return next(run.run_id for run in attempts if run.counts)
    return attempts[-1].run_id if attempts else None


def _covers(waiver: Waiver, due: _Due) -> bool:
    return waiver.drill == due.drill and is_waived(due.due_at, entered_at=waiver.entered_at, until=waiver.until)


def _waivers(chronicle: Chronicle, *, perimeters: Perimeters) -> Iterator[Waiver]:
    for one in chronicle.of(DrillWaived):
        event = one.event
        if set(event.perimeters) & set(perimeters):
            yield Waiver(
                drill=event.drill,
                system=event.system,
                perimeters=event.perimeters,
                waived_by=event.waived_by,
                reason=event.reason,
                entered_at=one.at,
                until=event.until,
                line=one.line,
            )
