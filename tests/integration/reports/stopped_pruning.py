"""Prunes a project again and again, each time ended at once at another act on the disk, and then whole.

A program of its own, because it forks: `python -m ... PROJECT SCRATCH` prints how many acts there were.
"""

import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.app.pruning import Pruned, prune
from orchestrator.app.register import open_register, view_register
from orchestrator.app.workplace import open_workplace
from orchestrator.testing import FakeClock
from reports.register.account import examine_runs
from reports.register.entries import FilesRemoved

ACTS = {"os.rename", "os.remove", "os.rmdir"}


def _prune(root: Path) -> Pruned:
    workplace = open_workplace(root, clock=FakeClock(at=datetime(2040, 1, 1, tzinfo=UTC)))
    register = open_register(workplace.project, clock=workplace.clock)
    return prune(workplace, register, by="test")


def _stopped_at(root: Path, number: int) -> bool:
    """Whether a process that ends at its act of this number came to it."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    seen = 0

    def end(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in ACTS and str(root) in str(arguments[0]) and f"{root}/register" not in str(arguments[0]):
            seen += 1
            if seen == number:
                os._exit(9)

    sys.addaudithook(end)
    _prune(root)
    os._exit(0)


def _check(root: Path) -> None:
    entries = view_register(open_workplace(root, clock=FakeClock()).project).entries()
    removals = [entry.event for entry in entries if isinstance(entry.event, FilesRemoved)]
    whole = [(event.run_id, event.category) for event in removals]
    assert len(whole) == len(set(whole)), "entered twice"
    assert examine_runs(entries) == ()
    left = [file.path for event in removals for file in event.files if (root / file.path).exists()]
    assert not left, left
    assert not [path.name for path in (root / "runs").iterdir() if path.name.startswith(".")]
    assert "evidence" in {category for _, category in whole}


def main(project: Path, scratch: Path) -> int:
    number = 0
    while True:
        number += 1
        root = scratch / str(number)
        shutil.copytree(project, root)
        stopped = _stopped_at(root, number)
        _prune(root)
        _check(root)
        shutil.rmtree(root)
        if not stopped:
            return number - 1


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
