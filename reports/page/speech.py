"""How the report of one run says things: titles, labelled values, cadence, place in the register. Pure."""

from dataclasses import dataclass

from orchestrator.core.model import Language, Title
from reports.evidence import Evidence
from reports.typography import Typography
from reports.words import Words, french_spaces, load_words

Text = str | None
"""A line of the report; None where nobody gave it."""


def words_for(evidence: Evidence) -> Words:
    """The words of a report: of a drill that acts on no host some are others."""
    words = load_words(evidence.language)
    return words if evidence.plan.drill.needs_hosts else words.varied("people-only")


@dataclass(frozen=True, slots=True)
class Speech:
    """Says the values of one evidence document in its own language."""

    evidence: Evidence
    words: Words

    @property
    def write(self) -> Typography:
        """Durations, counts and instants."""
        return Typography(self.words)

    def labelled(self, label: str, value: str | None) -> str:
        """A value after what it is; one that nobody gave says so."""
        return self.words("labelled", label=self.words(f"label.{label}"), value=value or self.words("not-given"))

    def title(self, title: Title | None) -> str | None:
        """A text of the drill."""
        return self.spaced(title.within(self.evidence.language)) if title else None

    def spaced(self, text: str) -> str:
        """What people wrote, with the spaces of French typography where the report is in French."""
        return french_spaces(text) if self.evidence.language is Language.FRENCH else text

    def step_title(self, step: str) -> str:
        """What the drill calls a step of its own; its id where it has no title."""
        return self.title(self.evidence.plan.drill.step(step).title) or step

    def component(self, watch: str) -> str:
        """What the drill calls the component that a watch asks; the watch's id where it asks none."""
        watches = self.evidence.plan.drill.watch
        named = (one.component.title for one in watches if one.id == watch and one.component is not None)
        return self.title(next(named, None)) or watch

    def cadence(self) -> str:
        """When the drill is due."""
        schedule = self.evidence.plan.drill.schedule
        if schedule is None:
            return self.words("cadence.none")
        cadence = self.words(f"cadence.{schedule.cadence}")
        return self.words("cadence.planned", cadence=cadence, at=schedule.at, timezone=schedule.timezone)

    def register(self) -> str:
        """Which entries of the register the run has."""
        proof = self.evidence.registration
        if proof is None:
            return self.words("register-text.none")
        first, last = proof.started.entry.seq, proof.ended.entry.seq
        return self.words("register-text.summary", first=first, last=last, size=proof.size)
