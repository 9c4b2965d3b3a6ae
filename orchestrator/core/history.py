"""The journal as questions are asked of it: which events of a type, of a step, of a phase. No judgement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator.core.events import (
    PhaseFinished,
    PhaseStarted,
    ProbeAnswered,
    RunInterrupted,
    Values,
)
from orchestrator.core.journal import Entry
from orchestrator.core.model import Phase, Record

EventType = TypeVar("EventType", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[EventType]):
    """An event with its line number and its monotonic instant in microseconds."""

    seq: int
    mono_us: int
    event: EventType


@dataclass(frozen=True, slots=True)
class History:
    """A whole journal, in order."""

    entries: Sequence[Entry]

    def before_interruption(self) -> "History":
        """Only what the orchestrator that began the run wrote: later readings may be of another boot's clock."""
        for index, entry in enumerate(self.entries):
            if isinstance(entry.event, RunInterrupted):
                return History(self.entries[:index])
        return self

    def of(self, kind: type[EventType]) -> Iterator[Line[EventType]]:
        """Every event of one type."""
        for entry in self.entries:
            if isinstance(entry.event, kind):
                yield Line(seq=entry.seq, mono_us=entry.mono_us, event=entry.event)

    def last(self, kind: type[EventType]) -> Line[EventType] | None:
        """The last event of one type."""
        return next(reversed(list(self.of(kind))), None)

    def phase_started(self, phase: Phase) -> Line[PhaseStarted] | None:
        """Where a phase began, if it did."""
        return next((line for line in self.of(PhaseStarted) if line.event.phase is phase), None)

    def phase_finished(self, phase: Phase) -> Line[PhaseFinished] | None:
        """Where a phase last ended: after an interruption, cleanup ends twice."""
        found = [line for line in self.of(PhaseFinished) if line.event.phase is phase]
        return found[-1] if found else None

    def answer(self, step: str, *, self_test: bool = False) -> Line[ProbeAnswered] | None:
        """The last answer of a probe step."""
        found = [
            line for line in self.of(ProbeAnswered) if line.event.step == step and line.event.self_test is self_test
        ]
        return found[-1] if found else None

    def values(self, step: str | None) -> Values | None:
        """The values that a step last saw; None where it has no answer."""
        line = self.answer(step) if step else None
        return line.event.values if line and line.event.answered else None
