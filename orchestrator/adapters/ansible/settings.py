"""What Ansible and OpenSSH are told in every playbook run: the whole environment, and variables that nothing overrides.

Decides only; writes nothing.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

TARGET_MARK = "REPRISE_ATTEMPT"
"""The environment variable that every process of an attempt carries on a target: `run/step/attempt`.

`marking_ssh` sets it for every command; the shell plugin sets it once more for modules, because `become` clears the
environment. The accounts on the targets must have a POSIX shell.
"""

LOCAL_MARK = "REPRISE_HERE"
"""The same on this machine. Another name, because a lab's hosts are this machine too, and are swept as hosts."""

PREFIX = "REPRISE_PREFIX"
"""What `marking_ssh` puts before a command."""

EVENTS = "REPRISE_EVENTS"
"""Names the pipe that the callback plugin writes to."""

NO_SETTINGS = "ansible.cfg"
"""An empty file in an attempt's directory, so that Ansible looks for no other."""

VAULT_PASSWORD = "vault-password"  # noqa: S105  the name of a file
"""The file in an attempt's directory that the password of Ansible Vault is in, where the project has one."""

PLUGINS = Path(__file__).parent
"""Our callback and shell plugins, and the ssh that Ansible runs, are in or below this directory."""

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "HOME", "TZ")
"""All that is inherited of the orchestrator's environment. Anything else might be a secret, or somebody's setting."""

_CONTROL_PERSIST_SECONDS = 300
"""How long a connection waits for the next step. The run's end closes it; this bounds what a crash leaves."""


def inherited_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a supervisor, and through it Ansible, gets of the orchestrator's environment."""
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8"}


def ansible_environment(*, directory: Path, roles: tuple[Path, ...], mark: str) -> dict[str, str]:
    """Every setting of Ansible's that we rely on, as its environment. No file of settings is read.

    Args:
        directory: The attempt's private directory.
        roles: Where roles are looked for.
        mark: `run/step/attempt`.
    """
    return {
        EVENTS: str(directory / "events"),
        LOCAL_MARK: mark,
        PREFIX: f"{TARGET_MARK}={shlex.quote(mark)}; export {TARGET_MARK}; ",
        "ANSIBLE_CONFIG": str(directory / NO_SETTINGS),
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "ANSIBLE_COLLECTIONS_PATH": "~/.ansible/collections:/usr/share/ansible/collections",
        "ANSIBLE_ROLES_PATH": ":".join(str(path) for path in roles),
        # As the standard output's callback it cannot be left out: without it Ansible does not start at all.
        "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
        "ANSIBLE_STDOUT_CALLBACK": "reprise",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        # ansible-runner turns this off for everybody, and the identity of a host is what the guard rests on.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        # A host without a devpts of its own closes a session that asks for a terminal.
        "ANSIBLE_SSH_USETTY": "False",
        "ANSIBLE_FORKS": "20",
        "ANSIBLE_NOCOLOR": "True",
        "ANSIBLE_NOCOWS": "True",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
    }


def vault_environment(directory: Path) -> dict[str, str]:
    """How Ansible finds the password of its vault, where the project has one."""
    return {"ANSIBLE_VAULT_PASSWORD_FILE": str(directory / VAULT_PASSWORD)}


def forced_variables(*, directory: Path, sockets: Path) -> dict[str, str]:
    """The extra variables: neither an inventory, nor a play, nor a task can say otherwise.

    OpenSSH takes the first value that it is given, and Ansible writes `ansible_ssh_args` before everything else; so
    what the inventory adds (a jump host, an identity) still counts, and a laxer check of host keys does not. The
    connection is always SSH: this machine is a host that the plan does not name.
    """
    arguments = (
        f"-F none -o UserKnownHostsFile={directory / 'known_hosts'} -o GlobalKnownHostsFile=/dev/null"
        " -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o VerifyHostKeyDNS=no"
        f" -o ControlMaster=auto -o ControlPersist={_CONTROL_PERSIST_SECONDS}"
        " -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    )
    return {
        "ansible_connection": "ssh",
        "ansible_ssh_args": arguments,
        "ansible_ssh_executable": str(PLUGINS / "marking_ssh"),
        "ansible_control_path_dir": str(sockets),
    }
