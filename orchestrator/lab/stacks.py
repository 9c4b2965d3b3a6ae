"""What the lab is made of: stacks, each the hosts of one technique. Values; their playbooks are in `playbooks/lab/`.

The stack `postgresql` is always there. The others come when they are asked for: what nobody drills costs nobody time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.errors import LabError


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRole:
    """One host of a stack.

    Attributes:
        name: In the inventory, and of its directory.
        daemon: The program that listens at the host's address when the host serves; None: nothing ever does.
        serves: Whether it must listen for the lab to be healthy; on a host to restore on it need not.
        postgresql: Whether a PostgreSQL answers at its address, its own or that of a host behind it.
        visitors: The hosts that may come to it over SSH, beside the operator, where the lab has them.
        staging: Whether it carries the marker of a staging host.
        wired: Whether it is in a network namespace of its own, from which it reaches the others of its stack over a
            wire that can be pulled. Then its stack starts its sshd, and its service listens in that network.
    """

    name: str
    daemon: str | None = None
    serves: bool = False
    postgresql: bool = False
    visitors: tuple[str, ...] = ()
    staging: bool = True
    wired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The hosts of one technique, with the programs that they run.

    Attributes:
        noted_on: The host that keeps the note which says that the stack's data and first backup are complete.
        programs: What must be on the machine, beside what every lab needs.
        needs: Other stacks, which come with it.
    """

    name: str
    hosts: tuple[HostRole, ...]
    noted_on: str
    programs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def wired(self) -> bool:
        """Whether it needs network namespaces, which not every kernel gives to everybody."""
        return any(role.wired for role in self.hosts)


ALWAYS = "postgresql"
"""The stack that every lab has."""

VAULT_VISITORS = (
    *("documents", "files_restore", "offsite", "cleanroom"),
    *("site_app", "site_app_restore", "site_front", "site_front_restore"),
)
"""Whoever brings backups to the vault of the documents, or fetches them from it."""

STACKS = (
    Stack(
        name=ALWAYS,
        hosts=(
            # pgBackRest goes both ways between a database and its repository.
            HostRole(name="source", daemon="postgres", serves=True, postgresql=True, visitors=("repository",)),
            HostRole(name="repository", visitors=("source", "restore", "offsite", "cleanroom")),
            HostRole(name="restore", daemon="postgres", postgresql=True, visitors=("repository",)),
            HostRole(name="production", staging=False),
        ),
        noted_on="repository",
    ),
    Stack(
        name="cluster",
        hosts=(
            HostRole(name="cluster_a", daemon="postgres", serves=True, postgresql=True),
            HostRole(name="cluster_b", daemon="postgres", serves=True, postgresql=True),
            HostRole(name="cluster_proxy", daemon="haproxy", serves=True, postgresql=True),
        ),
        noted_on="cluster_a",
        programs=("haproxy",),
    ),
    Stack(
        name="web",
        hosts=(
            HostRole(name="web_a", daemon="python3", serves=True),
            HostRole(name="web_b", daemon="python3", serves=True),
            HostRole(name="web_proxy", daemon="haproxy", serves=True),
        ),
        noted_on="web_proxy",
        programs=("haproxy",),
    ),
    Stack(
        name="files",
        hosts=(
            HostRole(name="documents", daemon="python3", serves=True),
            # Backups are pushed to it and fetched from it over SSH; it goes nowhere itself.
            HostRole(name="vault", visitors=VAULT_VISITORS),
            HostRole(name="files_restore", daemon="python3"),
            HostRole(name="files_proxy", daemon="haproxy", serves=True),
        ),
        noted_on="vault",
        programs=("haproxy", "restic", "borg", "setfacl"),
    ),
    Stack(
        name="mariadb",
        hosts=(
            # The repository fetches backups and binary logs: nothing that takes the source takes them with it.
            HostRole(name="mariadb_source", daemon="mariadbd", serves=True, visitors=("mariadb_repository",)),
            HostRole(name="mariadb_repository", visitors=("mariadb_source", "mariadb_restore")),
            HostRole(name="mariadb_restore", daemon="mariadbd"),
        ),
        noted_on="mariadb_repository",
        programs=(
            "mariadb",
            "mariadb-admin",
            "mariadb-backup",
            "mariadb-binlog",
            "mariadb-check",
            "mariadb-install-db",
            "mariadbd",
            "mbstream",
        ),
    ),
    Stack(
        name="offsite",
        # It fetches, and nobody comes to it: what takes the repositories does not take their copies.
        hosts=(HostRole(name="offsite"),),
        noted_on="offsite",
        programs=("restic",),
        needs=("files",),
    ),
    Stack(
        name="redis",
        hosts=(
            # The vault fetches copies and follows the log; who restores fetches both from it.
            HostRole(name="redis_source", daemon="redis-server", serves=True, visitors=("redis_vault",)),
            HostRole(name="redis_vault", visitors=("redis_source", "redis_restore")),
            HostRole(name="redis_restore", daemon="redis-server"),
        ),
        noted_on="redis_vault",
        programs=("redis-server", "redis-cli"),
    ),
    Stack(
        name="ldap",
        hosts=(
            # The vault fetches exports and follows the changes; who restores fetches both from it.
            HostRole(name="ldap_source", daemon="slapd", serves=True, visitors=("ldap_vault",)),
            HostRole(name="ldap_vault", visitors=("ldap_source", "ldap_restore")),
            HostRole(name="ldap_restore", daemon="slapd"),
        ),
        noted_on="ldap_vault",
        programs=("slapd", "ldapmodify", "ldapsearch", "ldapdelete"),
    ),
    Stack(
        name="cleanroom",
        # It goes to the two hosts that keep backups, and nobody but the operator comes to it.
        hosts=(HostRole(name="cleanroom", daemon="postgres", postgresql=True),),
        noted_on="cleanroom",
        programs=("restic", "yara"),
        needs=("files",),
    ),
    Stack(
        name="production_like",
        hosts=(
            # Its PostgreSQL listens at no address: the staging hosts cannot reach it.
            HostRole(name="prod_db", staging=False),
            # What it serves is the door through which its backups are read.
            HostRole(name="prod_backups", daemon="sshd", serves=True, staging=False),
            HostRole(name="isolated", daemon="postgres", postgresql=True),
        ),
        noted_on="prod_db",
    ),
    Stack(
        name="partition",
        hosts=(
            # The switch and the power of the others: it pulls a wire or cuts the power, and is out of their reach.
            HostRole(name="partition_switch"),
            HostRole(name="partition_a", daemon="postgres", serves=True, postgresql=True, wired=True),
            HostRole(name="partition_b", daemon="postgres", serves=True, postgresql=True, wired=True),
            HostRole(name="partition_proxy", daemon="haproxy", serves=True, postgresql=True, wired=True),
        ),
        noted_on="partition_a",
        programs=("haproxy", "ip", "unshare", "setpriv"),
    ),
    Stack(
        name="site",
        # An application on top of the database, the directory and the documents, which are those of the other stacks.
        hosts=(
            HostRole(name="site_app", daemon="python3", serves=True),
            HostRole(name="site_app_restore", daemon="python3"),
            HostRole(name="site_front", daemon="haproxy", serves=True),
            HostRole(name="site_front_restore", daemon="haproxy"),
        ),
        noted_on="site_app",
        programs=("haproxy", "restic", "ldapsearch"),
        needs=("files", "ldap"),
    ),
)
"""In this order their hosts are numbered: a new stack goes to the end, and every address stays what it was."""


def choose_stacks(names: Iterable[str]) -> tuple[Stack, ...]:
    """The stacks of these names, those that they need and the one that is always there, in the order of the table.

    Raises:
        LabError: There is no stack of that name.
    """
    wanted = {ALWAYS, *names}
    known = {stack.name for stack in STACKS}
    if unknown := sorted(wanted - known):
        raise LabError(f"the lab has no part called {', '.join(unknown)}", hint=f"there are {', '.join(sorted(known))}")
    needed = {need for stack in STACKS if stack.name in wanted for need in stack.needs}
    return tuple(stack for stack in STACKS if stack.name in wanted | needed)


def stack_names() -> tuple[str, ...]:
    """Every stack that there is."""
    return tuple(stack.name for stack in STACKS)


def host_numbers() -> dict[str, int]:
    """The number of every host of every stack, from 1: the last part of its address, whatever else the lab has."""
    names = (role.name for stack in STACKS for role in stack.hosts)
    return {name: number for number, name in enumerate(names, start=1)}
