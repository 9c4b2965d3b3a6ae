"""Ends what an attempt left running on a target: every process that carries its mark, and what those started.

A stopped Ansible task goes on running on the target, so ending the playbook here is only half of a stop.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from orchestrator.adapters.ansible.settings import TARGET_MARK
from orchestrator.adapters.ssh import SshConnections
from orchestrator.errors import RepriseError

_TIMEOUT_US = 10_000_000

# For the target's own Python, however old it is. Two looks in a row must find nothing: during one of them a process may
# have had a child behind its back.
_PROGRAM = r"""
import os, signal, sys, time
exact = (sys.argv[1] + "=" + sys.argv[2]).encode()
below = exact + b"/"
def look():
    parents, found = {}, set()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state in (b"Z", b"X"):
                continue
            parents[int(name)] = int(parent)
            with open("/proc/%s/environ" % name, "rb") as file:
                entries = file.read().split(b"\0")
        except (OSError, ValueError):
            continue
        if any(entry == exact or entry.startswith(below) for entry in entries):
            found.add(int(name))
    grown = found
    while grown:
        grown = set(p for p, parent in parents.items() if parent in found) - found
        found |= grown
    return found
ended, clean, deadline = set(), 0, time.time() + 5
while clean < 2 and time.time() < deadline:
    left = look()
    clean = 0 if left else clean + 1
    ended |= left
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            pass
    time.sleep(0.02 if left else 0)
print(len(ended), len(look()))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What was found on one host. `fault` says why something may still run there; empty: nothing does."""

    host: str
    ended: int
    fault: str


def reap(hosts: tuple[str, ...], *, mark: str, connections: SshConnections) -> tuple[Reaped, ...]:
    """End every process with a mark (`run/step/attempt`), or with one below it (`run`), on several hosts at once."""
    if not hosts:
        return ()
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        return tuple(pool.map(lambda host: _reap(host, mark=mark, connections=connections), hosts))


def _reap(host: str, *, mark: str, connections: SshConnections) -> Reaped:
    try:
        command = [connections.address(host).python, "-c", _PROGRAM, TARGET_MARK, mark]
        done = connections.run(host, command, timeout_us=_TIMEOUT_US)
        ended, left = (int(word) for word in done.stdout.split())
    except (RepriseError, ValueError) as error:
        words = str(error) if isinstance(error, RepriseError) else "its Python gave no answer"
        return Reaped(host=host, ended=0, fault=f"nobody knows what still runs on {host}: {words}")
    return Reaped(host=host, ended=ended, fault=f"{left} processes cannot be ended on {host}" if left else "")
