"""The private directory of one playbook run: inventory, known hosts, settings, variables. Gone when the run is over.

Only the plan's hosts are in it, with only their keys: whatever else a playbook names, it reaches nobody.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import paramiko

from orchestrator.adapters.inventory import ListedInventory
from orchestrator.adapters.ssh.known_hosts import fingerprint
from orchestrator.core.plan import PinnedHost
from orchestrator.core.ports import PlaybookAct

MARK = "LC_REPRISE"
"""The environment variable that every process of a step carries on a target. `LC_`, because sshd lets those pass."""

PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "HOME", "TZ")
"""What a playbook's process inherits of our environment. Anything else might be a secret."""

OVERRIDDEN = ("ansible_ssh_args", "ansible_host_key_checking", "ansible_ssh_host_key_checking", "ansible_connection")
"""Inventory variables that would take a host out of the adapter's hands."""


def mark_of(act: PlaybookAct) -> str:
    """What tells the processes of this attempt from all others."""
    return f"{act.run_id}/{act.step.id}/{act.attempt}"


@contextmanager
def workspace(act: PlaybookAct, *, inventory: ListedInventory, sockets: Path) -> Iterator[Path]:
    """Make the directory of one attempt, and remove it with everything in it.

    Args:
        act: What is to be run.
        inventory: The project's whole inventory, as Ansible lists it.
        sockets: Where SSH keeps its connections, which outlive one step.
    """
    directory = Path(mkdtemp(prefix="reprise-"))
    try:
        (directory / "inventory").mkdir()
        _write_json(directory / "inventory" / "hosts.json", _reduced(act, inventory=inventory))
        _write_json(directory / "variables.json", dict(act.variables))
        (directory / "known_hosts").write_text(_known_hosts(act), encoding="ascii")
        (directory / "ansible.cfg").write_text(_settings(act, directory=directory, sockets=sockets), encoding="utf-8")
        os.mkfifo(directory / "events", 0o600)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def environment(act: PlaybookAct, *, directory: Path, events: str) -> dict[str, str]:
    """The whole environment of a playbook's process."""
    inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # The Ansible of this very installation, which is the one whose version the plan pins.
    inherited["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)))
    return inherited | {
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_CALLBACKS_ENABLED": "reprise",
        "ANSIBLE_CALLBACK_PLUGINS": str(files("orchestrator.adapters.ansible") / "callback"),
        # ansible-runner turns this off for everybody; the identity of a host is what the guard rests on.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        events: str(directory / "events"),
        MARK: mark_of(act),
    }


def _reduced(act: PlaybookAct, *, inventory: ListedInventory) -> dict[str, Any]:
    hosts = {host.name: _variables(act, host, listed=inventory.variables(host.name)) for host in act.hosts}
    groups = {group for host in act.hosts for group in host.groups}
    members = {group: [host.name for host in act.hosts if group in host.groups] for group in sorted(groups)}
    children: dict[str, Any] = {group: {"hosts": {name: {} for name in names}} for group, names in members.items()}
    return {"all": {"hosts": hosts, "children": children}}


def _variables(act: PlaybookAct, host: PinnedHost, *, listed: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in listed.items() if name not in OVERRIDDEN}
    python = str(kept.get("ansible_python_interpreter", "/usr/bin/python3"))
    # Marked a second time: a server that lets no variable pass still runs modules through this.
    marked = f"/usr/bin/env {MARK}={mark_of(act)} {python}"
    return kept | {
        "ansible_host": host.address,
        "ansible_port": host.port,
        "ansible_python_interpreter": marked,
    }


def _known_hosts(act: PlaybookAct) -> str:
    """Only the pinned keys of the pinned hosts."""
    keys = paramiko.HostKeys(str(act.known_hosts))
    lines = []
    for host in act.hosts:
        name = host.address if host.port == 22 else f"[{host.address}]:{host.port}"
        for key in (keys.lookup(name) or {}).values():
            if fingerprint(key) == host.host_key_sha256:
                lines.append(f"{name} {key.get_name()} {key.get_base64()}\n")
    return "".join(lines)


def _settings(act: PlaybookAct, *, directory: Path, sockets: Path) -> str:
    roles = ":".join(str(path) for path in act.roles)
    # The first value that OpenSSH is given wins, so these come before whatever the inventory adds.
    ssh = (
        f"-F none -o UserKnownHostsFile={directory}/known_hosts -o GlobalKnownHostsFile=/dev/null"
        f" -o StrictHostKeyChecking=yes -o BatchMode=yes -o SendEnv={MARK}"
        " -o ControlMaster=auto -o ControlPersist=120s"
    )
    return f"""[defaults]
host_key_checking = True
roles_path = {roles}
gathering = explicit
forks = 20
retry_files_enabled = False
nocows = True
[connection]
pipelining = True
[ssh_connection]
pipelining = True
usetty = False
ssh_args = {ssh}
control_path_dir = {sockets}
control_path = %(directory)s/%%C
"""


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(value), encoding="utf-8")
