"""Runs on the host that keeps dumps, by its own Python: what lies in their directory, and what is seen of each file.

Decides nothing. Needs Python 3.7 or newer and its standard library. No content leaves the host.
"""

# Sent as it is and run by an interpreter that may be old and bare: no package of ours, and none beyond os.path.
# ruff: noqa: PTH118, PTH123
from __future__ import annotations

import json
import os
import stat
import sys


def _written_now() -> set[tuple[int, int]]:
    """The files that a process has open for writing, as far as this user may look."""
    found = set()
    for process in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        try:
            for entry in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208
                if _for_writing(process, entry):
                    held = os.stat(f"/proc/{process}/fd/{entry}")  # noqa: PTH116
                    found.add((held.st_dev, held.st_ino))
        except OSError:
            pass  # It has ended, or is somebody else's.
    return found


def _for_writing(process: str, entry: str) -> bool:
    with open(f"/proc/{process}/fdinfo/{entry}", encoding="ascii") as told:
        flags = next((line.split()[1] for line in told if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def _holds(path: str, size: int, *, begins: bytes, ends: bytes) -> bool:
    with open(path, "rb") as file:
        if file.read(len(begins)) != begins:
            return False
        # Dumps in text end with a line break or two after their last words.
        file.seek(max(0, size - len(ends) - 8))
        return file.read().rstrip(b"\r\n ").endswith(ends)


def _sidecar(path: str) -> str | None:
    """The first word of the file beside a dump: what `sha256sum` writes. None where there is none."""
    try:
        with open(path, encoding="ascii") as file:
            return (file.read(4096).split() or [""])[0]
    except (OSError, ValueError):
        return None


def look(directory: str, *, begins: bytes, ends: bytes, sidecar: str) -> list[dict[str, object]]:
    """Every regular file of the directory itself: name, size, time, and what tells a whole dump."""
    written, files = _written_now(), []
    with os.scandir(directory) as entries:
        for entry in entries:
            found = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                continue
            path = os.path.join(directory, entry.name)
            files.append(
                {
                    "name": entry.name,
                    "bytes": found.st_size,
                    "mtime_us": found.st_mtime_ns // 1000,
                    "written": (found.st_dev, found.st_ino) in written,
                    "holds": _holds(path, found.st_size, begins=begins, ends=ends),
                    "sidecar": _sidecar(path + sidecar) if sidecar else None,
                }
            )
    return files


if __name__ == "__main__":
    _directory, _begins, _ends, _suffix = sys.argv[1:]
    json.dump(look(_directory, begins=os.fsencode(_begins), ends=os.fsencode(_ends), sidecar=_suffix), sys.stdout)
