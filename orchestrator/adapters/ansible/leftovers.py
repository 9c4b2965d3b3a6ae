"""Ends what a run's playbooks left on this machine: SSH's kept connections, a dead orchestrator's processes."""

import os
import signal
import subprocess
import time
from pathlib import Path

from orchestrator.adapters.ansible.workspace import MARK

GIVE_UP_SECONDS = 5


def end_masters(sockets: Path) -> None:
    """End every kept SSH connection of a directory of control sockets."""
    for socket in sockets.iterdir():
        subprocess.run(
            ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "none"],  # noqa: S607
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=GIVE_UP_SECONDS,
            check=False,
        )


def end_local(run_id: str) -> tuple[int, ...]:
    """End every process of this machine that carries a run's mark and belongs to us; return which there were."""
    ended: set[int] = set()
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while (left := _marked(run_id)) and time.monotonic() < deadline:
        ended |= left
        for process in left:
            _kill(process)
        time.sleep(0.02)
    return tuple(sorted(ended))


def _marked(run_id: str) -> set[int]:
    wanted = f"{MARK}={run_id}/".encode()
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _carries(entry, wanted)
    }


def _carries(entry: Path, wanted: bytes) -> bool:
    try:
        # Processes of another account are a target's on this machine (the lab's): the reaper ends those over SSH.
        if entry.stat().st_uid != os.geteuid():
            return False
        return any(part.startswith(wanted) for part in (entry / "environ").read_bytes().split(b"\0"))
    except OSError:
        return False


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return
