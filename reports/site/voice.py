"""How a site says things: the sentences of a dossier where it says the same, its own for the rest. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.model import Language, Title
from reports.dossier.picture import Picture
from reports.dossier.speech import Speech, speech_of
from reports.outlook import Outlook
from reports.typography import PARIS, Typography
from reports.words import Words, load_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Says the values of one outlook in its language."""

    recent: Speech[Picture]
    """Of the last quarters; it calls reports by the numbers that they have in the whole."""
    whole: Speech[Picture]

    @property
    def words(self) -> Words:
        """Every sentence of the language."""
        return self.whole.words

    @property
    def write(self) -> Typography:
        """Durations, counts and instants."""
        return self.whole.write

    @property
    def language(self) -> Language:
        """Of the pages."""
        return self.whole.language

    def say(self, key: str, **values: object) -> str:
        """A sentence of the site."""
        return self.words(f"site.{key}", **values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """A sentence of the site with a number in it."""
        return self.write.counted(f"site.{key}", count, **values)

    def moment(self, moment: datetime) -> str:
        """An instant on one short line, as clocks in Paris show it."""
        return f"{self.whole.short_date(moment)} {moment.astimezone(PARIS):%H:%M}"


def voice_of(outlook: Outlook) -> Voice:
    """The voice of an outlook, in the language that its pictures are in."""
    words = load_words(outlook.whole.scope.language)
    whole, recent = speech_of(outlook.whole, words=words), speech_of(outlook.recent, words=words)
    names = replace(whole.names, drills=_titles(outlook))
    return Voice(recent=replace(recent, names=names), whole=replace(whole, names=names))


def _titles(outlook: Outlook) -> dict[str, Title]:
    """As the project calls its drills, or as a report that verifies does: no other may name anything."""
    reported = {run.drill: run.facts.title for run in outlook.whole.runs if run.facts}
    return reported | {drill.id: drill.title for drill in outlook.whole.scope.drills}
