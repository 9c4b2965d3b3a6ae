"""A file tree on a host as counts and digests by aspect: content, modes, owners, times, links, ACLs, names.

Compared with an earlier answer (`same-as`), it says which aspect differs, never which file: names may hold people's.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from orchestrator.adapters.probes import tree_on_host
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop
from orchestrator.errors import SshError

Aspect = Literal["names", "content", "modes", "owners", "times", "links", "acls", "xattrs"]
_ASPECTS: tuple[Aspect, ...] = ("names", "content", "modes", "owners", "times", "links", "acls", "xattrs")
_PROGRAM = Path(tree_on_host.__file__).read_bytes()


class TreeQuestion(Question):
    """The `with` of the probe. `{name}` in the path is the host's inventory variable of that name.

    `exclude` names paths below it that are left out with all that they hold; `aspects` what is compared, all of it
    where nothing is said.
    """

    host: str
    path: str
    exclude: tuple[str, ...] = ()
    aspects: tuple[Aspect, ...] = Field(default=_ASPECTS, min_length=1)

    @field_validator("exclude")
    @classmethod
    def _lie_below(cls, exclude: tuple[str, ...]) -> tuple[str, ...]:
        if any(not path or path.startswith("/") or {"", ".", ".."} & set(path.split("/")) for path in exclude):
            raise ValueError("name paths below the tree's own, such as a/b")
        return exclude


class TreeProbe:
    """`{exists, files, directories, ..., unreadable, changed, <aspect>_sha256}` of what lies at and below a path.

    What could not be read is counted as `unreadable`, what moved while it was read as `changed`: both are to be 0.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(TreeQuestion, question, probe="tree")
        try:
            address = self._connections.address(asked.host)
            arguments = [address.python, "-I", "-", address.fill(asked.path), *asked.exclude]
            result = self._connections.run(asked.host, arguments, timeout_us=timeout_us, stdin=_PROGRAM, stop=stop)
        except SshError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        if result.exit_code != 0:
            return Answer(answered=False, values={}, fault=f"the host could not look (exit code {result.exit_code})")
        return read_report(result.stdout, aspects=asked.aspects)


def read_report(content: bytes, *, aspects: tuple[Aspect, ...] = _ASPECTS) -> Answer:
    """The answer in what the host wrote: only numbers and digests that were asked for. Pure."""
    try:
        report = json.loads(content)
        if report["exists"] is False:
            return Answer(answered=True, values={"exists": False})
        counts: Values = {name: int(report[name]) for name in tree_on_host.COUNTS}
        digests: Values = {name: _digest(report[name]) for name in (f"{aspect}_sha256" for aspect in aspects)}
    except (ValueError, TypeError, KeyError):
        return Answer(answered=False, values={}, fault="the host's report is not understood")
    return Answer(answered=True, values={"exists": True, **counts, **digests})


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return TreeProbe(connections=connections)


def _digest(text: str) -> str:
    if len(bytes.fromhex(text)) != 32:
        raise ValueError("not a SHA-256")
    return text
