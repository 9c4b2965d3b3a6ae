"""Durations, counts, instants and intervals as people read them, in French or in English. Bounds round outwards."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from orchestrator.core.model import Interval, Language
from reports.words import NO_BREAK, THIN_NO_BREAK, Words

PARIS = ZoneInfo("Europe/Paris")
_MILLISECOND, _SECOND, _MINUTE, _HOUR, _DAY = 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
_EXACT = ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (_SECOND, "second"), (_MILLISECOND, "millisecond"))


@dataclass(frozen=True, slots=True)
class Typography:
    """Writes values in one language."""

    words: Words

    @property
    def _french(self) -> bool:
        return self.words.language is Language.FRENCH

    @property
    def semicolon(self) -> str:
        """What stands between the parts of a list."""
        return f"{NO_BREAK}; " if self._french else "; "

    def time_of_day(self, moment: datetime) -> str:
        """The time of an instant, in UTC, to the millisecond."""
        return f"{moment:%H:%M:%S}{',' if self._french else '.'}{moment.microsecond // 1000:03}"

    def at_least(self, us: int) -> str:
        """A duration in microseconds, rounded down: what it surely lasted."""
        step = _step(us)
        return self._duration(us // step * step)

    def at_most(self, us: int) -> str:
        """A duration in microseconds, rounded up: what it lasted at most."""
        step = _step(us)
        return self._duration(-(-us // step) * step)

    def exactly(self, us: int) -> str:
        """A duration that a person wrote down, in the largest unit that keeps it whole: `15 min`, `4 h`."""
        unit, name = next(
            ((size, name) for size, name in _EXACT if us and us % size == 0), (_MILLISECOND, "millisecond")
        )
        return f"{self.count(us // unit)}{NO_BREAK}{self.words(f'unit.{name}')}"

    def interval(self, value: Interval, *, unit: str) -> str:
        """A measured value with its bounds: microseconds where the unit is `us`, else a count."""
        if unit != "us":
            return self._counts(value)
        if value.upper is None:
            return self.words("interval.from", lower=self.at_least(value.lower))
        lower, upper = self.at_least(value.lower), self.at_most(value.upper)
        return upper if lower == upper else self.words("interval.between", lower=lower, upper=upper)

    def signed(self, us: int) -> str:
        """A difference in microseconds, with its sign: `+0.31 ms`."""
        sign = "−" if us < 0 else "+"
        return f"{sign}{self._decimal(abs(us) / _MILLISECOND, 2)}{NO_BREAK}ms"

    def axis(self, us: int) -> str:
        """A stroke of a time axis, counted from the disaster: `−5 s`, `0`, `+1 min 30 s`."""
        if us == 0:
            return "T0"
        sign, us = ("−" if us < 0 else "+"), abs(us)
        if us < _MINUTE:
            return f"{sign}{us / _SECOND:g}".replace(".", "," if self._french else ".") + f"{NO_BREAK}s"
        whole = self.exactly(us - us % _MINUTE)
        return f"{sign}{whole}" + (f"{NO_BREAK}{us % _MINUTE // _SECOND}{NO_BREAK}s" if us % _MINUTE else "")

    def count(self, number: int) -> str:
        """A whole number, its thousands set apart."""
        return f"{number:,}".replace(",", THIN_NO_BREAK if self._french else ",")

    def counted(self, key: str, count: int, **values: object) -> str:
        """A sentence with a number in it, `one` or `many` below its key: in French 0 is singular, in English not."""
        single = count < 2 if self._french else count == 1
        return self.words(f"{key}.{'one' if single else 'many'}", count=self.count(count), **values)

    def size(self, number: int) -> str:
        """A number of bytes, in the unit that keeps it short."""
        for power, name in ((3, "gigabyte"), (2, "megabyte"), (1, "kilobyte")):
            if number >= 1000**power:
                return f"{self._decimal(number / 1000**power, 1)}{NO_BREAK}{self.words(f'unit.{name}')}"
        return f"{self.count(number)}{NO_BREAK}{self.words('unit.byte')}"

    def day(self, moment: datetime) -> str:
        """The day in Paris, in words."""
        return self.calendar_day(moment.astimezone(PARIS).date())

    def calendar_day(self, day: date) -> str:
        """A day that has no hour, in words."""
        number = "1er" if self._french and day.day == 1 else str(day.day)
        return f"{number}{NO_BREAK}{self.words(f'month.{day.month}')}{NO_BREAK}{day.year}"

    def moment(self, moment: datetime) -> str:
        """The instant in Paris, with UTC beside it."""
        local = moment.astimezone(PARIS)
        return self.words("moment", day=self.day(moment), paris=f"{local:%H:%M:%S}", utc=f"{moment:%H:%M:%S}")

    def _duration(self, us: int) -> str:
        if us < _MILLISECOND:
            return f"{us}{NO_BREAK}µs" if us else f"0{NO_BREAK}s"
        if us < _SECOND:
            return f"{us // _MILLISECOND}{NO_BREAK}ms"
        if us < _MINUTE:
            return f"{self._decimal(us / _SECOND, 2)}{NO_BREAK}s"
        if us < _HOUR:
            return f"{us // _MINUTE}{NO_BREAK}min{NO_BREAK}{self._decimal(us % _MINUTE / _SECOND, 1)}{NO_BREAK}s"
        hours, minutes = us // _HOUR, us % _HOUR // _MINUTE
        return f"{hours}{NO_BREAK}h{NO_BREAK}{minutes:02}{NO_BREAK}min{NO_BREAK}{us % _MINUTE // _SECOND:02}{NO_BREAK}s"

    def _counts(self, value: Interval) -> str:
        if value.upper is None:
            return self.words("interval.from", lower=self.count(value.lower))
        lower, upper = self.count(value.lower), self.count(value.upper)
        return upper if lower == upper else self.words("interval.between", lower=lower, upper=upper)

    def _decimal(self, number: float, places: int) -> str:
        text = f"{number:.{places}f}"
        return text.replace(".", ",") if self._french else text


def _step(us: int) -> int:
    """To what a duration is rounded: finer than anybody reads, coarser than what makes figures unreadable."""
    if us < _MILLISECOND:
        return 1
    if us < _SECOND:
        return _MILLISECOND
    if us < _MINUTE:
        return 10 * _MILLISECOND
    return _SECOND if us >= _HOUR else 100 * _MILLISECOND
