"""Time that passes only when a test, or a fake that waits, says so; and a stop that a test requests."""

import threading
from datetime import UTC, datetime, timedelta

STARTED_AT = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
STARTED_US = 1_000_000_000


class FakeClock:
    """Implements `ports.Clock`. Safe for threads; what several threads wait for adds up.

    Args:
        at: The wall clock at the beginning, in UTC.
        monotonic_us: The monotonic clock at the beginning, in microseconds.
    """

    def __init__(self, *, at: datetime = STARTED_AT, monotonic_us: int = STARTED_US) -> None:
        self._at, self._began_us, self._now_us = at, monotonic_us, monotonic_us
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The wall clock: as far from its beginning as the monotonic one."""
        return self._at + timedelta(microseconds=self.monotonic_us() - self._began_us)

    def monotonic_us(self) -> int:
        """The monotonic clock, in microseconds."""
        with self._lock:
            return self._now_us

    def advance(self, duration_us: int) -> None:
        """Let this many microseconds pass."""
        if duration_us < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._now_us += duration_us


class ManualStop:
    """Implements `ports.Stop`: requested when the test says so. To wait is to let the fake clock advance."""

    def __init__(self, *, clock: FakeClock) -> None:
        self._clock = clock
        self._reason: str | None = None

    def request(self, reason: str = "asked to stop") -> None:
        """Ask for the stop. The first reason given is kept, and never taken back."""
        self._reason = self._reason or reason

    @property
    def requested(self) -> bool:
        """Whether `request` was called."""
        return self._reason is not None

    @property
    def reason(self) -> str | None:
        """What `request` was told."""
        return self._reason

    def wait(self, timeout_us: int) -> bool:
        """Let `timeout_us` microseconds pass, none where the stop is requested already."""
        if not self.requested:
            self._clock.advance(timeout_us)
        return self.requested
