"""Full backups of mariadb-backup in a directory of their repository (`ports.Catalogue`), asked over SSH on its host."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator

from orchestrator.adapters.backups import mariabackup_on_host
from orchestrator.adapters.backups.asking import AskedTool
from orchestrator.adapters.backups.mariabackup_info import parse_report, read_points
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

_PROGRAM = Path(mariabackup_on_host.__file__).read_bytes()
# The name of a directory of its own below the repository's: no path, and none of those that begin with a dot.
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
# Every file with its digest, in an order of their own: the tool itself writes no manifest.
_MANIFEST = 'cd -- "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --'
_READING_US = 6 * 3_600_000_000
"""How long all of a backup may take to be read: a terabyte from a disk of 50 MB/s."""


class MariabackupOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name.

    Attributes:
        directory: One directory in it for each backup, as `--target-dir` or `mbstream -x` makes it.
        timezone: That of the host on which the tool ran, whose local time it writes (IANA: `Europe/Paris`).
        sums: A file of each backup that holds the digests of the others and by which the restore checks them; without
            it the whole backup is read each time that a drill pins it.
    """

    directory: str
    timezone: str = "UTC"
    sums: str | None = None

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("there is no such time zone: write it as in Europe/Paris") from error
        return timezone

    @field_validator("sums")
    @classmethod
    def _is_a_name(cls, sums: str | None) -> str | None:
        if sums is not None and _NAME.fullmatch(sums) is None:
            raise ValueError("name a file in the backup's own directory")
        return sums


class MariabackupCatalogue:
    """Recovery points of one directory. A backup that the tool did not finish is none."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What lies there, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(MariabackupOptions, options)
        python = self._connections.address(host.name).python
        content = tool.output([python, "-I", "-", asked.directory], called=f"ls {asked.directory}", stdin=_PROGRAM)
        found = tool.understand(parse_report, content, known="Python 3.7 or newer on that host")
        return read_points(found, zone=ZoneInfo(asked.timezone))

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of the digests of all files of a backup, as they are now, or of the file that holds them."""
        if _NAME.fullmatch(point) is None:
            raise CatalogueError(f"{point!r} is no name of a backup's directory")
        tool = replace(self._tool(host), timeout_us=_READING_US)
        asked = tool.read_options(MariabackupOptions, options)
        backup = f"{asked.directory}/{point}"
        command = (
            ["sh", "-c", _MANIFEST, "sh", backup] if asked.sums is None else ["cat", "--", f"{backup}/{asked.sums}"]
        )
        return tool.sha256(command, what=f"the files of {point}")

    def _tool(self, host: PinnedHost) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="mariadb-backup")


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return MariabackupCatalogue(connections=connections)


def _manifest(backup: str, *, sums: str | None) -> list[str]:
    return ["sh", "-c", _MANIFEST, "sh", backup] if sums is None else ["cat", "--", f"{backup}/{sums}"]
