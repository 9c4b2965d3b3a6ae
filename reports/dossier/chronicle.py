"""The register's entries as a dossier asks for them: by run, and by kind of event. Pure; `extract` checks the chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from reports.register.entries import (
    DrillEnded,
    DrillStarted,
    FilesRemoved,
    RegisterEntry,
    RunAnnotated,
    RunRenewed,
    RunSealed,
)

EventType = TypeVar("EventType")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Generic[EventType]):
    """One event with the number of its line and when it was entered."""

    line: int
    at: datetime
    event: EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntries:
    """Everything that the register says of one run. `consistent`: it does not say two things where it may say one."""

    started: Entered[DrillStarted] | None = None
    ended: Entered[DrillEnded] | None = None
    sealed: Entered[RunSealed] | None = None
    renewed: tuple[Entered[RunRenewed], ...] = ()
    annotations: tuple[Entered[RunAnnotated], ...] = ()
    removals: tuple[Entered[FilesRemoved], ...] = ()
    consistent: bool = True


@dataclass(frozen=True, slots=True)
class Chronicle:
    """All entries, in their order."""

    entries: Sequence[RegisterEntry]
    _by_run: dict[str, list[RegisterEntry]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for entry in self.entries:
            if isinstance(
                entry.event, DrillStarted | DrillEnded | RunSealed | RunRenewed | RunAnnotated | FilesRemoved
            ):
                self._by_run.setdefault(entry.event.run_id, []).append(entry)

    def of(self, kind: type[EventType]) -> Iterator[Entered[EventType]]:
        """Every entry of one kind."""
        return _of(self.entries, kind)

    def run_ids(self) -> tuple[str, ...]:
        """Every run that an entry names, in the order in which they were first named."""
        return tuple(self._by_run)

    def run(self, run_id: str) -> RunEntries:
        """What was entered about a run; nothing, where it is not known here."""
        own = self._by_run.get(run_id, [])
        return RunEntries(
            started=next(_of(own, DrillStarted), None),
            ended=next(_of(own, DrillEnded), None),
            sealed=next(_of(own, RunSealed), None),
            renewed=tuple(_of(own, RunRenewed)),
            annotations=tuple(_of(own, RunAnnotated)),
            removals=tuple(_of(own, FilesRemoved)),
            consistent=all(_said_once(own, kind) for kind in (DrillStarted, DrillEnded, RunSealed)),
        )


def _said_once(entries: Sequence[RegisterEntry], kind: type) -> bool:
    """Sealing that was stopped is done again, and may be entered again: the same words are no contradiction."""
    return len({entry.event.model_dump_json() for entry in entries if isinstance(entry.event, kind)}) < 2


def _of(entries: Sequence[RegisterEntry], kind: type[EventType]) -> Iterator[Entered[EventType]]:
    for entry in entries:
        if isinstance(entry.event, kind):
            yield Entered(line=entry.seq, at=entry.at, event=entry.event)
