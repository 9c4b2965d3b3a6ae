"""The one way in which a whole file is put on disk: at no instant is there half of it under its own name."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from orchestrator.errors import StoreError


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that, whenever the machine stops, it is there whole or as it was before.

    Temporary name, fsync, rename, fsync of the directory: without the last one the name itself may be lost.

    Args:
        path: Where the file goes; its directory exists.
        content: The whole content.
        mode: The permissions of the file, before the process's umask.

    Raises:
        StoreError: The disk is full or the directory cannot be written. What was there before is still there.
    """
    fill_durably(path, lambda file: file.write(content), mode=mode)


def fill_durably(path: Path, fill: Callable[[IO[bytes]], object], *, mode: int = 0o644) -> None:
    """Write a file as `write_durably` does, part by part: for what is too large to hold in memory.

    Args:
        path: Where the file goes; its directory exists.
        fill: Writes the content. What it raises leaves what was there before.
        mode: The permissions of the file, before the process's umask.

    Raises:
        StoreError: The disk is full or the directory cannot be written. What was there before is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(temporary, fill, mode=mode)
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        hint = "free space on that disk or make the directory writable, then give the command again"
        raise StoreError(f"{path}: cannot be written: {error.strerror}", hint=hint) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, fill: Callable[[IO[bytes]], object], *, mode: int) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w+b") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable: that of a file that is new there, or is there no more.

    Raises:
        OSError: The directory is not there, or the disk failed.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
