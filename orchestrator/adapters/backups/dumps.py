"""Plain dump files in a directory of a host (`ports.Catalogue`): copies of an RDB, LDIF exports, files of pg_dump."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import field_validator

from orchestrator.adapters.backups import dumps_on_host
from orchestrator.adapters.backups.asking import AskedTool
from orchestrator.adapters.backups.dumps_listing import DumpFile, parse_files, read_dumps
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

_PROGRAM = Path(dumps_on_host.__file__).read_bytes()


class DumpsOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name.

    `pattern` is a regular expression of the whole name of a dump; its group `class` names the dump's class, its group
    `at` when it was begun. A whole dump begins and ends with the texts given, and has beside it a file of its name and
    `sidecar` with its SHA-256.
    """

    directory: str
    pattern: str
    begins_with: str = ""
    ends_with: str = ""
    sidecar: str | None = None

    @field_validator("pattern")
    @classmethod
    def _is_one(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return pattern


class DumpsCatalogue:
    """A file that is empty, still being written or without its mark of a whole one is no recovery point."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """The whole dumps, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(DumpsOptions, options)
        files = self._files(tool, asked)
        return read_dumps(files, pattern=re.compile(asked.pattern), sidecar=asked.sidecar is not None)

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of the dump as it is now; where a sidecar is asked for, it must be the one that this says."""
        tool = self._tool(host)
        asked = tool.read_options(DumpsOptions, options)
        if "/" in point or re.fullmatch(asked.pattern, point) is None:
            raise CatalogueError(f"{point!r} is not the name of such a dump")
        digest = tool.sha256(["cat", "--", f"{asked.directory}/{point}"], what=f"the dump {point}")
        if asked.sidecar is not None and digest != self._told(tool, asked, point):
            raise CatalogueError(
                f"host {host.name}: {point} is not what {point}{asked.sidecar} says that it is",
                hint="it was damaged or exchanged after it was written: take another backup",
            )
        return digest

    def _told(self, tool: AskedTool, asked: DumpsOptions, point: str) -> str | None:
        return next((file.sidecar for file in self._files(tool, asked) if file.name == point), None)

    def _files(self, tool: AskedTool, asked: DumpsOptions) -> tuple[DumpFile, ...]:
        address = self._connections.address(tool.host.name)
        told = (asked.directory, asked.begins_with, asked.ends_with, asked.sidecar or "")
        result = tool.run([address.python, "-I", "-", *told], stdin=_PROGRAM)
        if result.exit_code != 0:
            raise CatalogueError(
                f"host {tool.host.name}: the directory of dumps cannot be looked at (exit code {result.exit_code})",
                hint="is there such a directory, and may the account of the connection read it?",
            )
        return tool.understand(parse_files, result.stdout, known="Python 3.7 or newer")

    def _tool(self, host: PinnedHost) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="dumps")


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return DumpsCatalogue(connections=connections)
