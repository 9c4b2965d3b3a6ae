"""What pgBackRest says can be restored (`ports.Catalogue`), asked over SSH on the host of its repository."""

import re
from collections.abc import Mapping

from orchestrator.adapters.backups.asking import TIMEOUT_US, AskedTool
from orchestrator.adapters.backups.pgbackrest_info import parse_info, read_points
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

# What pgBackRest itself makes of a time, a type and a parent; nothing that could lead out of the repository.
_TOLD = ("--log-level-console=info", "--log-level-file=off")
_LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")


class PgbackrestOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name."""

    stanza: str
    config: str
    command: str = "pgbackrest"
    repo: int | None = None
    path: str | None = None
    """Another place of the repository than the one in `config`."""


class PgbackrestCatalogue:
    """Recovery points of one stanza. A backup that pgBackRest itself marks as faulty is none."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What the tool reports, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(PgbackrestOptions, options)
        content = tool.output([*_words(asked, stanza=True), "info", "--output=json"], called="pgbackrest info")
        return read_points(tool.understand(parse_info, content, known="pgBackRest 2.45 or newer"))

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of a backup's manifest as it is now in the repository, of whatever type that is."""
        if _LABEL.fullmatch(point) is None:
            raise CatalogueError(f"{point!r} is no label of a pgBackRest backup")
        tool = self._tool(host)
        asked = tool.read_options(PgbackrestOptions, options)
        path = f"backup/{asked.stanza}/{point}/backup.manifest"
        return tool.sha256([*_words(asked, stanza=False), "repo-get", path], what=f"the manifest of {point}")

    def is_sound(self, host: PinnedHost, *, options: Mapping[str, Scalar], timeout_us: int) -> bool:
        """Read every backup and every log again; see `ports.VerifyingCatalogue`.

        pgBackRest 2.45 says what is damaged and ends with 0 all the same; newer ones end with an error and say it too.
        """
        tool = self._tool(host, timeout_us=timeout_us)
        asked = tool.read_options(PgbackrestOptions, options)
        result = tool.run([*_words(asked, stanza=True), *_TOLD, "verify"])
        if b"status: error" in result.stdout:
            return False
        if result.exit_code != 0 or b"completed successfully" not in result.stdout:
            raise CatalogueError(
                f"host {host.name}: pgbackrest verify came to no end (error {result.exit_code})",
                hint="run `pgbackrest verify` there to see why",
            )
        return True

    def _tool(self, host: PinnedHost, *, timeout_us: int = TIMEOUT_US) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="pgBackRest", timeout_us=timeout_us)


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return PgbackrestCatalogue(connections=connections)


def _words(asked: PgbackrestOptions, *, stanza: bool) -> list[str]:
    words = [asked.command, f"--config={asked.config}"]
    words += [f"--stanza={asked.stanza}"] if stanza else []
    words += [f"--repo={asked.repo}"] if asked.repo is not None else []
    return words + ([f"--repo{asked.repo or 1}-path={asked.path}"] if asked.path is not None else [])
