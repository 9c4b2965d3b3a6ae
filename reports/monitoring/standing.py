"""How each drill stands: what its last run came to and when, what is owed, what people still have to do. Pure.

Verdicts and instants are the register's; figures are given by whoever read them from the evidence of the last runs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.results import Measurement
from orchestrator.errors import ExitCode
from reports.dossier.actions import ActionLine
from reports.dossier.chronicle import Chronicle, Entered
from reports.register.entries import PASSING, ActionState, DrillEnded, DrillPlanned, DrillStarted, Ending
from reports.register.programme import DueState, Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the last run of a drill measured against what it was to keep; None: not measured, or not asked for."""

    rto: Measurement | None = None
    rpo: Measurement | None = None
    rto_objective: int | None = None
    rpo_objective: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The run of a drill that ended last."""

    run_id: str
    ending: Ending
    ended_at: datetime
    cleanup_failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStanding:
    """One drill of the register."""

    drill: str
    system: str
    last: LastRun | None
    passed_at: datetime | None
    """When the last run ended that passed, with gaps or without."""
    overdue: int
    """Dates that are past, and may still be begun."""
    missed: int
    """Dates that nobody began in time, and no later run made good."""
    next_due_at: datetime | None
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A project as it stands at an instant."""

    project: str
    drills: tuple[DrillStanding, ...]
    passed_at: Mapping[tuple[str, int], datetime]
    """By system and perimeter: when the last drill of it ended that passed. Without those of which none did."""
    covered: frozenset[tuple[str, int]]
    """Every system and perimeter of which a drill was ever planned or begun."""
    open_actions: int
    overdue_actions: int
    running: int
    interrupted: int
    """Runs that were begun, have no end, and that nobody carries out any more."""
    undelivered: int
    """Messages that did not arrive, and that are still to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A run that ended, with what it was a run of."""

    started: DrillStarted
    ended: Entered[DrillEnded]


def last_runs(chronicle: Chronicle) -> dict[str, LastRun]:
    """Of each drill the run that ended last."""
    return {name: _last(runs[-1]) for name, runs in _by_drill(chronicle).items()}


def build_standing(
    chronicle: Chronicle,
    *,
    project: str,
    owed: Sequence[Owed],
    actions: Iterable[ActionLine],
    figures: Mapping[str, Figures],
    alive: frozenset[str],
    undelivered: int,
) -> Standing:
    """How a project stands.

    Args:
        chronicle: The whole register.
        project: Its name.
        owed: Everything that was ever planned, as it stands.
        actions: The corrective actions, as they stand.
        figures: By run, of the last run of each drill.
        alive: The runs without an end that somebody carries out now.
        undelivered: Messages that did not arrive yet.
    """
    ended, listed = _by_drill(chronicle), tuple(actions)
    subjects = _subjects(chronicle)
    begun = {one.event.run_id for one in chronicle.of(DrillStarted)}
    unended = begun - {one.event.run_id for one in chronicle.of(DrillEnded)}
    return Standing(
        project=project,
        drills=tuple(
            _drill(name, subjects[name].system, ended.get(name, []), owed=owed, figures=figures)
            for name in sorted(subjects)
        ),
        passed_at=_passed(ended),
        covered=frozenset((event.system, number) for event in subjects.values() for number in event.perimeters),
        open_actions=sum(one.state is ActionState.OPEN for one in listed),
        overdue_actions=sum(one.state is ActionState.OPEN and one.overdue for one in listed),
        running=len(unended & alive),
        interrupted=len(unended - alive),
        undelivered=undelivered,
    )


def _by_drill(chronicle: Chronicle) -> dict[str, list[_Ended]]:
    """The runs of each drill that ended, in the order in which they did."""
    started = {one.event.run_id: one.event for one in reversed(list(chronicle.of(DrillStarted)))}
    found: dict[str, list[_Ended]] = defaultdict(list)
    for one in chronicle.of(DrillEnded):
        if one.event.run_id in started:
            begun = started[one.event.run_id]
            found[begun.drill].append(_Ended(started=begun, ended=one))
    return found


def _subjects(chronicle: Chronicle) -> dict[str, DrillPlanned | DrillStarted]:
    """Of each drill what it is about, as the register said last."""
    entries: list[Entered[DrillPlanned] | Entered[DrillStarted]] = [
        *chronicle.of(DrillPlanned),
        *chronicle.of(DrillStarted),
    ]
    return {one.event.drill: one.event for one in sorted(entries, key=lambda one: one.line)}


def _drill(
    name: str, system: str, ended: Sequence[_Ended], *, owed: Sequence[Owed], figures: Mapping[str, Figures]
) -> DrillStanding:
    own = [one for one in owed if one.drill == name]
    last = _last(ended[-1]) if ended else None
    return DrillStanding(
        drill=name,
        system=system,
        last=last,
        passed_at=max((run.ended.at for run in ended if run.ended.event.ending in PASSING), default=None),
        overdue=sum(one.state is DueState.OVERDUE and one.pressing for one in own),
        missed=sum(one.missed and not one.caught_up and one.state is not DueState.DONE for one in own),
        next_due_at=min((one.due_at for one in own if one.state is DueState.TO_COME), default=None),
        figures=figures.get(last.run_id, Figures()) if last else Figures(),
    )


def _last(run: _Ended) -> LastRun:
    event = run.ended.event
    return LastRun(
        run_id=event.run_id,
        ending=event.ending,
        ended_at=run.ended.at,
        cleanup_failed=event.exit_code is ExitCode.CLEANUP,
    )


def _passed(ended: Mapping[str, Sequence[_Ended]]) -> dict[tuple[str, int], datetime]:
    found: dict[tuple[str, int], datetime] = {}
    for run in (run for runs in ended.values() for run in runs if run.ended.event.ending in PASSING):
        for number in run.started.perimeters:
            place = (run.started.system, number)
            found[place] = max(run.ended.at, found.get(place, run.ended.at))
    return found
