"""A stop that also comes by itself: a step's own time limit within the run's."""

from datetime import timedelta

from orchestrator.core.ports import Clock, Stop


class TimeLimit:
    """Requested when the parent is, or when the time is over. Implements `ports.Stop`."""

    def __init__(self, *, parent: Stop, clock: Clock, timeout_us: int) -> None:
        self._parent = parent
        self._clock = clock
        self._timeout_us = timeout_us
        self.deadline_us = clock.monotonic_us() + timeout_us
        """When the time is over, on the monotonic clock, in microseconds."""
        self.deadline_at = clock.now() + timedelta(microseconds=timeout_us)
        """The same on the wall clock: to tell people, not to decide by."""

    @property
    def requested(self) -> bool:
        """See `ports.Stop`."""
        return self._parent.requested or self._remaining_us() == 0

    @property
    def is_over(self) -> bool:
        """Whether it is the time that is over, and nobody asked for a stop."""
        return not self._parent.requested and self._remaining_us() == 0

    @property
    def reason(self) -> str | None:
        """See `ports.Stop`."""
        if self._parent.requested:
            return "stop requested"
        return None if self._remaining_us() else f"time limit of {self._timeout_us / 1e6:g} s"

    def wait(self, timeout_us: int) -> bool:
        """See `ports.Stop`."""
        self._parent.wait(min(timeout_us, self._remaining_us()))
        return self.requested

    def _remaining_us(self) -> int:
        return max(0, self.deadline_us - self._clock.monotonic_us())
