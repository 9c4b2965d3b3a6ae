"""The calendar: a year back and a year ahead, month by month, with what became of each date. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reports.dossier.programme import Fate, Occurrence
from reports.dossier.tables import FATE_TAGS, occurrence_notes
from reports.register.programme import DueState
from reports.site.material import Announced, Freeze, Material
from reports.site.voice import Voice
from reports.typography import PARIS
from reports.words import capital

MONTHS = 12
"""How many are shown back, the one that is under way included, and ahead of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One date of a drill."""

    at: datetime
    date: str
    day: str
    iso: str
    title: str
    system: str
    tag: str
    state: str
    note: str
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRow:
    """A freeze that touches a month."""

    title: str
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month, with everything that is due in it."""

    key: str
    title: str
    current: bool
    freezes: tuple[FreezeRow, ...]
    rows: tuple[DateRow, ...]


def coming(material: Material, voice: Voice) -> Iterator[DateRow]:
    """What is due from now on, the earliest first: what is planned, and what only a schedule announces."""
    return (row for row in _rows(material, voice) if row.at > material.outlook.now)


def months_ahead(material: Material, voice: Voice) -> tuple[Month, ...]:
    """This month and those of the year that follows."""
    return _months(material, voice, range(MONTHS + 1))


def months_back(material: Material, voice: Voice) -> tuple[Month, ...]:
    """Those of the year before this month, the latest first, without those of which nothing is known."""
    back = _months(material, voice, range(-MONTHS, 0))
    return tuple(month for month in reversed(back) if month.rows or month.freezes)


def _months(material: Material, voice: Voice, offsets: Iterable[int]) -> tuple[Month, ...]:
    today = material.outlook.now.astimezone(PARIS).date()
    rows: dict[str, list[DateRow]] = {}
    for row in _rows(material, voice):
        rows.setdefault(row.iso[:7], []).append(row)
    firsts = [_month(today, offset) for offset in offsets]
    return tuple(_build_month(first, today, rows.get(f"{first:%Y-%m}", ()), material, voice) for first in firsts)


def _build_month(first: date, today: date, rows: Sequence[DateRow], material: Material, voice: Voice) -> Month:
    return Month(
        key=f"m-{first:%Y-%m}",
        title=capital(f"{voice.words(f'month.{first.month}')} {first.year}"),
        current=(first.year, first.month) == (today.year, today.month),
        freezes=tuple(_freeze(one, voice) for one in material.freezes if _touches(one, first)),
        rows=tuple(rows),
    )


def _rows(material: Material, voice: Voice) -> list[DateRow]:
    overdue = {(one.drill, one.due_at) for one in material.owed if one.state is DueState.OVERDUE}
    occurrences = material.outlook.whole.programme.occurrences
    planned = [_planned(one, voice, overdue=(one.drill, one.due_at) in overdue) for one in occurrences]
    return sorted(
        [*planned, *(_announced(one, voice) for one in material.announced)], key=lambda row: (row.at, row.title)
    )


def _planned(one: Occurrence, voice: Voice, *, overdue: bool) -> DateRow:
    late = overdue and one.fate is Fate.MISSED
    return _row(
        one,
        voice,
        tag="gap" if late else FATE_TAGS[one.fate],
        state=voice.say("state.overdue") if late else voice.whole.say(f"fate.{one.fate}"),
        note="" if late else " · ".join(occurrence_notes(one, voice.whole)),
        run_id=one.run_id,
    )


def _announced(one: Announced, voice: Voice) -> DateRow:
    return _row(one, voice, tag="plain", state=voice.say("state.announced"))


def _row(
    one: Occurrence | Announced, voice: Voice, *, tag: str, state: str, note: str = "", run_id: str | None = None
) -> DateRow:
    return DateRow(
        at=one.due_at,
        date=voice.whole.short_date(one.due_at),
        day=_day(one.due_at),
        iso=f"{one.due_at.astimezone(PARIS):%Y-%m-%d}",
        title=voice.whole.drill(one.drill),
        system=voice.whole.system(one.system),
        tag=tag,
        state=state,
        note=note,
        run_id=run_id,
    )


def _freeze(one: Freeze, voice: Voice) -> FreezeRow:
    last = (one.ends_at.astimezone(PARIS) - timedelta(microseconds=1)).date()
    return FreezeRow(
        title=one.title.within(voice.language),
        days=voice.whole.say("period", first=voice.whole.day(one.starts_at), last=voice.whole.day(last)),
    )


def _touches(one: Freeze, first: date) -> bool:
    starts, ends = one.starts_at.astimezone(PARIS).date(), one.ends_at.astimezone(PARIS).date()
    return starts < _month(first, 1) and ends >= first


def _day(moment: datetime) -> str:
    """The day of the month alone: the month is the heading above."""
    return f"{moment.astimezone(PARIS).day:02}"


def _month(day: date, offset: int) -> date:
    number = day.year * 12 + day.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)
