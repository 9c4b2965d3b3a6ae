"""The lab on paper: which hosts, at which addresses, in which directories. Pure: touches neither disk nor network."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from orchestrator.errors import LabError

HOST_NAMES = ("source", "repository", "restore", "production")
ROLES = ("reprise_watch", "reprise_canary", "reprise_verify")

_MOST_BYTES_OF_A_SOCKET_PATH = 107
_STATE_PATTERN = re.compile(r"/[A-Za-z0-9._+@/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host of the lab: a loopback address of this machine, and a directory that holds all that the host has."""

    name: str
    address: str
    directory: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything about a lab that follows from where its state is and who runs it."""

    state: Path
    user: str
    ssh_port: int
    postgresql_port: int
    hosts: tuple[Host, ...]

    database: ClassVar[str] = "dpi"
    stanza: ClassVar[str] = "dpi"

    @property
    def hosts_directory(self) -> Path:
        """What belongs to the account that runs the hosts."""
        return self.state / "hosts"

    @property
    def project(self) -> Path:
        """What belongs to the operator: a project directory ready for drills."""
        return self.state / "project"

    @property
    def passfile(self) -> Path:
        """The libpq password file of the roles of drills."""
        return self.project / "keys" / "pgpass"

    @property
    def provisioned(self) -> Path:
        """Present once data and a first backup are complete; holds the size and seed of the data."""
        return self.hosts_directory / "repository" / "etc" / "provisioned.json"

    @staticmethod
    def data_megabytes(note: str) -> int:
        """The size of the data, from the text of the file `provisioned`."""
        return int(json.loads(note)["megabytes"])

    @property
    def built(self) -> Path:
        """Present once `up` went through; holds the digest of what it built the lab from."""
        return self.state / "built"

    @property
    def mark(self) -> str:
        """Value of REPRISE_LAB in the environment of the lab's processes.

        It ends in a slash: without it, the lab in /x/lab would take the processes of the lab in /x/lab2 for its own.
        """
        return f"{self.state}/"

    def host(self, name: str) -> Host:
        """The host of this name."""
        return next(host for host in self.hosts if host.name == name)


def build_layout(*, state: Path, user: str) -> Layout:
    """Lay the lab out. The same state directory always gives the same addresses, and another one gives others.

    Args:
        state: Absolute, with no symbolic link in it.
        user: Name of the account that runs the hosts.

    Raises:
        LabError: The path cannot hold a lab.
    """
    _check_state(state)
    digest = hashlib.sha256(bytes(state)).digest()
    # 127.0.0.0/16 is left to others; ports stay below those that the kernel hands out (32768 on Linux).
    network = f"127.{1 + digest[0] % 254}.{digest[1]}"
    port = 20000 + 2 * (int.from_bytes(digest[2:4], "big") % 5000)
    return Layout(
        state=state,
        user=user,
        ssh_port=port,
        postgresql_port=port + 1,
        hosts=tuple(
            Host(name=name, address=f"{network}.{number}", directory=state / "hosts" / name)
            for number, name in enumerate(HOST_NAMES, start=1)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A directory on the way to the state: who owns it, and its permission bits."""

    path: Path
    owner: int
    mode: int


def refusing_ancestor(ancestors: Iterable[Ancestor], *, user_id: int) -> str | None:
    """Why sshd (StrictModes) or the hosts' account would refuse a directory above the state; None if all are well."""
    for ancestor in ancestors:
        if ancestor.mode & 0o022:
            return f"{ancestor.path} can be written by others than its owner, which sshd refuses"
        if ancestor.owner not in (0, user_id):
            return f"{ancestor.path} belongs to neither root nor the user who runs the hosts, which sshd refuses"
        if ancestor.owner != user_id and not ancestor.mode & 0o001:
            return f"{ancestor.path} is closed to the user who runs the hosts"
    return None


def _check_state(state: Path) -> None:
    if not _STATE_PATTERN.fullmatch(str(state)):
        raise LabError(
            f"{state} cannot hold a lab: its path may have only letters, digits and ._+@-/",
            hint="choose another state directory",
        )
    socket = len(bytes(state / "hosts" / "source" / "run" / ".s.PGSQL.29999"))
    if socket > _MOST_BYTES_OF_A_SOCKET_PATH:
        raise LabError(
            f"{state} is too long by {socket - _MOST_BYTES_OF_A_SOCKET_PATH} characters for the sockets that lie in it",
            hint="choose a shorter state directory",
        )
