"""The first page: what presses, who is waited for, how each drill went last, what comes next. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from reports.dossier.lines import Standing
from reports.dossier.programme import Fate
from reports.dossier.tables import FATE_TAGS, IndicatorRow, RunRow, indicator_rows, run_rows
from reports.dossier.view import CountView
from reports.register.entries import ActionState
from reports.site.dates import DateRow, coming
from reports.site.material import Material
from reports.site.state import Pressing, latest_runs, never_run, pressing
from reports.site.voice import Voice

MOST_COMING = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PressingRow:
    """A drill that somebody must do something about."""

    tag: str
    state: str
    title: str
    system: str
    since: str
    note: str
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow:
    """Somebody who is waited for."""

    run_id: str
    title: str
    step: str
    roles: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontView:
    """Everything that the first page prints."""

    headline: str
    calm: bool
    support: str
    counts: tuple[CountView, ...]
    alarms: tuple[str, ...]
    pressing: tuple[PressingRow, ...]
    questions: tuple[QuestionRow, ...]
    latest: tuple[RunRow, ...]
    unrun: tuple[tuple[str, str], ...]
    coming: tuple[DateRow, ...]
    indicators: tuple[IndicatorRow, ...]


def build_front(material: Material, voice: Voice) -> FrontView:
    """The first page in words."""
    pressed = pressing(material.outlook, material.owed)
    alarms = tuple(_alarms(material, voice))
    return FrontView(
        headline=_headline(material, voice, pressed=len(pressed), alarms=len(alarms)),
        calm=not pressed and not alarms and not material.questions,
        support=_support(material, voice),
        counts=tuple(_counts(material, voice, pressed)),
        alarms=alarms,
        pressing=tuple(_pressing(one, voice) for one in pressed),
        questions=tuple(_questions(material, voice)),
        latest=tuple(run_rows(voice.whole, latest_runs(material.outlook))),
        unrun=tuple((one.title.within(voice.language), one.system) for one in never_run(material.outlook)),
        coming=tuple(islice(coming(material, voice), MOST_COMING)),
        indicators=tuple(indicator_rows(voice.recent)),
    )


def _headline(material: Material, voice: Voice, *, pressed: int, alarms: int) -> str:
    """What the whole page comes to. Where nothing was ever run nothing is well."""
    if pressed:
        return voice.counted("front.owed", pressed)
    if alarms or material.questions:
        return voice.say("front.look")
    return voice.say("front.calm" if material.outlook.whole.runs else "front.nothing")


def _support(material: Material, voice: Voice) -> str:
    latest = next(iter(material.outlook.recent.coverage.indicators), None)
    if latest is None or not latest.systems:
        return voice.whole.say("kpi-none")
    return voice.whole.say("kpi-line", tested=latest.tested, systems=latest.systems)


def _counts(material: Material, voice: Voice, pressed: tuple[Pressing, ...]) -> Iterator[CountView]:
    overdue = sum(one.last_at is not None for one in pressed)
    actions = material.outlook.whole.follow_up.actions
    told = (
        ("overdue", "gap", overdue),
        ("missed", "failed", len(pressed) - overdue),
        ("waiting", "gap", len(material.questions)),
        ("actions", "gap", sum(one.state is ActionState.OPEN for one in actions)),
        ("never", "failed", len(material.outlook.never_tested)),
        ("runs", "plain", len(material.outlook.whole.runs)),
    )
    for key, tag, count in told:
        words = voice.say(f"front.count.{key}")
        yield CountView(number=voice.write.count(count), words=words, tag=tag if count else "plain")


def _alarms(material: Material, voice: Voice) -> Iterator[str]:
    """What nobody should have to look for, in the dossier's own sentences."""
    whole = material.outlook.whole
    standings = Counter(run.standing for run in whole.runs)
    overdue = sum(one.overdue and one.state is ActionState.OPEN for one in whole.follow_up.actions)
    told = (
        ("alarm-open", standings[Standing.OPEN]),
        ("alarm-invalid", standings[Standing.INVALID] + standings[Standing.CONTRADICTED] + len(whole.unreadable)),
        ("alarm-missing", standings[Standing.UNSEALED] + standings[Standing.MISSING]),
        ("alarm-unregistered", standings[Standing.UNREGISTERED]),
        ("alarm-overdue", overdue),
    )
    yield from (voice.whole.counted(key, count) for key, count in told if count)
    if material.entries and not material.outlook.proof.holds:
        yield voice.say("front.checkpoint")


def _pressing(one: Pressing, voice: Voice) -> PressingRow:
    occurrence, catching_up = one.occurrence, one.last_at is not None
    notes = (voice.counted("front.dates", one.count) if one.count > 1 else "", _note(one, voice))
    return PressingRow(
        tag="gap" if catching_up else FATE_TAGS[occurrence.fate],
        state=voice.say("state.overdue") if catching_up else voice.whole.say(f"fate.{occurrence.fate}"),
        title=voice.whole.drill(occurrence.drill),
        system=voice.whole.system(occurrence.system),
        since=voice.whole.short_date(one.since),
        note=" · ".join(note for note in notes if note),
        run_id=occurrence.run_id,
    )


def _note(one: Pressing, voice: Voice) -> str:
    if one.last_at is not None:
        return voice.say("front.until", moment=voice.moment(one.last_at))
    if one.occurrence.fate is not Fate.MISSED:
        return voice.whole.report(one.occurrence.run_id)
    return voice.words.reason(one.occurrence.missed_reason) or voice.say("front.unentered")


def _questions(material: Material, voice: Voice) -> Iterator[QuestionRow]:
    for one in material.questions:
        yield QuestionRow(
            run_id=one.run_id,
            title=voice.whole.drill(one.drill),
            step=one.step.within(voice.language),
            roles=", ".join(role.within(voice.language) for role in one.roles),
            until=voice.moment(one.until),
        )
