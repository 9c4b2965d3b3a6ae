"""Ends what a step left running on a target: every process that carries the step's mark, and what they started.

A cancelled Ansible task goes on running on the target, so ending the playbook here is only half of a stop.
"""

from orchestrator.adapters.ansible.workspace import MARK
from orchestrator.adapters.ssh import SshConnections
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import RepriseError

TIMEOUT_US = 20_000_000

_PROGRAM = r"""
import os, signal, sys, time
mark = sys.argv[1].encode()
exact = sys.argv[2] == "exact"
own = {os.getpid(), os.getppid()}

def marked():
    found, parents = set(), {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in own:
            continue
        try:
            state, parent = open("/proc/%s/stat" % name).read().rpartition(")")[2].split()[:2]
            if state == "Z":
                continue
            parents[int(name)] = int(parent)
            entries = open("/proc/%s/environ" % name, "rb").read().split(b"\0")
        except (OSError, ValueError):
            continue
        if any(e == mark if exact else e.startswith(mark) for e in entries):
            found.add(int(name))
    grown = True
    while grown:
        more = {p for p, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found

ended = set()
for _ in range(100):
    left = marked()
    if not left:
        break
    ended |= left
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            pass
    time.sleep(0.05)
print(len(ended))
sys.exit(1 if marked() else 0)
"""


def end_marked(host: PinnedHost, *, mark: str, exact: bool, connections: SshConnections) -> tuple[int, str]:
    """End every marked process on a host.

    Args:
        host: Where to look.
        mark: `run/step/attempt`, or a prefix of it.
        exact: Whether the mark is whole, or a prefix.
        connections: SSH to the hosts of the run.

    Returns:
        How many were ended, and why some may be left (empty: none is).
    """
    python = connections.address(host.name).python
    word = "exact" if exact else "prefix"
    try:
        done = connections.run(host.name, [python, "-c", _PROGRAM, f"{MARK}={mark}", word], timeout_us=TIMEOUT_US)
        return int(done.stdout or b"0"), "" if done.exit_code == 0 else f"{host.name}: something goes on running"
    except (RepriseError, ValueError) as error:
        return 0, f"{host.name}: nobody knows what goes on running there: {error}"
