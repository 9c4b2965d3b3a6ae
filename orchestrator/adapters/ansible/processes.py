"""Finds and ends processes of this machine: those below a process, those with a mark. Knows nothing of Ansible."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_POLL_SECONDS = 0.01
_STATE, _PARENT = 0, 1


def descendants(root: int) -> set[int]:
    """Every living process below one, of any session and group."""
    parents = dict(_parents())
    found: set[int] = set()
    pending = {root}
    while pending:
        pending = {process for process, parent in parents.items() if parent in pending} - found
        found |= pending
    return found


def marked(*, name: str, value: str) -> set[int]:
    """Every living process that was started with a variable in its environment, `value` or something below it (`/`).

    Of another account's processes root alone can tell, and they are not ours to end.
    """
    exact, below = f"{name}={value}".encode(), f"{name}={value}/".encode()
    return {
        process
        for process, _ in _parents()
        if process != os.getpid() and any(entry == exact or entry.startswith(below) for entry in _environment(process))
    }


def command_line(process: int) -> bytes:
    """How a process calls itself; empty where it is gone."""
    return _read(process, "cmdline")


def end(find: Callable[[], set[int]], *, grace_seconds: float, patience_seconds: float) -> frozenset[int]:
    """End processes: ask them, then make them, and look again until none is found.

    Args:
        find: Which are left. Asked again and again: while they are being ended they may start others.
        grace_seconds: How long those that were asked may take.
        patience_seconds: How long the rest may take; a process in an uninterruptible sleep cannot be ended.

    Returns:
        Which are still there. It should be empty, and where it is not somebody has to be told.
    """
    left = find()
    if left:
        _signal(left, signal.SIGTERM)
        left = _wait_until_none(find, seconds=grace_seconds)
    deadline = time.monotonic() + patience_seconds
    while left and time.monotonic() < deadline:
        _signal(left, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
        left = find()
    return frozenset(left)


def _wait_until_none(find: Callable[[], set[int]], *, seconds: float) -> set[int]:
    deadline = time.monotonic() + seconds
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _signal(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except (ProcessLookupError, PermissionError):
            continue


def _parents() -> Iterator[tuple[int, int]]:
    """Each living process with its parent. What has ended and waits for its parent to notice is not living."""
    for entry in os.listdir("/proc"):  # noqa: PTH208 - some thousand times a second while something is being ended
        if entry.isdigit():
            fields = _read(int(entry), "stat").rpartition(b")")[2].split()
            if fields and fields[_STATE] not in (b"Z", b"X"):
                yield int(entry), int(fields[_PARENT])


def _environment(process: int) -> list[bytes]:
    try:
        if Path(f"/proc/{process}").stat().st_uid != os.geteuid():
            return []
    except OSError:
        return []
    return _read(process, "environ").split(b"\0")


def _read(process: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:
        return b""
