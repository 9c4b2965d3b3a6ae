"""Ends what a dead orchestrator's run left running, here and on its hosts."""

from pathlib import Path

from orchestrator.adapters.ansible.processes import end, marked
from orchestrator.adapters.ansible.reaper import reap
from orchestrator.adapters.ansible.scratch import close_run, run_directory, sockets_of, unended_marks
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from orchestrator.adapters.ansible.sockets import close_masters
from orchestrator.adapters.ssh import SshConnections

_PATIENCE_SECONDS = 5.0


def sweep_run(base: Path, *, run_id: str, hosts: tuple[str, ...], connections: SshConnections) -> tuple[str, ...]:
    """End it, and say what was ended and what may still run.

    Only attempts that never ended are looked for, so that what a finished step started goes on. Where their record is
    gone (it is in memory, and the machine may have been started anew) everything of the run is.
    """
    directory = run_directory(base, run_id=run_id)
    marks = unended_marks(directory) if directory.is_dir() else (run_id,)
    said, faults = [], []
    for mark in marks:
        here, left = _end_here(mark)
        there = reap(hosts, mark=mark, connections=connections)
        said += [f"{_processes(here)} on this machine"] if here else []
        said += [f"{_processes(found.ended)} on {found.host}" for found in there if found.ended]
        faults += [f"process {process} cannot be ended here" for process in sorted(left)]
        faults += [found.fault for found in there if found.fault]
    close_masters(sockets_of(directory))
    if not faults:
        close_run(directory)
    return (*said, *faults)


def _end_here(mark: str) -> tuple[int, frozenset[int]]:
    seen: set[int] = set()

    def left() -> set[int]:
        found = marked(name=LOCAL_MARK, value=mark)
        seen.update(found)
        return found

    remaining = end(left, grace_seconds=0, patience_seconds=_PATIENCE_SECONDS)
    return len(seen), remaining


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
