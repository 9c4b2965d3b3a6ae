"""How a dossier says things: drills by their titles, perimeters and kinds in words, days, numbers of reports. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from orchestrator.core.model import Language, Title
from reports.dossier.lines import RunLine
from reports.dossier.picture import Pictured
from reports.register.entries import Ending
from reports.typography import PARIS, Typography
from reports.words import NO_BREAK, Words

Shown = TypeVar("Shown", bound=Pictured)
Shown_co = TypeVar("Shown_co", bound=Pictured, covariant=True)

_TAGS = {
    Ending.PASSED: "ok",
    Ending.PASSED_WITH_GAPS: "gap",
    Ending.FAILED: "failed",
    Ending.INCONCLUSIVE: "unknown",
    Ending.ABORTED: "aborted",
    Ending.REFUSED: "aborted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The titles of everything that a dossier names, by identifier."""

    drills: dict[str, Title]
    kinds: dict[str, Title]
    perimeters: dict[int, Title]
    numbers: dict[str, int]


@dataclass(frozen=True, slots=True)
class Speech(Generic[Shown_co]):
    """Says the values of one dossier, or of what has its figures, in its own language."""

    dossier: Shown_co
    words: Words
    names: Names

    @property
    def write(self) -> Typography:
        """Durations, counts and instants."""
        return Typography(self.words)

    @property
    def language(self) -> Language:
        """The dossier's."""
        return self.dossier.scope.language

    def say(self, key: str, **values: object) -> str:
        """A sentence of the dossier."""
        return self.words(f"dossier.{key}", **values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """A sentence of the dossier with a number in it."""
        return self.write.counted(f"dossier.{key}", count, **values)

    def drill(self, drill: str) -> str:
        """The title of a drill; its name where nobody gave it one."""
        title = self.names.drills.get(drill)
        return title.within(self.language) if title else drill

    def kind(self, kind: str) -> str:
        """A kind of drill, in words."""
        title = self.names.kinds.get(kind)
        return title.within(self.language) if title else kind

    def perimeters(self, numbers: Sequence[int]) -> str:
        """Perimeters by their names, never by their numbers."""
        return ", ".join(self.names.perimeters[number].within(self.language) for number in numbers)

    def day(self, moment: datetime | date) -> str:
        """A day, in words."""
        return self.write.day(moment) if isinstance(moment, datetime) else self.write.calendar_day(moment)

    def short_date(self, moment: datetime | date) -> str:
        """A day in figures, for the columns of tables: as the French write it, or as ISO 8601 does."""
        day = moment.astimezone(PARIS).date() if isinstance(moment, datetime) else moment
        return f"{day:%d/%m/%Y}" if self.language is Language.FRENCH else day.isoformat()

    def period(self, first: date, last: date) -> str:
        """Two days, both included."""
        return self.say("period", first=self.day(first), last=self.day(last))

    def report(self, run_id: str | None) -> str:
        """The number of a run's report."""
        number = self.names.numbers.get(run_id or "")
        return self.say("programme.report", number=number) if number else "—"

    def numbers(self, numbers: Sequence[int]) -> str:
        """Numbers of reports, neighbours drawn together: `1–3, 7`."""
        groups: list[list[int]] = []
        for number in sorted(numbers):
            if groups and number == groups[-1][-1] + 1:
                groups[-1].append(number)
            else:
                groups.append([number])
        return ", ".join(str(own[0]) if len(own) == 1 else f"{own[0]}–{own[-1]}" for own in groups)

    def ending(self, run: RunLine) -> tuple[str, str]:
        """How a run ended, as a tag and in words. One that has no end is no success."""
        if run.ending is None:
            return "failed", self.say("no-ending")
        refused = run.ending is Ending.REFUSED
        return _TAGS[run.ending], self.say("refused") if refused else self.words(f"verdict.{run.ending}")

    def system(self, name: str) -> str:
        """A system's name, which never breaks at its hyphens."""
        return name.replace("-", "\u2011").replace(" ", NO_BREAK)


def speech_of(dossier: Shown, *, words: Words) -> Speech[Shown]:
    """The speech of one dossier. A title that the project declares goes before that of an older report."""
    catalogue = dossier.catalogue
    reported = {run.drill: run.title for run in dossier.runs if run.title}
    names = Names(
        drills={**reported, **{drill.id: drill.title for drill in dossier.scope.drills}},
        kinds={kind.id: kind.title for kind in catalogue.kinds},
        perimeters={activity.perimeter: activity.title for activity in catalogue.activities},
        numbers={run.run_id: run.number for run in dossier.runs},
    )
    return Speech(dossier, words, names)
