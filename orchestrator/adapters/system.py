"""This machine: its two clocks, the boot that its monotonic clock belongs to, and the request to stop."""

import os
import select
import time
from datetime import UTC, datetime
from pathlib import Path


class SystemClock:
    """The clocks of the operating system (`ports.Clock`)."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic_us(self) -> int:
        """CLOCK_MONOTONIC in microseconds: the same for every process of this boot."""
        return monotonic_us()


def monotonic_us() -> int:
    """CLOCK_MONOTONIC in microseconds, for the child processes that are handed no clock."""
    return time.monotonic_ns() // 1_000


def boot_id() -> str:
    """The kernel's identifier of this boot; monotonic readings of two boots are not comparable."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class StopRequest:
    """The run's request to stop (`ports.Stop`): made once, by a signal handler or any thread, and never taken back.

    An eventfd and no `threading.Event`: that one takes a lock, so a signal handler that sets it while the main thread
    is about to wait for it would wait for itself.
    """

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._reason: str | None = None

    def request(self, reason: str) -> None:
        """Ask for the stop. The first reason given is kept."""
        if self._reason is None:
            self._reason = reason
            os.eventfd_write(self._descriptor, 1)

    @property
    def reason(self) -> str | None:
        """Why the run must end; None while it need not."""
        return self._reason

    @property
    def requested(self) -> bool:
        """True from the moment when what is under way must end."""
        return self._reason is not None

    def wait(self, timeout_us: int) -> bool:
        """Sleep for at most `timeout_us` microseconds; return at once, and True, when a stop is requested."""
        poller = select.poll()
        poller.register(self._descriptor, select.POLLIN)
        # Rounded up: a wait of 400 us must not become a busy loop.
        poller.poll(max(0, -(-timeout_us // 1_000)))
        return self.requested

    def close(self) -> None:
        """Give the descriptor back, once nobody waits any more. Can be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class NeverStop:
    """For what nobody stops but its own time-out (`ports.Stop`)."""

    @property
    def requested(self) -> bool:
        """Never."""
        return False

    @property
    def reason(self) -> str | None:
        """None: nobody asks."""
        return None

    def wait(self, timeout_us: int) -> bool:
        """Sleep for `timeout_us` microseconds."""
        time.sleep(timeout_us / 1_000_000)
        return False
