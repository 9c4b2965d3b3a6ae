"""What is planted, into which drill, and what must come out: one value for each sabotage."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.workshop import Workshop

PSQL = '"$bin/psql" -XAtq -v ON_ERROR_STOP=1 -h "$sockets" -p {{ postgresql_port }} -U postgres -d'
"""Up to the name of the database, within a play of `on_hosts`."""
Plant = Callable[[Workshop], None]
"""Tampers with the project's own copy of playbooks or drill, or with the lab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One sabotage.

    Attributes:
        name: In the table, and of the test.
        drill: The drill that must not pass.
        plant: Plants it.
        verdicts: Those that may come out.
        causes: Findings (code, subject) of which one at least must be named.
    """

    name: str
    drill: str
    plant: Plant
    verdicts: tuple[str, ...]
    causes: frozenset[tuple[str, str]]


def replaced(file: Path, old: str, new: str) -> None:
    """Change a file; a change that changes nothing is a mistake of the test."""
    text = file.read_text(encoding="utf-8")
    assert old in text, (file.name, old)
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def blinded_proxy(failover: Path) -> None:
    """The proxy is told to lead to the primary and to nobody else, whoever takes over; and nobody looks."""
    state = "groups[its ~ '_{}'] | first }}}} state maint"
    replaced(failover, state.format("primary"), state.format("standby"))
    replaced(failover, "leads_somewhere {{ promotion_timeout | default(60) | int }}", ":")


def appended(file: Path, play: str) -> None:
    """Add a play to a playbook."""
    with file.open("a", encoding="utf-8") as playbook:
        playbook.write(play)


def prefixed(file: Path, play: str) -> None:
    """Put a play before those of a playbook."""
    file.write_text(play + file.read_text(encoding="utf-8"), encoding="utf-8")


REPLICATING = ("functions.sh.j2", "replication.sh.j2")
"""The functions of nodes that replicate."""


def plain(hosts: str, *commands: str) -> str:
    """A play that runs shell commands on hosts, with nothing before them."""
    return on_hosts(hosts, *commands, functions=())


def on_hosts(
    hosts: str, *commands: str, functions: tuple[str, ...] = ("functions.sh.j2",), cluster: str = "cluster"
) -> str:
    """A play that runs shell commands on hosts, with the functions of the technique and no guard."""
    lookups = "".join("{{ lookup('ansible.builtin.template', '" + name + "') }}" for name in functions)
    indented = "\n".join(f"        {command}" for command in commands)
    return f"""
- name: Sabotage
  hosts: {hosts}
  gather_facts: false
  vars:
    functions: "{lookups}"
    nodes: "{{{{ groups['{cluster}_nodes'] | default([]) | difference([inventory_hostname]) }}}}"
    cluster_peer: "{{{{ hostvars[nodes | first | default(inventory_hostname)].postgresql_address }}}}"
  tasks:
    - name: Spoil it
      ansible.builtin.raw: |
        {{{{ functions }}}}
{indented}
      changed_when: true
"""


def on_repository(*commands: str) -> str:
    """A play that runs shell commands on the host of the backups, which has no PostgreSQL."""
    return on_hosts("repository_host", "set -eu", *commands, functions=())
