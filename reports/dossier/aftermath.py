"""The rows of trends, gaps, actions, reviews, controls and the register, in words. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.core.results import Weight
from reports.dossier.actions import ActionLine, Approval
from reports.dossier.document import Dossier
from reports.dossier.drawing import Panel, draw_panel
from reports.dossier.picture import Pictured
from reports.dossier.runs import Figure
from reports.dossier.speech import Speech
from reports.dossier.trends import Change, Trend, TrendPoint
from reports.register.entries import ActionState

MOST_STATEMENTS = 60
"""Annotations that are printed, the latest; the others are counted, and are in dossier.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """One drawn quantity with the words that say the same; `panel` None: there is nothing to draw."""

    caption: str
    alternative: str
    objective: str
    panel: Panel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendView:
    """One drill."""

    title: str
    system: str
    panels: tuple[PanelView, ...]
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One finding of one drill."""

    weight: Weight
    weight_words: str
    title: str
    sentence: str
    reports: str
    last: str
    cleared: bool
    state: str
    actions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """One corrective action."""

    id: str
    text: str
    owner: str
    due: str
    postponed: str
    tag: str
    state: str
    closed: str
    run_id: str
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """The reports of which the same can be said, and by whom."""

    tag: str
    words: str
    reports: str
    people: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One annotation."""

    date: str
    topic: str
    by: str
    text: str
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRow:
    """One control."""

    reference: str
    title: str
    primary: bool
    common: bool
    counted: str
    others: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkGroup:
    """The controls of one framework."""

    title: str
    rows: tuple[ControlRow, ...]


def trend_views(speech: Speech[Pictured]) -> Iterator[TrendView]:
    """Every drill that was measured."""
    for trend in speech.dossier.trends:
        yield TrendView(
            title=speech.drill(trend.drill),
            system=speech.system(trend.system),
            panels=(_panel(speech, trend, "rto"), _panel(speech, trend, "rpo")),
            change=_change(speech, trend.change),
        )


def gap_rows(speech: Speech[Pictured]) -> Iterator[GapRow]:
    """Every gap: those that still stand first, the heaviest of them first."""
    weights = list(reversed(Weight))
    gaps = speech.dossier.follow_up.gaps
    for gap in sorted(gaps, key=lambda one: (one.cleared_by is not None, weights.index(one.weight))):
        subject = gap.subject.within(speech.language)
        cleared = gap.cleared_by is not None
        yield GapRow(
            weight=gap.weight,
            weight_words=speech.words(f"weight.{gap.weight}"),
            title=speech.drill(gap.drill),
            sentence=speech.words(f"finding.{gap.code}", subject=speech.words.reason(subject)),
            reports=speech.numbers(gap.runs),
            last=speech.short_date(gap.last_at),
            cleared=cleared,
            state=speech.say("follow-up.cleared", number=gap.cleared_by)
            if cleared
            else speech.say("follow-up.standing"),
            actions=", ".join(gap.actions) or speech.say("follow-up.no-action"),
        )


def action_rows(speech: Speech[Pictured]) -> Iterator[ActionRow]:
    """Every corrective action: those that are late, those that are open, then the others; each by its date."""
    actions = speech.dossier.follow_up.actions
    for action in sorted(actions, key=lambda one: (_rank(one), one.due_on, one.id)):
        put_off = action.due_on > action.first_due_on
        closed = action.state is not ActionState.OPEN
        yield ActionRow(
            id=action.id,
            text=action.text,
            owner=action.owner,
            due=speech.short_date(action.due_on),
            postponed=speech.say("follow-up.postponed", date=speech.short_date(action.first_due_on)) if put_off else "",
            tag=_action_tag(action),
            state=_action_words(speech, action),
            closed=speech.say("follow-up.closed", date=speech.short_date(action.changed_at)) if closed else "",
            run_id=action.run_id,
            report=speech.report(action.run_id),
        )


def review_rows(speech: Speech[Pictured]) -> Iterator[ReviewRow]:
    """Who approved what: apart from who asked for it, not at all, or by himself."""
    approvals = speech.dossier.follow_up.approvals
    groups = (
        ("ok", "separated", [one for one in approvals if one.separated]),
        ("unknown", "none", [one for one in approvals if not one.approvers]),
        ("failed", "same", [one for one in approvals if one.approvers and not one.separated]),
    )
    for tag, key, own in groups:
        numbers = [speech.names.numbers[one.run_id] for one in own]
        yield ReviewRow(
            tag=tag if own else "plain",
            words=speech.say(f"follow-up.{key}"),
            reports=_reports(speech, numbers) if own else "—",
            people=", ".join(_people(own)),
        )


def statement_rows(speech: Speech[Pictured]) -> Iterator[StatementRow]:
    """The latest annotations, the oldest of them first."""
    for one in speech.dossier.follow_up.statements[-MOST_STATEMENTS:]:
        yield StatementRow(
            date=speech.short_date(one.at),
            topic=speech.say(f"follow-up.topic.{one.topic}"),
            by=one.by,
            text=one.text,
            report=speech.report(one.run_id),
        )


def _reports(speech: Speech[Pictured], numbers: Sequence[int]) -> str:
    key = "one" if len(numbers) == 1 else "many"
    return speech.say(f"follow-up.reports.{key}", numbers=speech.numbers(numbers))


def framework_groups(speech: Speech[Dossier]) -> Iterator[FrameworkGroup]:
    """The controls, framework by framework."""
    for framework in speech.dossier.catalogue.frameworks:
        own = [line for line in speech.dossier.controls if line.control.framework == framework.id]
        if own:
            rows = tuple(
                ControlRow(
                    reference=line.control.reference,
                    title=line.control.title.within(speech.language),
                    primary=line.control.primary,
                    common=line.control.common,
                    counted=speech.numbers(line.counted) or "—",
                    others=speech.numbers(line.others) or "—",
                )
                for line in own
            )
            yield FrameworkGroup(title=framework.title.within(speech.language), rows=rows)


def _panel(speech: Speech[Pictured], trend: Trend, quantity: str) -> PanelView:
    caption = speech.say(f"trends.{quantity}")
    points = [(point, figure) for point in trend.points if (figure := _of(point, quantity)) is not None]
    if not points:
        nothing = speech.say("trends.none", quantity=caption)
        return PanelView(caption=caption, alternative=nothing, objective="", panel=None)
    scope, coverage = speech.dossier.scope, speech.dossier.coverage
    panel = draw_panel(points, period=scope.period, quarters=coverage.quarters)
    figures = [figure for _, figure in points]
    objective = _objective(speech, figures, drawn=bool(panel.objective))
    return PanelView(
        caption=caption,
        alternative=_alternative(speech, caption, speech.drill(trend.drill), figures),
        objective=objective,
        panel=panel,
    )


def _of(point: TrendPoint, quantity: str) -> Figure | None:
    return point.rto if quantity == "rto" else point.rpo


def _objective(speech: Speech[Pictured], figures: Sequence[Figure], *, drawn: bool) -> str:
    last = next((figure.objective for figure in reversed(figures) if figure.objective is not None), None)
    if last is None:
        return speech.say("trends.no-objective")
    return speech.say("trends.objective" if drawn else "trends.objective-far", value=speech.write.exactly(last))


def _alternative(speech: Speech[Pictured], caption: str, drill: str, figures: Sequence[Figure]) -> str:
    """The drawing in words, for whoever cannot see it."""
    bounded = [figure.value.upper for figure in figures if figure.value.upper is not None]
    shared = {
        "quantity": caption,
        "drill": drill,
        "count": len(figures),
        "objective": _objective(speech, figures, drawn=True),
        "missed": sum(figure.met is False for figure in figures),
    }
    if len(bounded) < len(figures):
        return speech.say("trends.alt-unbounded", unbounded=len(figures) - len(bounded), **shared)
    least, most = speech.write.at_most(min(bounded)), speech.write.at_most(max(bounded))
    return speech.say("trends.alt", least=least, most=most, **shared)


def _change(speech: Speech[Pictured], change: Change | None) -> str:
    if change is None:
        return speech.say("trends.no-change")
    numbers = speech.names.numbers
    return speech.say(
        "trends.change",
        previous=numbers[change.previous_run_id],
        last=numbers[change.run_id],
        changes=changes(speech, change),
    )


def changes(speech: Speech[Pictured], change: Change) -> str:
    """By how much each quantity changed from one run to the next."""
    return ", ".join(
        _changed(speech, quantity, us) for quantity, us in (("RTO", change.rto_us), ("RPO", change.rpo_us))
    )


def _changed(speech: Speech[Pictured], quantity: str, us: int | None) -> str:
    if us is None:
        return speech.say("trends.change-unknown", quantity=quantity)
    if us == 0:
        return speech.say("trends.change-none", quantity=quantity)
    sign = "−" if us < 0 else "+"
    return speech.say("trends.change-one", quantity=quantity, value=f"{sign}{speech.write.at_most(abs(us))}")


def _rank(action: ActionLine) -> int:
    if action.state is ActionState.OPEN:
        return 0 if action.overdue else 1
    return 2


def _action_tag(action: ActionLine) -> str:
    """How the state of an action is coloured."""
    if action.overdue:
        return "failed" if action.state is ActionState.OPEN else "gap"
    return {ActionState.OPEN: "gap", ActionState.DONE: "ok", ActionState.CANCELLED: "aborted"}[action.state]


def _action_words(speech: Speech[Pictured], action: ActionLine) -> str:
    """The state of an action, and whether it is late."""
    words = speech.say(f"follow-up.state.{action.state}")
    if not action.overdue:
        return words
    open_still = action.state is ActionState.OPEN
    return f"{words}, {speech.say('follow-up.overdue')}" if open_still else speech.say("follow-up.done-late")


def _people(approvals: Sequence[Approval]) -> list[str]:
    return sorted({name for one in approvals for name in one.approvers})
