"""What is left of files on a host: how many, how large, and whether a process still holds deleted ones open.

The proof of destruction: a file that was removed while a process has it open is not gone.
"""

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import SshError

_COUNTS = ("files", "bytes", "open_deleted", "unseen_processes")

# A process that may not be looked into could hold a deleted file unseen: those of the files' own user (that of the
# nearest directory that is left) are counted apart, so that nobody takes them for a no. Looked at again for a second:
# a process that is just starting may be closed to us for a moment. One that has ended and waits for its parent (a
# zombie) is closed to us too, and holds nothing.
# A mapped file (maps) is held just as an open one (fd) is.
_PROGRAM = """
import json, os, sys, time
path = os.path.realpath(sys.argv[1])
inside = path.rstrip("/") + "/"
files = size = 0
def refused(error):
    if not isinstance(error, FileNotFoundError):
        raise error
try:
    top = os.lstat(path)
except FileNotFoundError:
    top = None
if top is not None and not os.path.isdir(path):
    files, size = 1, top.st_size
for place, _, names in os.walk(path, onerror=refused) if os.path.isdir(path) else ():
    for name in names:
        try:
            size += os.lstat(os.path.join(place, name)).st_size
            files += 1
        except FileNotFoundError:
            pass
def held(target):
    return target.endswith(" (deleted)") and (target + "/").startswith(inside) or target == path + " (deleted)"
def holds(process):
    for entry in os.listdir(process + "/fd"):
        try:
            if held(os.readlink(process + "/fd/" + entry)):
                return True
        except FileNotFoundError:
            pass
    with open(process + "/maps", errors="surrogateescape") as maps:
        return any(held(line.rstrip("\\n").split(None, 5)[-1]) for line in maps)
def ended(process):
    try:
        with open(process + "/stat", errors="surrogateescape") as state:
            return state.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
above = path
while not os.path.lexists(above):
    above = os.path.dirname(above)
suspects = (os.getuid(), os.lstat(above).st_uid)
def look():
    open_deleted = unseen = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        process = "/proc/" + entry
        try:
            owner = os.stat(process).st_uid
            open_deleted += holds(process)
        except PermissionError:
            unseen += owner in suspects and owner != 0 and not ended(process)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return open_deleted, unseen
for attempt in range(10):
    open_deleted, unseen = look()
    if not unseen:
        break
    time.sleep(0.1)
json.dump({"exists": top is not None, "files": files, "bytes": size,
           "open_deleted": open_deleted, "unseen_processes": unseen}, sys.stdout)
"""


class FilesQuestion(Question):
    """The `with` of the probe. `{name}` in the path is the host's inventory variable of that name."""

    host: str
    path: str


class FilesProbe:
    """`{exists, files, bytes, open_deleted, unseen_processes}` of what lies at or below a path on a host."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(FilesQuestion, question, probe="files")
        try:
            address = self._connections.address(asked.host)
            arguments = [address.python, "-c", _PROGRAM, address.fill(asked.path)]
            result = self._connections.run(asked.host, arguments, timeout_us=timeout_us, stop=stop)
        except SshError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        if result.exit_code != 0:
            return Answer(answered=False, values={}, fault=f"the host could not look (exit code {result.exit_code})")
        return read_report(result.stdout)


def read_report(content: bytes) -> Answer:
    """The answer in what the host wrote. Pure."""
    try:
        report = json.loads(content)
        values: Values = {"exists": bool(report["exists"]), **{name: int(report[name]) for name in _COUNTS}}
    except (ValueError, TypeError, KeyError):
        return Answer(answered=False, values={}, fault="the host's report is not understood")
    return Answer(answered=True, values=values)


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return FilesProbe(connections=connections)
