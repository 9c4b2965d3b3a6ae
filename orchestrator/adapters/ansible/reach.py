"""Who a playbook can reach: an inventory of the plan's hosts alone, and the only host keys that are accepted.

Whatever else a playbook names (by `hosts`, `delegate_to`, `add_host`) is then unknown, or has an unknown key.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator.adapters.ssh.known_hosts import fingerprint, known_key, listed_name
from orchestrator.core.plan import PinnedHost

_MARKING_SHELL = "reprise"
_PLAIN_SHELL = "sh"


def reachable_inventory(
    listed: Mapping[str, Any], *, hosts: tuple[PinnedHost, ...], aliases: Mapping[str, str]
) -> dict[str, Any]:
    """The inventory of one attempt, for Ansible's `yaml` plugin.

    Args:
        listed: The project's inventory, as `ansible-inventory --list` says it.
        hosts: The plan's hosts. Every group of the project is there, with no other host in it, and no group has
            variables: those of its hosts are the hosts' own already, and the others' are nobody's business here.
        aliases: Groups that mean another group, or a host, in this run.
    """
    variables = listed.get("_meta", {}).get("hostvars", {})
    groups = sorted(
        {name for name in listed if name != "_meta"} - {"all"}
        | {g for host in hosts for g in host.groups}
        | set(aliases)
    )
    return {
        "all": {
            "hosts": {host.name: _variables(host, listed=variables.get(host.name, {})) for host in hosts},
            "children": {
                group: {"hosts": {host.name: {} for host in hosts if _is_in(host, group, aliases=aliases)}}
                for group in groups
            },
        }
    }


def _is_in(host: PinnedHost, group: str, *, aliases: Mapping[str, str]) -> bool:
    return aliases[group] in (host.name, *host.groups) if group in aliases else group in host.groups


def _variables(host: PinnedHost, *, listed: Mapping[str, Any]) -> dict[str, Any]:
    shell = listed.get("ansible_shell_type", _PLAIN_SHELL)
    return {
        **listed,
        "ansible_host": host.address,
        "ansible_port": host.port,
        # A shell of another family is left alone; then only `become` can hide a module from a stop.
        "ansible_shell_type": _MARKING_SHELL if shell == _PLAIN_SHELL else shell,
    }


def accepted_keys(file: Path, *, hosts: tuple[PinnedHost, ...]) -> str:
    """A known_hosts file with the pinned key of each host, where the project still knows it; and nothing else.

    Raises:
        UsageError: The project's file cannot be read.
    """
    return "".join(_lines(file, hosts=hosts))


def _lines(file: Path, *, hosts: tuple[PinnedHost, ...]) -> Iterator[str]:
    for host in hosts:
        key = known_key(file, address=host.address, port=host.port)
        if key is not None and fingerprint(key) == host.host_key_sha256:
            yield f"{listed_name(host.address, port=host.port)} {key.get_name()} {key.get_base64()}\n"
