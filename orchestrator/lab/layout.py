"""The lab on paper: which hosts, at which addresses, in which directories. Pure: touches neither disk nor network."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from orchestrator.errors import LabError
from orchestrator.lab.stacks import ALWAYS, HostRole, Stack, choose_stacks, host_numbers

ROLES = ("reprise_watch", "reprise_canary", "reprise_verify")

_MOST_BYTES_OF_A_SOCKET_PATH = 107
# For tests of networks (RFC 2544); it exists only within namespaces of the lab, so that two labs may both have it.
_WIRED_NETWORK = "198.18.0"
_STATE_PATTERN = re.compile(r"/[A-Za-z0-9._+@/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host of the lab: a loopback address of this machine, and a directory that holds all that the host has.

    Attributes:
        service_address: Where its service listens: at `address`, or, of a wired host, in the network of its stack.
    """

    role: HostRole
    stack: str
    address: str
    service_address: str
    directory: Path

    @property
    def name(self) -> str:
        """What the inventory calls it."""
        return self.role.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything about a lab that follows from where its state is, who runs it, and what it is made of.

    Every service listens at `service_port`: each host has an address of its own.
    """

    state: Path
    user: str
    ssh_port: int
    service_port: int
    stacks: tuple[Stack, ...]
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
        """Present once PostgreSQL's data and a first backup are complete; holds the size and seed of the data."""
        return self.note(ALWAYS)

    def note(self, stack: str) -> Path:
        """Present once the data and the first backup of a stack are complete."""
        kept = next(one.noted_on for one in self.stacks if one.name == stack)
        return self.host(kept).directory / "etc" / "provisioned.json"

    @staticmethod
    def data_megabytes(note: str) -> int:
        """The size of the data, from the text of the file `provisioned`."""
        return int(json.loads(note)["megabytes"])

    @property
    def built(self) -> Path:
        """Present once `up` went through; holds the digest of what it built the lab from."""
        return self.state / "built"

    @property
    def chosen(self) -> Path:
        """The names of the lab's stacks, one on a line: what `up` was asked for, and `down` and `status` read."""
        return chosen_file(self.state)

    @property
    def mark(self) -> str:
        """Value of REPRISE_LAB in the environment of the lab's processes.

        It ends in a slash: without it, the lab in /x/lab would take the processes of the lab in /x/lab2 for its own.
        """
        return f"{self.state}/"

    def host(self, name: str) -> Host:
        """The host of this name."""
        return next(host for host in self.hosts if host.name == name)


def chosen_file(state: Path) -> Path:
    """Where a lab keeps the names of its stacks."""
    return state / "stacks"


def build_layout(*, state: Path, user: str, stacks: Iterable[str] = ()) -> Layout:
    """Lay the lab out. The same state directory always gives the same addresses, and another one gives others.

    Args:
        state: Absolute, with no symbolic link in it.
        user: Name of the account that runs the hosts.
        stacks: Names of the stacks beside the one that is always there.

    Raises:
        LabError: The path cannot hold a lab, or there is no such stack.
    """
    chosen, numbers = choose_stacks(stacks), host_numbers()
    _check_state(state, longest=max((role.name for stack in chosen for role in stack.hosts if role.daemon), key=len))
    digest = hashlib.sha256(bytes(state)).digest()
    # 127.0.0.0/16 is left to others; ports stay below those that the kernel hands out (32768 on Linux).
    network = f"127.{1 + digest[0] % 254}.{digest[1]}"
    port = 20000 + 2 * (int.from_bytes(digest[2:4], "big") % 5000)
    return Layout(
        state=state,
        user=user,
        ssh_port=port,
        service_port=port + 1,
        stacks=chosen,
        hosts=tuple(
            Host(
                role=role,
                stack=stack.name,
                address=f"{network}.{numbers[role.name]}",
                service_address=f"{_WIRED_NETWORK if role.wired else network}.{numbers[role.name]}",
                directory=state / "hosts" / role.name,
            )
            for stack in chosen
            for role in stack.hosts
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


def _check_state(state: Path, *, longest: str) -> None:
    if not _STATE_PATTERN.fullmatch(str(state)):
        raise LabError(
            f"{state} cannot hold a lab: its path may have only letters, digits and ._+@-/",
            hint="choose another state directory",
        )
    socket = len(bytes(state / "hosts" / longest / "run" / ".s.PGSQL.29999"))
    if socket > _MOST_BYTES_OF_A_SOCKET_PATH:
        raise LabError(
            f"{state} is too long by {socket - _MOST_BYTES_OF_A_SOCKET_PATH} characters for the sockets that lie in it",
            hint="choose a shorter state directory",
        )
