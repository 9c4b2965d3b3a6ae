"""The programme of a project: what its drills' schedules make due, entered ahead; what was missed, entered with why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.app.choices import own_rules
from orchestrator.app.drills import read_drill, read_drills
from orchestrator.app.register import view_register
from orchestrator.app.workplace import Workplace
from orchestrator.app.zones import find_zone
from orchestrator.core.drill import Drill, Schedule
from orchestrator.core.due import due_dates
from orchestrator.errors import UsageError
from orchestrator.locks import locked
from orchestrator.plugins import drill_names
from reports.dossier.chronicle import Chronicle
from reports.dossier.period import Period
from reports.register.entries import DrillMissed, DrillPlanned, DrillWaived, RegisterEntry
from reports.register.log import RegisterLog
from reports.register.programme import Owed, Waiver, build_owed, waivers_of
from reports.scan import scan
from reports.typography import PARIS

LONGEST_WAIVER = timedelta(days=366)
LONGEST_WORDS = 300
"""Characters of a `ShortText`."""

FARTHEST = timedelta(days=5 * 366)
"""How far ahead a programme may be entered: what is planned stays planned, whatever schedules become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A drill with its schedule. `bundled`: an example that comes with the product, planned only where it is named."""

    drill: Drill
    schedule: Schedule
    zone: ZoneInfo
    bundled: bool

    @property
    def catch_up(self) -> timedelta:
        """How long after its date it may still begin."""
        return timedelta(microseconds=self.schedule.catch_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a call of `reprise programme` entered, and how the programme stands after it."""

    planned: tuple[DrillPlanned, ...]
    missed: tuple[DrillMissed, ...]
    owed: tuple[Owed, ...]
    notes: tuple[str, ...]


def enter_programme(
    workplace: Workplace, register: RegisterLog, *, until: date | None, named: Sequence[str] = ()
) -> Entered:
    """Enter what is due until a day, and what was missed. What is there already is not entered again.

    Args:
        workplace: The project.
        register: Opened for writing.
        until: The last day, in Paris; None: the last of this year.
        named: Bundled drills that are of this programme too. Once planned, a drill need not be named again.

    Raises:
        UsageError: The day is past, or further away than anybody plans; a drill that is named has no schedule.
        DefinitionError: A drill cannot be meant, or names a time zone that does not exist.
        LockedError: Somebody else enters the programme now.
    """
    now = workplace.clock.now()
    ends_at = _end(until or date(now.astimezone(PARIS).year, 12, 31), now=now, farthest=FARTHEST)
    drills = scheduled_drills(workplace)
    _check_named(named, drills)
    with locked(["register-programme"], directory=workplace.project.locks, holder="`reprise programme`"):
        register.refresh()
        entries = register.entries()
        own = _of_the_programme(drills, entries, named=named)
        planned = tuple(_planned(own, entries, now=now, until=ends_at))
        missed = tuple(_missed(owed, drills=drills) for owed in _to_enter(entries, drills, now=now))
        register.append([*missed, *planned])
    owed = build_owed(register.entries(), catch_up=catch_ups(drills), now=now)
    return Entered(planned=planned, missed=missed, owed=owed, notes=tuple(_notes(drills, owed, now=now)))


def read_owed(workplace: Workplace) -> tuple[Owed, ...]:
    """How everything stands that was ever planned, from the register alone and the drills' catch-ups. Enters nothing.

    Raises:
        EvidenceError: There is no register, or it is not what was signed.
    """
    entries = view_register(workplace.project).entries()
    return build_owed(entries, catch_up=catch_ups(scheduled_drills(workplace)), now=workplace.clock.now())


def waive(workplace: Workplace, register: RegisterLog, *, drill: str, until: date, reason: str, by: str) -> Waiver:
    """Enter that a named person lets a drill be left out until the end of a day. Covers nothing that is overdue now.

    Raises:
        UsageError: There is no such drill, the day is past or more than a year away, or name or reason are missing.
        EvidenceError: Name or reason hold what evidence must not hold.
    """
    now = workplace.clock.now()
    ends_at = _end(until, now=now, farthest=LONGEST_WAIVER)
    known = _known(workplace, register.entries(), drill)
    by, reason = required(by, option="--by"), required(reason, option="--reason")
    check_texts(workplace, {"--by": by, "--reason": reason})
    event = DrillWaived(drill=drill, system=known[0], perimeters=known[1], waived_by=by, reason=reason, until=ends_at)
    entry = register.append([event])[0]
    return Waiver(drill=drill, waived_by=by, reason=reason, entered_at=entry.at, until=ends_at, seq=entry.seq)


def waivers_in_force(workplace: Workplace, entries: Sequence[RegisterEntry]) -> tuple[Waiver, ...]:
    """The waivers that have not ended, the oldest first."""
    return tuple(waiver for waiver in waivers_of(entries) if waiver.until >= workplace.clock.now())


def scheduled_drills(workplace: Workplace) -> dict[str, Scheduled]:
    """Every drill that has a schedule, with its time zone.

    Raises:
        DefinitionError: A drill cannot be meant, or names a time zone that does not exist.
    """
    found = {}
    for file in read_drills(workplace):
        drill = file.parse()
        if drill.schedule is not None:
            zone = find_zone(drill.schedule, file=file.place)
            bundled = file.origin == "bundled"
            found[drill.id] = Scheduled(drill=drill, schedule=drill.schedule, zone=zone, bundled=bundled)
    return found


def catch_ups(drills: dict[str, Scheduled]) -> dict[str, timedelta]:
    """How long after its date each drill may still begin."""
    return {name: one.catch_up for name, one in drills.items()}


def required(text: str, *, option: str, longest: int = LONGEST_WORDS) -> str:
    """What a person must say, without the spaces around it; as long as an entry can hold.

    Raises:
        UsageError: It is empty, or too long.
    """
    said = text.strip()
    if not said or len(said) > longest:
        problem = "is empty" if not said else f"has {len(said)} characters, and may have {longest}"
        raise UsageError(f"{option}: it {problem}", hint="it is entered for good, and auditors read it")
    return said


def check_texts(workplace: Workplace, texts: dict[str, str]) -> None:
    """What must not be in evidence is not entered either: a register can never be cut.

    Raises:
        EvidenceError: Something was found. Names the place and the kind, never the value.
    """
    scan({name: text.encode() for name, text in texts.items()}, own=own_rules(workplace.project))


def _end(day: date, *, now: datetime, farthest: timedelta) -> datetime:
    """The last second of a day in Paris."""
    hint = "days look like 2026-12-31, and are counted in Paris"
    if not date(2000, 1, 1) <= day < date(2200, 1, 1):
        raise UsageError(f"--until {day}: no such day can be planned", hint=hint)
    ends_at = Period(first_day=day, last_day=day).ends_at - timedelta(seconds=1)
    if ends_at <= now:
        raise UsageError(f"--until {day}: that day is over", hint=hint)
    if ends_at > now + farthest:
        raise UsageError(f"--until {day}: that is more than {farthest.days} days away", hint="choose an earlier day")
    return ends_at


def _check_named(named: Sequence[str], drills: dict[str, Scheduled]) -> None:
    unknown = sorted(set(named) - drills.keys())
    if unknown:
        hint = f"those that have one: {', '.join(sorted(drills)) or 'none'}"
        raise UsageError(f"no drill with a schedule is called {', '.join(unknown)}", hint=hint)


def _of_the_programme(
    drills: dict[str, Scheduled], entries: Sequence[RegisterEntry], *, named: Sequence[str]
) -> dict[str, Scheduled]:
    kept = {one.event.drill for one in Chronicle(entries).of(DrillPlanned)} | set(named)
    return {name: one for name, one in drills.items() if not one.bundled or name in kept}


def _planned(
    drills: dict[str, Scheduled],
    entries: Sequence[RegisterEntry],
    *,
    now: datetime,
    until: datetime,
) -> Iterator[DrillPlanned]:
    known = {(one.event.drill, one.event.due_at) for one in Chronicle(entries).of(DrillPlanned)}
    events = [
        DrillPlanned(drill=name, system=of.drill.system, perimeters=of.drill.perimeters, due_at=one.due_at)
        for name, of in drills.items()
        for one in due_dates(of.schedule, zone=of.zone, after=now, until=until)
    ]
    yield from sorted(
        (event for event in events if (event.drill, event.due_at) not in known),
        key=lambda event: (event.due_at, event.drill),
    )


def _to_enter(entries: Sequence[RegisterEntry], drills: dict[str, Scheduled], *, now: datetime) -> Iterator[Owed]:
    owed = build_owed(entries, catch_up=catch_ups(drills), now=now)
    return (one for one in owed if one.missed and one.missed_seq is None)


def _missed(owed: Owed, *, drills: dict[str, Scheduled]) -> DrillMissed:
    reason = f"no run was begun for it by {owed.last_at:%Y-%m-%dT%H:%M:%SZ}, when window and catch-up ended"
    if owed.drill not in drills:
        reason += "; the drill has no schedule any more"
    return DrillMissed(
        drill=owed.drill, system=owed.system, perimeters=owed.perimeters, due_at=owed.due_at, reason=reason
    )


def _notes(drills: dict[str, Scheduled], owed: Sequence[Owed], *, now: datetime) -> Iterator[str]:
    """What the drills no longer say, and the register goes on to say."""
    for one in owed:
        if one.due_at <= now:
            continue
        if one.drill not in drills:
            yield f"{one.drill} due {one.due_at:%Y-%m-%dT%H:%M:%SZ}: stays planned, though it has no schedule any more"
            continue
        of = drills[one.drill]
        dates = due_dates(of.schedule, zone=of.zone, after=one.due_at - timedelta(microseconds=1), until=one.due_at)
        if not any(dates):
            yield f"{one.drill} due {one.due_at:%Y-%m-%dT%H:%M:%SZ}: stays planned, though its schedule has changed"


def _known(workplace: Workplace, entries: Sequence[RegisterEntry], name: str) -> tuple[str, tuple[int, ...]]:
    """System and perimeters of a drill that is here, or that was planned while it was."""
    if name not in drill_names(workplace.sources):
        planned = [one.event for one in Chronicle(entries).of(DrillPlanned) if one.event.drill == name]
        if planned:
            return planned[-1].system, planned[-1].perimeters
    drill = read_drill(workplace, name).parse()
    return drill.system, drill.perimeters
