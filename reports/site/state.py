"""What presses now: dates that nobody did and no later run made good, and the latest run of each drill. Pure.

A run makes something good only where its report verifies: a site is stricter than `reprise due`, which takes the
register's word.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.dossier.lines import RunLine
from reports.dossier.picture import DeclaredDrill
from reports.dossier.programme import Fate, Occurrence
from reports.outlook import Outlook
from reports.register.programme import DueState, Owed

UNSETTLED = (Fate.MISSED, Fate.OPEN, Fate.FAILED, Fate.UNPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """A drill that is owed: the last of its dates that nothing made good, and how many there are since the first."""

    occurrence: Occurrence
    last_at: datetime | None
    """Until when it may still begin; None: that is over, or it was begun."""
    count: int
    since: datetime


def pressing(outlook: Outlook, owed: Iterable[Owed]) -> tuple[Pressing, ...]:
    """Every drill that is owed, the one that has been so for longest first.

    Args:
        outlook: How everything stands.
        owed: By the register alone: until when what is overdue may begin.
    """
    last = {(one.drill, one.due_at): one.last_at for one in owed if one.state is DueState.OVERDUE}
    proved = _last_proved(outlook.whole.runs)
    left: dict[str, list[Occurrence]] = {}
    for occurrence in outlook.whole.programme.occurrences:
        due = occurrence.due_at <= outlook.now and occurrence.fate in UNSETTLED
        if due and proved.get(occurrence.drill, occurrence.due_at) <= occurrence.due_at:
            left.setdefault(occurrence.drill, []).append(occurrence)
    found = (_pressing(own, last_at=last.get((own[-1].drill, own[-1].due_at))) for own in left.values())
    return tuple(sorted(found, key=lambda one: (one.since, one.occurrence.drill)))


def latest_runs(outlook: Outlook) -> tuple[RunLine, ...]:
    """The last run of each drill, the latest first."""
    latest = {run.drill: run for run in outlook.whole.runs}
    return tuple(sorted(latest.values(), key=lambda run: (run.started_at, run.run_id), reverse=True))


def never_run(outlook: Outlook) -> Iterator[DeclaredDrill]:
    """The project's drills of which no run is known."""
    known = {run.drill for run in outlook.whole.runs}
    return (drill for drill in outlook.whole.scope.drills if drill.id not in known)


def _pressing(own: Sequence[Occurrence], *, last_at: datetime | None) -> Pressing:
    return Pressing(occurrence=own[-1], last_at=last_at, count=len(own), since=own[0].due_at)


def _last_proved(runs: Sequence[RunLine]) -> dict[str, datetime]:
    """When the last run of each drill began that counts: it makes good every date before it."""
    return {run.drill: run.started_at for run in runs if run.counts}
