"""Runs on the host that is lost: kills a PostgreSQL cluster and its archiving at once, then removes its files.

One process does it all: a shell needs 40 to 80 ms from the first signal to the last, and T0 is known no better.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import time

_SHARED_MEMORY = "/dev/shm/PostgreSQL."  # noqa: S108  made by PostgreSQL, not by us


def _link(process: pathlib.Path, name: str) -> str:
    try:
        return str((process / name).readlink())
    except OSError:
        return ""


def _processes() -> list[pathlib.Path]:
    return [path for path in pathlib.Path("/proc").iterdir() if path.name.isdigit()]


def _cluster(data: str) -> list[int]:
    """Every process of the cluster: its postmaster and its children all live in the data directory."""
    mine = [path for path in _processes() if _link(path, "cwd") == data and _link(path, "exe").endswith("/postgres")]
    return [int(path.name) for path in mine]


def _children(pid: int) -> list[int]:
    """Read in one go by the kernel; looking through all of /proc would take milliseconds."""
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _archiving(config: str) -> list[int]:
    """The pgBackRest processes of this host: detached from the archiver, they would go on pushing what they read."""
    found = []
    for path in _processes():
        try:
            arguments = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--config={config}".encode() in arguments and arguments[0].endswith(b"pgbackrest"):
            found.append(int(path.name))
    return found


def _shared_memory(postmaster: int) -> list[str]:
    """What a machine that loses its power loses too, and a killed process leaves behind."""
    maps = pathlib.Path(f"/proc/{postmaster}/maps").read_text(encoding="utf-8")
    return sorted({word for line in maps.splitlines() for word in line.split() if word.startswith(_SHARED_MEMORY)})


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself in the meantime: as lost as the others
        os.kill(pid, number)


def _postmaster(data: str) -> int:
    pid_file = pathlib.Path(data, "postmaster.pid")
    pid = int(pid_file.read_text(encoding="utf-8").split("\n")[0]) if pid_file.exists() else 0
    if pid not in _cluster(data):
        sys.exit("PostgreSQL does not run here: there is nothing to lose")
    return pid


def _kill_all(*, data: str, config: str) -> dict[str, int]:
    postmaster, pushers = _postmaster(data), _archiving(config)
    memory = _shared_memory(postmaster)
    started_ns = time.monotonic_ns()
    _kill(postmaster, signal.SIGSTOP)  # so that it starts no new child while its children are counted
    killed = [*_children(postmaster), postmaster]
    for pid in (*killed, *pushers):
        _kill(pid, signal.SIGKILL)
    window_us = (time.monotonic_ns() - started_ns) // 1000
    for pid in (*_cluster(data), *_archiving(config)):
        _kill(pid, signal.SIGKILL)
    for path in memory:
        pathlib.Path(path).unlink(missing_ok=True)
    return {"killed_processes": len(killed), "kill_window_us": window_us}


def _main(*, data: str, config: str, spool: str) -> None:
    lost = _kill_all(data=data, config=config)
    lost["removed_files"] = sum(len(names) for _, _, names in os.walk(data))
    shutil.rmtree(data)
    shutil.rmtree(spool, ignore_errors=True)
    sys.stdout.write(json.dumps(lost))


_main(data=sys.argv[1], config=sys.argv[2], spool=sys.argv[3])
