"""Runs on the host that is restored: says which archived binary logs follow a backup, in order, none missing.

Prints the position in the first one, then their names, one on a line. Arguments: the backup's note of its position,
the directory of the archived logs.
"""

import pathlib
import re
import sys

_LOG = re.compile(r"(?P<base>.+)\.(?P<number>\d+)")


def _beginning(note: pathlib.Path) -> tuple[str, int, int]:
    """The log and the position that a backup was taken at: base name, number, position."""
    name, position = note.read_text(encoding="utf-8").split()[:2]
    found = _LOG.fullmatch(name)
    if found is None:
        sys.exit(f"the backup's note names no binary log: {name}")
    return found["base"], int(found["number"]), int(position)


def _numbered(logs: pathlib.Path, base: str) -> dict[int, pathlib.Path]:
    found = ((path, _LOG.fullmatch(path.name)) for path in logs.iterdir())
    return {int(match["number"]): path for path, match in found if match is not None and match["base"] == base}


def _whole(log: pathlib.Path) -> pathlib.Path:
    """What was archived of a log before the archive began with it again, where that is more."""
    before = log.with_name(f"{log.name}.before")
    return before if before.exists() and before.stat().st_size > log.stat().st_size else log


def _main(*, note: pathlib.Path, logs: pathlib.Path) -> None:
    base, first, position = _beginning(note)
    numbered = _numbered(logs, base)
    last = max(numbered, default=0)
    missing = [number for number in range(first, max(first, last) + 1) if number not in numbered]
    if missing:
        sys.exit(f"the archive has no binary log number {missing[0]}, which the backup needs")
    names = [str(_whole(numbered[number])) for number in range(first, last + 1)]
    sys.stdout.write("\n".join([str(position), *names]) + "\n")


_main(note=pathlib.Path(sys.argv[1]), logs=pathlib.Path(sys.argv[2]))
