"""The file of a series: written line by line by the observer, closed durably, summed up by its parent."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.core.ports import Series
from orchestrator.core.samples import header, parse_markers, parse_samples
from orchestrator.errors import StoreError


class SeriesWriter:
    """Appends whole lines. Each is with the kernel when `append` returns, so a killed observer loses none."""

    def __init__(self, path: Path, *, columns: tuple[str, ...]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o644)
        self.append(header(columns))

    def append(self, line: str) -> None:
        """Write one line.

        Raises:
            OSError: The disk does not take it, or not all of it.
        """
        content = line.encode()
        if os.write(self._descriptor, content) != len(content):
            os.fsync(self._descriptor)
            raise OSError("the disk took only a part of a line")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


def close_samples(path: Path, *, every_us: int) -> Series:
    """What is in a watch's file. A sample is late that was asked more than half a period after it was due.

    Raises:
        StoreError: The file cannot be read.
        EvidenceError: It is not a series.
    """
    content = _durable(path)
    samples = parse_samples(content.decode())
    late = sum(sample.started_us - sample.due_us > every_us // 2 for sample in samples)
    return _series(path, content, count=len(samples), failures=sum(not s.answered for s in samples), late=late)


def close_markers(path: Path) -> Series:
    """What is in a canary's file; a failure is a marker that was never acknowledged.

    Raises:
        StoreError: The file cannot be read.
        EvidenceError: It is not a series.
    """
    content = _durable(path)
    markers = parse_markers(content.decode())
    return _series(path, content, count=len(markers), failures=sum(m.acknowledged_us is None for m in markers), late=0)


def _series(path: Path, content: bytes, *, count: int, failures: int, late: int) -> Series:
    return Series(
        file=f"{path.parent.name}/{path.name}",
        sha256=hashlib.sha256(content).hexdigest(),
        count=count,
        failures=failures,
        late=late,
    )


def _durable(path: Path) -> bytes:
    """The content, once it and its name are on disk: an observer that was killed has synced neither."""
    try:
        for place in (path, path.parent):
            _with_descriptor(place, os.fsync)
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: the series cannot be closed: {error.strerror}") from error


def _with_descriptor(place: Path, act: Callable[[int], object]) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        act(descriptor)
    finally:
        os.close(descriptor)
