"""Watches and a canary that observe a fake service, and write the same CSV files as the real ones."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.canonical import sha256
from orchestrator.core.ports import Observer, Record, Series, Survivors
from orchestrator.core.ranges import ranges_of
from orchestrator.core.samples import (
    MARKER_COLUMNS,
    SAMPLE_COLUMNS,
    Marker,
    Sample,
    format_marker,
    format_sample,
    header,
)
from orchestrator.core.watching import CanaryDefinition, WatchDefinition
from orchestrator.testing.clock import FakeClock
from orchestrator.testing.service import FakeService

LATENCY_US = 800
"""How long every question of a fake watch, and every commit of a fake canary, takes."""


def survivors_of(markers: Sequence[Marker], *, service: FakeService) -> Survivors:
    """What is read back where nothing else went wrong: what was acknowledged until the restore's own instant."""
    until_us = service.restored_until_us
    if not service.answers or until_us is None:
        return Survivors(answered=False, ranges=(), fault="connection refused")
    kept = [m.number for m in markers if m.acknowledged_us is not None and m.acknowledged_us <= until_us]
    return Survivors(answered=True, ranges=ranges_of(kept))


@dataclass(slots=True, kw_only=True)
class _Observer:
    """Implements `ports.Observer`: what was seen is computed when it is closed."""

    file: Path
    columns: tuple[str, ...]
    rows: Callable[[], tuple[list[str], int]]
    closed: Series | None = None

    def finish(self) -> Series:
        """Write the file and say what is in it; the second time, say it again."""
        if self.closed is None:
            lines, failures = self.rows()
            content = (header(self.columns) + "".join(lines)).encode()
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(content)
            name = f"{self.file.parent.name}/{self.file.name}"
            self.closed = Series(file=name, sha256=sha256(content), count=len(lines), failures=failures)
        return self.closed


class FakeObservers:
    """Implements `ports.Observers` over a fake service.

    Args:
        clock: Every series covers what passes on it between start and finish.
        service: What is observed.
        survivors: What is read back, from the markers that were sent so far; the service's own if not given.
        starting: Called before each observer starts: raises, where a test wants one that cannot start.
    """

    def __init__(
        self,
        *,
        clock: FakeClock,
        service: FakeService,
        survivors: Callable[[Sequence[Marker]], Survivors] | None = None,
        starting: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._clock, self._service, self._starting = clock, service, starting
        self._survivors = survivors or (lambda markers: survivors_of(markers, service=service))
        self._lock = threading.Lock()
        self._canary: tuple[int, int] | None = None
        self.started: list[str] = []
        self.reads = 0

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:  # noqa: ARG002 - the port's
        """Ask the service at the watch's period, on the fake clock. Records no `WatchChanged`: it is live detail."""
        self._begin(definition.id)
        begun_us = self._clock.monotonic_us()

        def rows() -> tuple[list[str], int]:
            samples = list(self._samples(begun_us, every_us=definition.every))
            return list(map(format_sample, samples)), sum(not sample.answered for sample in samples)

        return _Observer(file=file, columns=SAMPLE_COLUMNS, rows=rows)

    def canary(self, definition: CanaryDefinition, *, run_id: str, file: Path) -> Observer:  # noqa: ARG002 - the port's
        """Commit a marker to the service at the canary's period, on the fake clock, until the service is first lost."""
        self._begin("canary")
        self._canary = (self._clock.monotonic_us(), definition.every)

        def rows() -> tuple[list[str], int]:
            markers = self.markers()
            return list(map(format_marker, markers)), sum(m.acknowledged_us is None for m in markers)

        return _Observer(file=file, columns=MARKER_COLUMNS, rows=rows)

    def read_canary(self, definition: CanaryDefinition, *, run_id: str, timeout_us: int) -> Survivors:  # noqa: ARG002
        """What `survivors` makes of the markers that were sent so far."""
        with self._lock:
            self.reads += 1
        return self._survivors(self.markers())

    def markers(self) -> tuple[Marker, ...]:
        """Every marker sent so far. The one that meets the loss of the service is the last, and not acknowledged."""
        return tuple(self._sent()) if self._canary else ()

    def _begin(self, name: str) -> None:
        self._starting(name)
        self.started.append(name)

    def _samples(self, begun_us: int, *, every_us: int) -> Iterator[Sample]:
        for due_us in range(begun_us, self._clock.monotonic_us() - LATENCY_US, every_us):
            answered = self._service.answers_at(due_us + LATENCY_US // 2)
            fault = "" if answered else "connection refused"
            yield Sample(
                due_us=due_us, started_us=due_us, finished_us=due_us + LATENCY_US, answered=answered, fault=fault
            )

    def _sent(self) -> Iterator[Marker]:
        begun_us, every_us = self._canary or (0, 1)
        instants = range(begun_us, self._clock.monotonic_us() - LATENCY_US, every_us)
        for number, sent_us in enumerate(instants, start=1):
            kept = self._service.answers_at(sent_us + LATENCY_US // 2)
            acknowledged_us = sent_us + LATENCY_US if kept else None
            fault = "" if kept else "connection refused"
            yield Marker(number=number, sent_us=sent_us, acknowledged_us=acknowledged_us, fault=fault)
            if not kept:
                return
