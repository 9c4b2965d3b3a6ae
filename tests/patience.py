"""How tests wait: for a condition, never for a time. The deadline is for what never comes, and costs nothing else."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

PATIENCE_SECONDS = 120.0
"""Longer than anything that works takes on the slowest machine, shorter than the time that pytest gives a test."""

FOREVER_SECONDS = 3_600
"""How long what a test stops would last if it were not stopped: no test lives that long."""

Found = TypeVar("Found")


def wait_until(look: Callable[[], Found], *, otherwise: str = "it never came true") -> Found:
    """Look again and again until there is something to see, and return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)
    return found


def kill(processes: Iterable[int]) -> None:
    """End processes at once. One that has ended in the meantime, with the one before it perhaps, is no fault."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
