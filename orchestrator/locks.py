"""At most one drill per target: a lock that the kernel takes back from a dead process."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from orchestrator.errors import LockedError, StoreError


@contextmanager
def locked(targets: Iterable[str], *, directory: Path, holder: str) -> Iterator[None]:
    """Hold the lock of every target for as long as a block runs.

    Args:
        targets: Names of hosts. Taken in one order, so that two drills cannot wait for each other.
        directory: Where the locks are; made where it is missing.
        holder: Written into the lock for whoever is refused.

    Raises:
        LockedError: Another drill holds one of them.
        StoreError: The directory cannot be written.
    """
    with ExitStack() as stack:
        for target in sorted(set(targets)):
            stack.enter_context(_locked(target, directory=directory, holder=holder))
        yield


def is_held(target: str, *, directory: Path) -> bool:
    """Whether somebody who lives holds the lock of a target now. Takes nothing and makes nothing.

    Raises:
        StoreError: The lock cannot be read.
    """
    try:
        file = os.open(directory / f"{target}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{directory}: {error.strerror}: the lock of {target} cannot be read") from error
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def _locked(target: str, *, directory: Path, holder: str) -> Iterator[None]:
    file = _open(directory, target)
    try:
        _take(file, target=target)
        os.ftruncate(file, 0)
        os.pwrite(file, holder.encode(), 0)
        yield
    finally:
        os.close(file)


def _open(directory: Path, target: str) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return os.open(directory / f"{target}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{directory}: {error.strerror}: no lock can be made there") from error


def _take(file: int, *, target: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 200, 0).decode(errors="replace") or "another drill"
        raise LockedError(f"{target} is in use by {holder}", hint="wait until it is over, then try again") from error
