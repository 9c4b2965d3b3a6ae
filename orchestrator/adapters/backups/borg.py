"""What Borg says can be restored (`ports.Catalogue`), asked over SSH on a host that has the repository's passphrase."""

import shlex
from collections.abc import Mapping, Sequence

from orchestrator.adapters.backups.asking import TIMEOUT_US, AskedTool
from orchestrator.adapters.backups.borg_archives import (
    Archive,
    manifest,
    parse_archives,
    parse_size,
    parse_version,
    read_points,
)
from orchestrator.adapters.backups.complaints import Complaint, DamagedError
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

_KNOWN = "Borg 1.2 or newer of the first series"
_COMPLAINTS = (
    Complaint(
        said=rb"Archive .+ does not exist",
        means="the archive is not there",
        hint="was it removed meanwhile by `borg prune`?",
    ),
    Complaint(
        said=rb"[Pp]assphrase supplied in .+ is incorrect",
        means="the passphrase does not open the repository's key",
        hint="is the file that passphrase-file names the one that the repository was made with?",
    ),
    Complaint(
        said=rb"[Pp]asscommand supplied in",
        means="the passphrase cannot be read",
        hint="passphrase-file must name a file on that host that its user may read, mode 600",
    ),
    Complaint(
        said=rb"does not exist|is not a valid repository",
        means="there is no repository at that place",
        hint="is `repository` spelled right? `borg init` makes an empty one",
    ),
    Complaint(
        said=rb"[Ii]ntegrity|finished with errors|[Ii]nconsisten|orphaned",
        means="the repository is damaged",
        hint="`borg check --verify-data` says where; a copy elsewhere is what is left",
        damage=True,
    ),
    Complaint(
        said=rb"Failed to create/acquire the lock|LockTimeout",
        means="something holds the lock of the repository",
        hint="wait until the backup that runs is over; where none runs, `borg break-lock` opens it again",
    ),
)


class BorgOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name.

    `classes` are words, apart by a comma, that say which retention class an archive is of: its name is then `prefix`,
    the class, a hyphen and the rest. Archives whose names do not begin with `prefix` are left out.
    """

    repository: str
    passphrase_file: str | None = None
    command: str = "borg"
    base_directory: str | None = None
    """Where Borg remembers which repository is where, if not in the user's home."""
    prefix: str = ""
    classes: str = ""


class BorgCatalogue:
    """Archives of one repository. One that was left incomplete (a checkpoint) is none."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What the tool reports, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(BorgOptions, options)
        listing = tool.understand(parse_archives, self._listed(tool, asked), known=_KNOWN)
        version = tool.understand(
            parse_version, tool.output([asked.command, "--version"], called="borg --version"), known=_KNOWN
        )
        return read_points(listing, prefix=asked.prefix, classes=_classes(asked), version=version)

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of what the archive is; see `borg_archives.manifest`."""
        tool = self._tool(host)
        asked = tool.read_options(BorgOptions, options)
        listing = tool.understand(parse_archives, self._listed(tool, asked), known=_KNOWN)
        return manifest(_named(listing.archives, point))

    def size_bytes(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> int:
        """What a restore of it writes; see `ports.SizingCatalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(BorgOptions, options)
        return tool.understand(parse_size, self._said(tool, asked, ["info"], of=f"::{point}"), known=_KNOWN)

    def is_sound(self, host: PinnedHost, *, options: Mapping[str, Scalar], timeout_us: int) -> bool:
        """Read everything again; see `ports.VerifyingCatalogue`."""
        tool = self._tool(host, timeout_us=timeout_us)
        asked = tool.read_options(BorgOptions, options)
        command = [*_begun(asked), "check", "--verify-data", asked.repository]
        try:
            tool.output(command, called="borg check", complaints=_COMPLAINTS)
        except DamagedError:
            return False
        return True

    def _listed(self, tool: AskedTool, asked: BorgOptions) -> bytes:
        return self._said(tool, asked, ["list"], of="")

    def _said(self, tool: AskedTool, asked: BorgOptions, words: Sequence[str], *, of: str) -> bytes:
        """Times are told in the zone of the host, without saying which: it is made to be UTC."""
        command = [*_begun(asked), *words, "--json"]
        return tool.output([*command, asked.repository + of], called=f"borg {words[0]}", complaints=_COMPLAINTS)

    def _tool(self, host: PinnedHost, *, timeout_us: int = TIMEOUT_US) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="Borg", timeout_us=timeout_us)


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return BorgCatalogue(connections=connections)


def _begun(asked: BorgOptions) -> list[str]:
    base = [f"BORG_BASE_DIR={asked.base_directory}"] if asked.base_directory is not None else []
    return ["env", "TZ=UTC", *base, *_passphrase(asked), asked.command, "--lock-wait", "5"]


def _passphrase(asked: BorgOptions) -> list[str]:
    return [] if asked.passphrase_file is None else [f"BORG_PASSCOMMAND=cat {shlex.quote(asked.passphrase_file)}"]


def _classes(asked: BorgOptions) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in asked.classes.split(","))))


def _named(archives: Sequence[Archive], point: str) -> Archive:
    found = [archive for archive in archives if archive.name == point]
    if not found:
        raise CatalogueError(f"the archive {point} is not there", hint="was it removed meanwhile by `borg prune`?")
    return found[0]
