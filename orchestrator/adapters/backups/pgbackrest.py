"""What pgBackRest says can be restored (`ports.Catalogue`), asked over SSH on the host of its repository."""

import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from orchestrator.adapters.backups.pgbackrest_info import parse_info, read_points
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import CommandResult, SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError, ProbeError, SshError

_TIMEOUT_US = 60_000_000
# What pgBackRest itself makes of a time, a type and a parent; nothing that could lead out of the repository.
_LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")


class PgbackrestOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name."""

    stanza: str
    config: str
    command: str = "pgbackrest"
    repo: int | None = None


class PgbackrestCatalogue:
    """Recovery points of one stanza. A backup that pgBackRest itself marks as faulty is none."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What the tool reports, oldest first; see `ports.Catalogue`."""
        command = self._command(host, options)
        result = self._run(host, [*command, "info", "--output=json"])
        if result.exit_code != 0:
            raise _failed(host, "info", result)
        try:
            return read_points(parse_info(result.stdout))
        except ValidationError as error:
            raise CatalogueError(
                f"host {host.name}: the answer of pgBackRest is not understood ({error.error_count()} places)",
                hint="pgBackRest 2.45 or newer is known",
            ) from error

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of a backup's manifest as it is now in the repository, of whatever type that is."""
        if _LABEL.fullmatch(point) is None:
            raise CatalogueError(f"{point!r} is no label of a pgBackRest backup")
        asked = self._asked(host, options)
        path = f"backup/{asked.stanza}/{point}/backup.manifest"
        try:
            exit_code, digest, size = self._connections.sha256(
                host.name, [*_words(asked, stanza=False), "repo-get", path], timeout_us=_TIMEOUT_US
            )
        except SshError as error:
            raise CatalogueError(str(error), hint=error.hint) from error
        if exit_code != 0 or size == 0:
            raise CatalogueError(
                f"host {host.name}: the repository does not give the manifest of {point} (exit code {exit_code})",
                hint="has the backup expired meanwhile?",
            )
        return digest

    def _command(self, host: PinnedHost, options: Mapping[str, Scalar]) -> list[str]:
        return _words(self._asked(host, options), stanza=True)

    def _asked(self, host: PinnedHost, options: Mapping[str, Scalar]) -> PgbackrestOptions:
        try:
            address = self._connections.address(host.name)
            filled = {key: address.fill(value) if isinstance(value, str) else value for key, value in options.items()}
            return read_question(PgbackrestOptions, filled, probe="pgbackrest")
        except (ProbeError, SshError) as error:
            raise CatalogueError(str(error), hint=error.hint) from error

    def _run(self, host: PinnedHost, arguments: Sequence[str]) -> CommandResult:
        try:
            return self._connections.run(host.name, arguments, timeout_us=_TIMEOUT_US)
        except SshError as error:
            raise CatalogueError(str(error), hint=error.hint) from error


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return PgbackrestCatalogue(connections=connections)


def _words(asked: PgbackrestOptions, *, stanza: bool) -> list[str]:
    words = [asked.command, f"--config={asked.config}"]
    words += [f"--stanza={asked.stanza}"] if stanza else []
    return words + ([f"--repo={asked.repo}"] if asked.repo is not None else [])


def _failed(host: PinnedHost, what: str, result: CommandResult) -> CatalogueError:
    """pgBackRest's own error number, which its documentation explains; its text may quote paths and options."""
    return CatalogueError(
        f"host {host.name}: pgbackrest {what} ended with error {result.exit_code}",
        hint=f"run `pgbackrest {what}` there to see why",
    )
