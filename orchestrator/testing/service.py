"""The service that a fake drill loses and gets back: what its watches, canary and probes then see follows from it."""

import threading

from orchestrator.testing.clock import FakeClock


class FakeService:
    """Answers from the beginning; goes and comes back at the instants at which a test, or a scripted act, says so."""

    def __init__(self, *, clock: FakeClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._changes: list[tuple[int, bool]] = []
        self.restored_until_us: int | None = None
        """What was committed until this instant is there after the restore; None: nothing was restored."""

    def lose(self, *, after_us: int = 0) -> None:
        """It stops answering, so many microseconds from now."""
        self._change(answers=False, after_us=after_us)

    def restore(self, *, until_us: int | None = None) -> None:
        """It answers again from now on, with what was committed until `until_us` (None: until it was lost)."""
        self.restored_until_us = until_us if until_us is not None else self._lost_us()
        self._change(answers=True)

    def start(self, *, after_us: int = 0) -> None:
        """It answers again, so many microseconds from now on, without anything that was restored."""
        self._change(answers=True, after_us=after_us)

    def answers_at(self, instant_us: int) -> bool:
        """Whether it answered at an instant of the monotonic clock."""
        with self._lock:
            before = [answers for at_us, answers in self._changes if at_us <= instant_us]
        return before[-1] if before else True

    @property
    def answers(self) -> bool:
        """Whether it answers now."""
        return self.answers_at(self._clock.monotonic_us())

    def _lost_us(self) -> int:
        with self._lock:
            return next(
                (at_us for at_us, answers in reversed(self._changes) if not answers), self._clock.monotonic_us()
            )

    def _change(self, *, answers: bool, after_us: int = 0) -> None:
        with self._lock:
            self._changes.append((self._clock.monotonic_us() + after_us, answers))
            self._changes.sort(key=lambda change: change[0])
