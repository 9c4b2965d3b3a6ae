"""What restic says can be restored (`ports.Catalogue`), asked over SSH on a host that has the repository's password."""

import re
from collections.abc import Mapping, Sequence

from orchestrator.adapters.backups.asking import TIMEOUT_US, AskedTool
from orchestrator.adapters.backups.complaints import Complaint, DamagedError
from orchestrator.adapters.backups.restic_snapshots import (
    ID_LENGTH,
    manifest,
    parse_size,
    parse_snapshots,
    parse_version,
    read_points,
)
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.errors import CatalogueError

_ID = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
_KNOWN = "restic 0.14 or newer"
_COMPLAINTS = (
    Complaint(
        said=rb"wrong password or no key found",
        means="the password opens no key of the repository",
        hint="is the file that password-file names the one that the backups were made with?",
    ),
    Complaint(
        said=rb"Resolving password failed|an empty password is not",
        means="the password cannot be read",
        hint="password-file must name a file on that host that its user may read, mode 600",
    ),
    Complaint(
        said=rb"unable to open config file|Is there a repository at|repository does not exist",
        means="there is no repository at that place",
        hint="is `repository` spelled right, and does the host reach it? `restic init` makes an empty one",
    ),
    Complaint(
        said=rb"repository contains errors|ciphertext verification failed|hash does not match|pack contains \d+ errors",
        means="the repository is damaged",
        hint="`restic check --read-data` says where; `restic repair` and a copy elsewhere are what is left",
        damage=True,
    ),
    Complaint(
        said=rb"already locked",
        means="something holds the lock of the repository",
        hint="wait until what runs there is over; where nothing runs, `restic unlock` opens it again",
    ),
)


class ResticOptions(Question):
    """The `with` of a drill's `recovery-point`. `{name}` is the host's inventory variable of that name.

    `classes` are tags, apart by a comma, that say which retention class a snapshot is of; `snapshot-host` is the host
    that restic noted in the snapshots, and `tag` one that all of them have.
    """

    repository: str
    password_file: str
    command: str = "restic"
    snapshot_host: str | None = None
    tag: str | None = None
    classes: str = ""


class ResticCatalogue:
    """Snapshots of one repository. Nothing is locked: a backup that is under way there is left alone."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:
        """What the tool reports, oldest first; see `ports.Catalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(ResticOptions, options)
        said = self._said(tool, asked, ["snapshots", "--json", *_filters(asked)])
        version = tool.understand(
            parse_version, tool.output([asked.command, "version"], called="restic version"), known=_KNOWN
        )
        snapshots = tool.understand(parse_snapshots, said, known=_KNOWN)
        return read_points(snapshots, classes=_classes(asked), version=version)

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:
        """The SHA-256 of what the snapshot is; see `restic_snapshots.manifest`."""
        tool = self._tool(host)
        asked = tool.read_options(ResticOptions, options)
        # Not `cat snapshot`, which looks for one that is gone for a quarter of an hour.
        said = self._said(tool, asked, ["snapshots", "--json", _id(point)])
        found = [one for one in tool.understand(parse_snapshots, said, known=_KNOWN) if one.id.startswith(point)]
        if len(found) != 1:
            raise CatalogueError(
                f"the snapshot {point} is not there", hint="was it removed meanwhile by `restic forget`?"
            )
        return manifest(found[0])

    def size_bytes(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> int:
        """What a restore of it writes; see `ports.SizingCatalogue`."""
        tool = self._tool(host)
        asked = tool.read_options(ResticOptions, options)
        said = self._said(tool, asked, ["stats", "--json", "--mode", "restore-size", _id(point)])
        return tool.understand(parse_size, said, known=_KNOWN)

    def is_sound(self, host: PinnedHost, *, options: Mapping[str, Scalar], timeout_us: int) -> bool:
        """Read everything again; see `ports.VerifyingCatalogue`."""
        tool = self._tool(host, timeout_us=timeout_us)
        asked = tool.read_options(ResticOptions, options)
        try:
            self._said(tool, asked, ["check", "--read-data"])
        except DamagedError:
            return False
        return True

    def _said(self, tool: AskedTool, asked: ResticOptions, words: Sequence[str]) -> bytes:
        to = ("--repo", asked.repository, "--password-file", asked.password_file, "--no-lock", "--quiet")
        return tool.output([asked.command, *to, *words], called=f"restic {words[0]}", complaints=_COMPLAINTS)

    def _tool(self, host: PinnedHost, *, timeout_us: int = TIMEOUT_US) -> AskedTool:
        return AskedTool(connections=self._connections, host=host, tool="restic", timeout_us=timeout_us)


def build(*, connections: SshConnections) -> Catalogue:
    """Make the catalogue: what the entry-point group `reprise.backups` points to."""
    return ResticCatalogue(connections=connections)


def _filters(asked: ResticOptions) -> list[str]:
    host = [f"--host={asked.snapshot_host}"] if asked.snapshot_host is not None else []
    return host + ([f"--tag={asked.tag}"] if asked.tag is not None else [])


def _classes(asked: ResticOptions) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in asked.classes.split(","))))


def _id(point: str) -> str:
    if _ID.fullmatch(point) is None:
        raise CatalogueError(f"{point!r} is no id of a restic snapshot, of {ID_LENGTH} letters")
    return point
