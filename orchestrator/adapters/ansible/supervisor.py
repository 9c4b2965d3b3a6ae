"""The process that owns one playbook run: starts it with ansible-runner, and ends all of it when it must.

It must when the orchestrator says so, and when the orchestrator dies: both close the pipe that is its standard input.
Started as `python -m orchestrator.adapters.ansible.supervisor`, told what to do in one line of JSON on that pipe.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 0.5
"""Between asking a playbook to end and ending it."""


def main() -> int:
    """Run one playbook and print how it ended; see the module."""
    # Whatever a playbook leaves behind is handed to this process, and found when it must be ended.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C goes to the orchestrator, which stops us in order.
        signal.signal(number, signal.SIG_IGN)
    asked = json.loads(sys.stdin.readline())
    over = threading.Event()
    watcher = threading.Thread(target=_end_when_told, args=(over,), daemon=True)
    watcher.start()
    print(json.dumps(_run(asked, over=over)), flush=True)  # noqa: T201  the answer to the orchestrator
    return 0


def descendants(root: int) -> list[int]:
    """Every process below one, of any session and group, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found, pending = [], list(children.get(root, ()))
    while pending:
        process = pending.pop()
        found.append(process)
        pending.extend(children.get(process, ()))
    return found


def _parent(entry: Path) -> int | None:
    try:
        text = (entry / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def _run(asked: dict[str, Any], *, over: threading.Event) -> dict[str, Any]:
    import ansible_runner  # noqa: PLC0415  half a second: not before the watcher watches

    directory = asked["directory"]
    runner = ansible_runner.run(
        private_data_dir=directory,
        playbook=asked["playbook"],
        inventory=f"{directory}/inventory",
        cmdline=f"--extra-vars @{directory}/variables.json",
        settings={"pexpect_timeout": 0.05, "idle_timeout": None},
        event_handler=lambda _: False,
        cancel_callback=over.is_set,
        quiet=True,
    )
    return {"status": runner.status, "exit_code": None if over.is_set() else runner.rc}


def _end_when_told(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()
    end_descendants()
    os._exit(0)


def end_descendants() -> None:
    """End everything that this process started: asked first, then made to, until nothing is left."""
    _signal_all(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while descendants(os.getpid()) and time.monotonic() < deadline:
        time.sleep(0.02)
    while descendants(os.getpid()):
        _signal_all(signal.SIGKILL)
        time.sleep(0.02)


def _signal_all(number: int) -> None:
    for process in descendants(os.getpid()):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    sys.exit(main())
