"""The journal as questions are asked of it: which events of a type, of a step, of a phase. No judgement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

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
    """A whole journal, in order; sorted once by type and step, since every step of a run asks several questions."""

    entries: Sequence[Entry]
    _lines: dict[tuple[type[Record], str | None], list[Line[Any]]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Put every line under its type, and under its type with the step that it is of."""
        for entry in self.entries:
            kind, step = type(entry.event), getattr(entry.event, "step", None)
            line = Line(seq=entry.seq, mono_us=entry.mono_us, event=entry.event)
            for key in {(kind, None), (kind, step)}:
                self._lines.setdefault(key, []).append(line)

    def before_interruption(self) -> "History":
        """Only what the orchestrator that began the run wrote: later readings may be of another boot's clock."""
        for index, entry in enumerate(self.entries):
            if isinstance(entry.event, RunInterrupted):
                return History(self.entries[:index])
        return self

    def of(self, kind: type[EventType]) -> Iterator[Line[EventType]]:
        """Every event of one type."""
        yield from self._lines.get((kind, None), ())

    def of_step(self, kind: type[EventType], step: str) -> Sequence[Line[EventType]]:
        """Every event of one type that is of one step."""
        return cast("Sequence[Line[EventType]]", self._lines.get((kind, step), ()))

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
        found = [line for line in self.of_step(ProbeAnswered, step) if line.event.self_test is self_test]
        return found[-1] if found else None

    def values(self, step: str | None) -> Values | None:
        """The values that a step last saw; None where it has no answer."""
        line = self.answer(step) if step else None
        return line.event.values if line and line.event.answered else None
