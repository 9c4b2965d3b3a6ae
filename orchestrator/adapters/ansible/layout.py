"""Lays out the private directory of one attempt: everything that ansible-runner and Ansible are given, and no more."""

import hashlib
import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.adapters.ansible.reach import accepted_keys, reachable_inventory
from orchestrator.adapters.ansible.settings import (
    NO_SETTINGS,
    VAULT_PASSWORD,
    ansible_environment,
    forced_variables,
    vault_environment,
)
from orchestrator.adapters.ansible.told import Order, Target
from orchestrator.adapters.ssh import HostAddress
from orchestrator.core.ports import PlaybookAct, PlaybookMode
from orchestrator.secrets import Secret

EVENTS = "events"


def mark_of(act: PlaybookAct) -> str:
    """What tells the processes of this attempt from all others."""
    return f"{act.run_id}/{act.step.id}/{act.attempt}"


def lay_out(
    act: PlaybookAct,
    *,
    directory: Path,
    sockets: Path,
    listed: Mapping[str, Any],
    addresses: tuple[HostAddress, ...],
    vault_password: Secret | None = None,
) -> Order:
    """Fill the directory, and return the order for a supervisor.

    Args:
        act: What is to be run.
        directory: The attempt's own, empty but for its mark.
        sockets: Where the run keeps its connections.
        listed: The project's inventory, as `ansible-inventory --list` says it.
        addresses: How the hosts are reached without Ansible.
        vault_password: Of Ansible Vault; it lies beside the variables, in memory, for as long as the attempt runs.

    Raises:
        OSError: It cannot be written.
        UsageError: The known host keys cannot be read.
    """
    _write_json(directory / "hosts.json", reachable_inventory(listed, hosts=act.hosts, aliases=act.aliases))
    _write_json(directory / "variables.json", dict(act.variables))
    _write(directory / NO_SETTINGS, "")
    keys = accepted_keys(act.known_hosts, hosts=act.hosts)
    _write(directory / "known_hosts", keys)
    # A kept connection is not asked for its key again, so it serves only those who accept the same keys.
    kept = sockets / hashlib.sha256(keys.encode()).hexdigest()[:8]
    _write_json(directory / "forced.json", forced_variables(directory=directory, sockets=kept))
    environment = ansible_environment(directory=directory, roles=act.roles, mark=mark_of(act))
    if vault_password is not None:
        environment |= vault_environment(directory)
        _write(directory / VAULT_PASSWORD, vault_password.text)
    # ansible-runner's own file: where it is there, it runs this command and builds none of its own.
    _write(directory / "args", shlex.join(_command(act, directory=directory)))
    os.mkfifo(directory / EVENTS, 0o600)
    return Order(
        directory=directory,
        sockets=sockets,
        mark=mark_of(act),
        environment=environment,
        known_hosts=act.known_hosts,
        targets=tuple(_target(address) for address in addresses),
        parent=os.getpid(),
    )


def _command(act: PlaybookAct, *, directory: Path) -> list[str]:
    """The Ansible of this interpreter: what is in PATH may be another. `-I`: neither cwd nor home adds imports."""
    program = Path(sys.executable).with_name("ansible-playbook")
    variables = [f"--extra-vars=@{directory / name}.json" for name in ("variables", "forced")]
    inventory = f"--inventory={directory / 'hosts.json'}"
    only = ["--check"] if act.mode is PlaybookMode.CHECK else []
    return [sys.executable, "-I", str(program), inventory, *only, *variables, str(act.playbook)]


def _target(address: HostAddress) -> Target:
    return Target(
        name=address.name,
        address=address.address,
        port=address.port,
        user=address.user,
        key_file=address.key_file,
        python=address.python,
    )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    _write(path, json.dumps(value))


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
