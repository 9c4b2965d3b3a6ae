"""The project's inventory, as Ansible itself reads it: which hosts there are, in which groups, reached how."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.model import Scalar
from orchestrator.errors import DefinitionError, Fault

READ_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryHost:
    """One host: its name, every group that it is in (ancestors too), its variables of simple type."""

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Scalar]

    @property
    def address(self) -> str:
        """Where its SSH answers."""
        return str(self.variables.get("ansible_host", self.name))

    @property
    def port(self) -> int:
        """The TCP port of its SSH."""
        return int(self.variables.get("ansible_port", 22))

    @property
    def resolved(self) -> tuple[str, ...]:
        """The numeric addresses that `address` stands for; none where it cannot be resolved."""
        try:
            found = socket.getaddrinfo(self.address, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return ()
        return tuple(sorted({str(address[0]) for *_, address in found}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every host of a project."""

    file: Path
    hosts: tuple[InventoryHost, ...]

    def of_group(self, name: str) -> tuple[InventoryHost, ...]:
        """The hosts of a group, or the one host of this name."""
        return tuple(host for host in self.hosts if name == host.name or name in host.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInventory:
    """What `ansible-inventory --list` says, for those who hand it back to Ansible."""

    listed: Mapping[str, Any]

    def variables(self, host: str) -> Mapping[str, Any]:
        """Every variable of a host, those of its groups included."""
        found: Mapping[str, Any] = self.listed.get("_meta", {}).get("hostvars", {}).get(host, {})
        return found

    def names_one_of(self, patterns: Sequence[str]) -> bool:
        """Whether a play for these host patterns means a host or a group of this inventory."""
        words = {word.strip("!& ") for pattern in patterns for word in re.split(r"[:,]", pattern)}
        known = {*self.listed, *self.listed.get("_meta", {}).get("hostvars", {})} - {"_meta"}
        return bool(words & known)


def list_inventory(path: Path) -> ListedInventory:
    """The inventory in Ansible's own words.

    Raises:
        DefinitionError: It cannot be read.
    """
    if not path.exists():
        raise DefinitionError((_fault(path, "there is no inventory", hint="see inventory: in reprise.yml"),))
    return ListedInventory(listed=_list(path))


def read_inventory(path: Path) -> Inventory:
    """Read an inventory with `ansible-inventory`.

    Raises:
        DefinitionError: It cannot be read, or says where a host is only through a template.
    """
    hosts = tuple(_hosts(list_inventory(path).listed))
    faults = tuple(
        _fault(path, f"{host.name}: ansible_host is a template", hint="write the address itself: it is what is guarded")
        for host in hosts
        if "{{" in host.address
    )
    if faults:
        raise DefinitionError(faults)
    return Inventory(file=path, hosts=hosts)


def _list(path: Path) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), "--list"]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    # Without these, Ansible takes a file that it cannot read for an empty inventory and reports success.
    environment |= {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "HOME": os.environ.get("HOME", "/")}
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, timeout=READ_TIMEOUT_SECONDS, check=True, text=True
        )
        listed: dict[str, Any] = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        raise DefinitionError((_fault(path, _complaint(error.stderr)),)) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise DefinitionError((_fault(path, "ansible-inventory cannot read it"),)) from error
    return listed


def _complaint(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return (lines[0] if lines else "ansible-inventory cannot read it")[:300]


def _hosts(listed: Mapping[str, Any]) -> Iterator[InventoryHost]:
    variables = listed.get("_meta", {}).get("hostvars", {})
    names = {name for group in listed.values() for name in group.get("hosts", ())}
    for name in sorted(names):
        simple = {k: v for k, v in variables.get(name, {}).items() if isinstance(v, bool | int | str)}
        yield InventoryHost(name=name, groups=tuple(sorted(_groups(listed, name))), variables=simple)


def _groups(listed: Mapping[str, Any], host: str) -> set[str]:
    found = {group for group, members in listed.items() if group != "_meta" and host in members.get("hosts", ())}
    while True:
        parents = {g for g, members in listed.items() if g != "_meta" and found & set(members.get("children", ()))}
        if parents <= found:
            return found - {"all"}
        found |= parents


def _fault(path: Path, message: str, *, hint: str | None = None) -> Fault:
    return Fault(file=path.name, line=None, key="", message=message, hint=hint)
