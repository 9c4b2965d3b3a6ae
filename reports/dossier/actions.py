"""What was found and what was done about it: gaps, corrective actions, reviews and approvals. Pure.

Findings come from reports, the rest from annotations in the register, as they stand when the dossier is made.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from orchestrator.core.model import Identifier, Moment, Record, Title
from orchestrator.core.results import FindingCode, Weight
from reports.dossier.chronicle import Chronicle, Entered
from reports.dossier.lines import RunLine
from reports.dossier.runs import Gap
from reports.register.entries import Action, ActionState, Perimeters, RunAnnotated, Topic
from reports.typography import PARIS


class DrillGap(Record):
    """One finding of one drill, with every run that had it.

    `cleared_by`: the first later run of the drill that counts; None: none does yet. A run that was refused or aborted
    says nothing of what it never came to.
    """

    drill: Identifier
    code: FindingCode
    subject: Title
    weight: Weight
    runs: tuple[int, ...]
    last_at: Moment
    cleared_by: int | None
    actions: tuple[Identifier, ...]
    """The corrective actions entered about any of these runs."""


class ActionLine(Record):
    """A corrective action as its last annotation leaves it."""

    run_id: str
    id: Identifier
    text: str
    owner: str
    due_on: date
    first_due_on: date
    """When it was due at first: a date that was put off is shown."""
    state: ActionState
    opened_at: Moment
    changed_at: Moment
    overdue: bool
    """Open past its date, or closed after it."""
    lines: tuple[int, ...]


class Statement(Record):
    """What a person entered about a run: cause, lesson, review, approval or note."""

    run_id: str
    topic: Topic
    by: str
    at: Moment
    text: str
    line: int


class Approval(Record):
    """Who reviewed and who approved a run. Nobody approves what he asked for."""

    run_id: str
    requester: str
    reviewers: tuple[str, ...]
    approvers: tuple[str, ...]
    separated: bool
    """There is an approver, and no approver is the requester or a reviewer."""


class FollowUp(Record):
    """Everything after the drills."""

    gaps: tuple[DrillGap, ...]
    actions: tuple[ActionLine, ...]
    statements: tuple[Statement, ...]
    approvals: tuple[Approval, ...]


def build_follow_up(
    chronicle: Chronicle, runs: Sequence[RunLine], *, perimeters: Perimeters, now: datetime
) -> FollowUp:
    """What follows from the runs of a dossier.

    Args:
        chronicle: The register, to its end.
        runs: Of the dossier.
        perimeters: Of the dossier: open actions of earlier runs within them are carried over.
        now: When it is made, in UTC.
    """
    own = {run.run_id for run in runs}
    annotations = [one for one in chronicle.of(RunAnnotated) if one.event.run_id in own]
    return FollowUp(
        gaps=tuple(_gaps(runs, annotations)),
        actions=tuple(_actions(chronicle, own, perimeters=perimeters, now=now)),
        statements=tuple(_statement(one) for one in annotations if one.event.topic is not Topic.ACTION),
        approvals=tuple(_approval(run, annotations) for run in runs if run.ending is not None),
    )


def action_lines(chronicle: Chronicle, *, now: datetime) -> Iterator[ActionLine]:
    """Every corrective action of the register as its last annotation leaves it, in the order of their first ones."""
    told: dict[tuple[str, str], list[tuple[Entered[RunAnnotated], Action]]] = {}
    for one in chronicle.of(RunAnnotated):
        if one.event.action is not None:
            told.setdefault((one.event.run_id, one.event.action.id), []).append((one, one.event.action))
    today = now.astimezone(PARIS).date()
    yield from (_action(story, today=today) for story in told.values())


def _gaps(runs: Sequence[RunLine], annotations: Sequence[Entered[RunAnnotated]]) -> Iterator[DrillGap]:
    found: dict[tuple[str, FindingCode, str], list[tuple[RunLine, Gap]]] = {}
    for run in runs:
        for gap in run.facts.gaps if run.facts else ():
            found.setdefault((run.drill, gap.code, gap.subject.en), []).append((run, gap))
    for (drill, code, _), having in sorted(found.items(), key=lambda item: -item[1][-1][0].number):
        last, gap = having[-1]
        yield DrillGap(
            drill=drill,
            code=code,
            subject=gap.subject,
            weight=gap.weight,
            runs=tuple(dict.fromkeys(run.number for run, _ in having)),
            last_at=last.started_at,
            cleared_by=next((run.number for run in runs if _clears(run, last)), None),
            actions=tuple(_named({run.run_id for run, _ in having}, annotations)),
        )


def _clears(run: RunLine, last: RunLine) -> bool:
    return run.drill == last.drill and run.number > last.number and run.counts


def _named(run_ids: set[str], annotations: Sequence[Entered[RunAnnotated]]) -> list[str]:
    own = (one.event.action for one in annotations if one.event.run_id in run_ids)
    return sorted({action.id for action in own if action is not None})


def _actions(chronicle: Chronicle, own: set[str], *, perimeters: Perimeters, now: datetime) -> Iterator[ActionLine]:
    """Every action about a run of the dossier, and those of other runs that are still open."""
    for line in action_lines(chronicle, now=now):
        if line.run_id in own or (line.state is ActionState.OPEN and _within(chronicle, line.run_id, perimeters)):
            yield line


def _within(chronicle: Chronicle, run_id: str, perimeters: Perimeters) -> bool:
    """A run that the register does not know may be of any perimeter: its open actions are shown."""
    started = chronicle.run(run_id).started
    return started is None or bool(set(started.event.perimeters) & set(perimeters))


def _action(story: Sequence[tuple[Entered[RunAnnotated], Action]], *, today: date) -> ActionLine:
    (first, opened), (last, action) = story[0], story[-1]
    due_on = _date(action.due_on)
    settled = today if action.state is ActionState.OPEN else last.at.astimezone(PARIS).date()
    return ActionLine(
        run_id=last.event.run_id,
        id=action.id,
        text=first.event.text,
        owner=action.owner,
        due_on=due_on,
        first_due_on=_date(opened.due_on),
        state=action.state,
        opened_at=first.at,
        changed_at=last.at,
        overdue=action.state is not ActionState.CANCELLED and settled > due_on,
        lines=tuple(one.line for one, _ in story),
    )


def _date(text: str) -> date:
    """The entry's own pattern lets a 31st of February pass: then the action has been due since the first of days."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _statement(one: Entered[RunAnnotated]) -> Statement:
    event = one.event
    return Statement(run_id=event.run_id, topic=event.topic, by=event.by, at=one.at, text=event.text, line=one.line)


def _approval(run: RunLine, annotations: Sequence[Entered[RunAnnotated]]) -> Approval:
    own = [one.event for one in annotations if one.event.run_id == run.run_id]
    reviewers = tuple(dict.fromkeys(event.by for event in own if event.topic is Topic.REVIEW))
    approvers = tuple(dict.fromkeys(event.by for event in own if event.topic is Topic.APPROVAL))
    others = {_same(run.requester), *map(_same, reviewers)}
    separated = bool(approvers) and not others & set(map(_same, approvers))
    return Approval(
        run_id=run.run_id, requester=run.requester, reviewers=reviewers, approvers=approvers, separated=separated
    )


def _same(name: str) -> str:
    """One person, however he spells himself."""
    return " ".join(name.casefold().split())
