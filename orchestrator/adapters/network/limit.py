"""Until when an answer is waited for: a deadline of the monotonic clock, and somebody who may end the wait before."""

from dataclasses import dataclass

from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Stop

STOP_POLL_US = 50_000
"""How long nobody looks whether a stop was requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The end of a wait. `deadline_us` is an instant of the monotonic clock, in microseconds."""

    deadline_us: int
    stop: Stop | None = None

    @property
    def left_us(self) -> int:
        """How long is left; 0 when nothing is."""
        return max(0, self.deadline_us - monotonic_us())

    @property
    def left_seconds(self) -> float:
        """How long is left, for libraries that take 0 for no limit at all."""
        return max(0.001, self.left_us / 1_000_000)

    @property
    def fault(self) -> str:
        """Why nobody waits any more, in fixed words; nothing as long as somebody does."""
        if self.stop is not None and self.stop.requested:
            return "stopped"
        return "" if self.left_us else "timeout"


def limit_of(timeout_us: int, *, stop: Stop | None = None) -> Limit:
    """The limit of what begins now and may take so long."""
    return Limit(deadline_us=monotonic_us() + timeout_us, stop=stop)
