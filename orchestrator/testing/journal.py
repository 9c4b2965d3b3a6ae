"""A journal in memory, chained like the one on disk, that a test can make fail. Writes no file."""

import threading
from collections.abc import Callable, Container

from orchestrator.core.events import Event
from orchestrator.core.journal import Entry, format_line
from orchestrator.core.model import SHA256
from orchestrator.core.ports import Clock
from orchestrator.errors import StoreError


class MemoryJournal:
    """Implements `ports.JournalWriter`.

    Args:
        genesis: The digest of the plan.
        clock: Stamps each line.
        fails_at: Which appends fail, counted from 0, failed ones included: `{7}` is one, `range(7, 9999)` a full disk.
        told: Called with each line once it is written, under the journal's lock.
        entries: What the journal holds already: a recovered run goes on behind it.
    """

    def __init__(
        self,
        *,
        genesis: SHA256,
        clock: Clock,
        fails_at: Container[int] = (),
        told: Callable[[Entry], object] = lambda _: None,
        entries: tuple[Entry, ...] = (),
    ) -> None:
        self._genesis, self._clock, self._fails_at, self._told = genesis, clock, fails_at, told
        self._entries = list(entries)
        self._lock = threading.Lock()
        self.attempts = 0

    def append(self, event: Event) -> None:
        """Keep one event as the next line of the chain.

        Raises:
            StoreError: `fails_at` says so. The line is not kept.
        """
        with self._lock:
            attempt, self.attempts = self.attempts, self.attempts + 1
            if attempt in self._fails_at:
                raise StoreError("the journal cannot be written: No space left on device")
            self._entries.append(self._entry(event))
            self._told(self._entries[-1])

    def _entry(self, event: Event) -> Entry:
        return Entry(
            seq=len(self._entries),
            prev=self._entries[-1].digest if self._entries else self._genesis,
            at=self._clock.now(),
            mono_us=self._clock.monotonic_us(),
            event=event,
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every line, in order."""
        return tuple(self._entries)

    @property
    def events(self) -> tuple[Event, ...]:
        """Every event, in order."""
        return tuple(entry.event for entry in self._entries)

    @property
    def content(self) -> bytes:
        """The bytes that `journal.jsonl` would have."""
        return b"".join(map(format_line, self._entries))
