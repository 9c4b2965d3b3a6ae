"""The program that lists a directory of mariadb-backup's backups: the repository's Python reads it from standard input.

Nothing but the standard library, from Python 3.7 on: the host has nothing of ours. It writes one JSON: of each backup
the files in which the tool says what it did, as they are, and how large the whole is. It judges nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Since 11.1 the tool calls its files after itself; before, after the one that it comes from.
_NOTES = {
    "info": ("mariadb_backup_info", "xtrabackup_info"),
    "checkpoints": ("mariadb_backup_checkpoints", "xtrabackup_checkpoints"),
}


def _read(backup: Path, names: tuple[str, ...]) -> str | None:
    for name in names:
        note = backup / name
        if note.is_file():
            return note.read_text(encoding="utf-8")
    return None


def _size(backup: Path) -> int:
    return sum(
        os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  what os.walk gives
        for place, _, names in os.walk(backup)
        for name in names
    )


def _look(directory: Path) -> list[dict[str, object]]:
    # What begins with a dot is being written, or hidden by whoever keeps the backups.
    backups = sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [
        {"name": path.name, "bytes": _size(path)} | {key: _read(path, names) for key, names in _NOTES.items()}
        for path in backups
    ]


if __name__ == "__main__":
    json.dump(_look(Path(sys.argv[1])), sys.stdout)
