"""What Barman says can be restored (`ports.Catalogue`), asked over SSH on its own host, as the owner of its home."""

import re
from collections.abc import Mapping

from pydantic import field_validator

from orchestrator.adapters.backups.asking import AskedTool
from orchestrator.adapters.backups.barman_listing import (
    complete_backups,
    read_backup,
    read_paths,
    read_version,
    recovery_point,
)
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

_KNOWN = "Barman 3.4 or newer"
_ID = re.compile(r"\d{8}T\d{6}")
_SERVER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


class BarmanOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name."""

    server: str
    config: str = "/etc/barman.conf"
    command: str = "barman"

    @field_validator("server")
    @classmethod
    def _is_a_name(cls, server: str) -> str:
        # `all` would be every server, and what begins with a dash an option.
        if _SERVER.fullmatch(server) is None or server == "all":
            raise ValueError("is the name of one server in Barman's configuration")
        return server


class BarmanCatalogue:
    """Backups of one server. One that is not complete (`DONE`) is no recovery point."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """The complete backups, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(BarmanOptions, options)
        version = read_version(tool.output([asked.command, "--version"], called="barman --version"))
        listed = _ask(tool, asked, "list-backups")
        ids = tool.understand(lambda text: complete_backups(text, server=asked.server), listed, known=_KNOWN)
        return tuple(_point(tool, asked, backup, version=version) for backup in sorted(ids))

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of PostgreSQL's own manifest of a backup, as it lies in Barman's home now."""
        if _ID.fullmatch(point) is None:
            raise CatalogueError(f"{point!r} is no id of a backup of Barman")
        tool = self._tool(host)
        asked = tool.read_options(BarmanOptions, options)
        words = [asked.command, "-c", asked.config, "list-files", "--target", "standalone", asked.server, point]
        path = read_paths(tool.output(words, called="barman list-files"), backup=point)
        return tool.sha256(["cat", "--", path], what=f"the manifest of {point}")

    def _tool(self, host: PinnedHost) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="barman")


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return BarmanCatalogue(connections=connections)


def _point(tool: AskedTool, asked: BarmanOptions, backup: str, *, version: str) -> RecoveryPoint:
    shown = _ask(tool, asked, "show-backup", backup)
    found = tool.understand(lambda text: read_backup(text, server=asked.server), shown, known=_KNOWN)
    return recovery_point(found, version=version)


def _ask(tool: AskedTool, asked: BarmanOptions, subcommand: str, *more: str) -> bytes:
    words = [asked.command, "-c", asked.config, "--format", "json", subcommand, asked.server, *more]
    return tool.output(words, called=f"barman {subcommand}")
