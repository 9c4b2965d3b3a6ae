"""Writes markers as files, and reads them back, on the host itself: the host's Python is given the whole program.

Nothing but the standard library, from Python 3.7 on: the host has nothing of ours.
"""

# As in `tree_on_host`: no pathlib, and what a marker needs is a few system calls.
# ruff: noqa: PTH102, PTH118, PTH208
from __future__ import annotations

import json
import os
import re
import signal
import sys

_KEPT = ".reprise"
_NAME = re.compile(r"[1-9][0-9]{0,15}")
_IDLE_SECONDS = 60
"""A canary that asks for nothing for so long is gone, and the connection with it did not notice."""


def make(directory: str, number: int) -> None:
    """One marker, on the disk whatever happens to this program or to the host after it."""
    name = os.path.join(directory, str(number))
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        os.write(descriptor, content(number))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _keep(directory)


def prepare(root: str, run: str) -> str:
    """The directory of the run's markers. The tree itself is never made: one that was lost stays lost."""
    directory = root
    for part in (_KEPT, run):
        above, directory = directory, os.path.join(directory, part)
        try:
            os.mkdir(directory, 0o750)
        except FileExistsError:
            continue
        _keep(above)
    return directory


def content(number: int) -> bytes:
    """What the file of a marker holds."""
    return b"%d\n" % number


def write(root: str, run: str) -> None:
    """Answer each number with itself once its marker is durable, with the system's words where it could not be made."""
    while True:
        signal.alarm(_IDLE_SECONDS)  # Ends this program, even where a disk hangs in a way that can be interrupted.
        line = sys.stdin.readline()
        if not line:
            return
        number = int(line)
        try:
            make(prepare(root, run), number)
            answer = str(number)
        except OSError as error:
            answer = error.strerror or "error"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def read(root: str, run: str) -> list[int] | None:
    """The numbers of the run's markers that are there whole; None where there is no tree."""
    directory = os.path.join(root, _KEPT, run)
    if not os.path.isdir(root):  # noqa: PTH112
        return None
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if _NAME.fullmatch(name) and _whole(os.path.join(directory, name), name))


def _whole(path: str, name: str) -> bool:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read(64) == content(int(name))


def _keep(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3])
    else:
        json.dump(read(sys.argv[2], sys.argv[3]), sys.stdout)
