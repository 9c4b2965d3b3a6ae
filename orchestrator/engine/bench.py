"""Everything that the engine acts through: one port for each thing outside."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.core.ports import (
    Catalogue,
    Clock,
    HostInspector,
    JournalWriter,
    Observers,
    People,
    PlaybookRunner,
    Probe,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that the engine acts through."""

    clock: Clock
    journal: JournalWriter
    playbooks: PlaybookRunner
    probes: Mapping[str, Probe]
    observers: Observers
    hosts: HostInspector
    catalogue: Catalogue | None
    people: People
