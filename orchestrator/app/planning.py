"""From a drill's name to a sealed plan: everything that the run will depend on is looked up and pinned."""

import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version

from orchestrator.adapters.inventory import InventoryHost
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.ssh.known_hosts import known_fingerprint
from orchestrator.app.drills import read_drill
from orchestrator.app.endpoints import find_endpoints
from orchestrator.app.hidden import check_hidden
from orchestrator.app.installed import check_installed
from orchestrator.app.people import pinned_people
from orchestrator.app.workplace import Workplace, catalogue_of
from orchestrator.core.canonical import sha256
from orchestrator.core.choose import choose, listed
from orchestrator.core.drill import Choice, Drill, RecoveryPointChoice
from orchestrator.core.guard import screen
from orchestrator.core.parameters import Variation, read_parameters
from orchestrator.core.plan import PinnedFile, PinnedHost, Plan, RecoveryPoint
from orchestrator.core.ports import Catalogue
from orchestrator.engine.restorable import describe_point
from orchestrator.errors import CatalogueError, DefinitionError, Fault, NoRecoveryPointError, SshError, UsageError
from orchestrator.plugins import pin_content

TOOLS = ("ansible-core", "ansible-runner", "paramiko", "psycopg", "reprise-drills")
"""The distributions whose versions are pinned beside Python's: whatever acts or measures."""

AS_WRITTEN = Variation()
"""A run that differs in nothing from its drill's file."""


class Prepared:
    """A drill read and resolved, before its recovery point is known. Touches no host."""

    def __init__(self, workplace: Workplace, name: str, *, variation: Variation = AS_WRITTEN) -> None:
        self.workplace = workplace
        self.file = read_drill(workplace, name)
        self.drill: Drill = self.file.parse()
        check_installed(self.drill, file=self.file.place)
        self.target = self._target(variation.target)
        self.parameters = read_parameters(self.drill.parameters, variation.parameters)
        self.hosts = self._hosts()
        check_hidden(self.drill, hosts=self.hosts, file=self.file.place)

    @property
    def aliases(self) -> dict[str, str]:
        """As `Plan.aliases`."""
        return self.drill.aliases(self.target)

    @contextmanager
    def connections(self) -> Iterator[SshConnections]:
        """SSH to the hosts of the run, by the names that the drill has for them."""
        reached = self.workplace.connections(self.hosts, aliases=self.aliases, parameters=self.parameters)
        with reached as connections:
            yield connections

    def _target(self, wanted: str | None) -> str | None:
        """Who stands for the drill's targets. Whether a drill may touch them is the guard's to say."""
        if wanted is None or wanted == self.drill.targets:
            return None
        if self.drill.targets is None:
            raise UsageError(f"{self.drill.id} acts on no host", hint="people alone carry it out: leave out --target")
        if not self.workplace.inventory.of_group(wanted):
            groups = ", ".join(self.workplace.project.definition.staging.groups)
            hint = f"name a host, or a group of hosts, below {groups} in the inventory"
            raise UsageError(f"no host of the inventory is, or is in, {wanted}", hint=hint)
        return wanted

    def _hosts(self) -> tuple[InventoryHost, ...]:
        wanted = tuple(self.aliases.get(group, group) for group in self.drill.groups)
        faults = [self._unknown(group) for group in wanted if not self.workplace.inventory.of_group(group)]
        if faults:
            raise DefinitionError(tuple(faults))
        chosen = {host.name: host for group in wanted for host in self.workplace.inventory.of_group(group)}
        return tuple(chosen[name] for name in sorted(chosen))

    def _unknown(self, group: str) -> Fault:
        hint = f"add it to {self.workplace.project.inventory.name}, or name another one"
        message = f"no host of the inventory is, or is in, {group}"
        return Fault(file=self.file.place, line=None, key="targets", message=message, hint=hint)


def acts_on_hosts(workplace: Workplace, name: str) -> bool:
    """Whether a drill acts on hosts, by its file alone.

    Raises:
        UsageError: There is no such drill.
        DefinitionError: Its file cannot be meant.
    """
    return read_drill(workplace, name).parse().needs_hosts


def build_plan(prepared: Prepared, *, connections: SshConnections, now: datetime) -> Plan:
    """Pin everything and seal it. Asks the backup catalogue, but only a host that the declarations allow.

    Raises:
        DefinitionError: The drill names something that does not exist.
    """
    seed = secrets.token_hex(32)
    plan = _without_recovery_point(prepared, now=now, seed=seed)
    if prepared.drill.recovery_point is None:
        return plan
    if any(not answer.ok for answer in screen(plan)):
        return plan.model_copy(update={"recovery_point_fault": "not asked: the guard's declarations refuse a host"})
    try:
        return _with_recovery_points(prepared.drill.recovery_point, plan=plan, connections=connections)
    except (CatalogueError, SshError) as error:
        return plan.model_copy(update={"recovery_point_fault": str(error)[:300]})


def _without_recovery_point(prepared: Prepared, *, now: datetime, seed: str) -> Plan:
    workplace, drill = prepared.workplace, prepared.drill
    return Plan(
        run_id=f"{now:%Y%m%dT%H%M%SZ}-{drill.id}-{seed[:4]}",
        created_at=now,
        language=workplace.project.definition.language,
        organisation=workplace.project.definition.organisation,
        boundary=workplace.project.boundary,
        drill=drill,
        drill_file=PinnedFile(
            name=prepared.file.name, sha256=sha256(prepared.file.content), origin=prepared.file.origin
        ),
        content=pin_content(workplace.playbooks(drill)),
        hosts=tuple(pin_host(host, workplace=workplace) for host in prepared.hosts),
        endpoints=find_endpoints(drill, workplace=workplace),
        recovery_point=None,
        recovery_point_fault=None,
        seed=seed,
        tools=_tools(),
        target=prepared.target,
        parameters=prepared.parameters,
        people=pinned_people(workplace.project, drill),
    )


def pin_host(host: InventoryHost, *, workplace: Workplace) -> PinnedHost:
    """A host with what the plan keeps of it: where it is, and the key that it must answer with."""
    return PinnedHost(
        name=host.name,
        address=host.address,
        port=host.port,
        groups=host.groups,
        resolved=host.resolved,
        host_key_sha256=known_fingerprint(workplace.project.known_hosts, address=host.address, port=host.port),
    )


def _tools() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in TOOLS}


def _with_recovery_points(choice: RecoveryPointChoice, *, plan: Plan, connections: SshConnections) -> Plan:
    """The plan with all that the catalogue has, and what is chosen of it."""
    catalogue = catalogue_of(plan.drill, connections=connections)
    if catalogue is None:
        raise CatalogueError("the drill names no catalogue")
    host = next(iter(plan.called(choice.host)), None)
    if host is None:
        raise CatalogueError(f"{choice.host} is none of the drill's hosts", hint="add it to touches:")
    points = {point.id: point for point in _points(catalogue, choice, host=host)}
    there = tuple(listed(point) for point in points.values())
    chosen = choose(there, choice, seed=plan.seed)
    pinned = tuple(describe_point(points[one.id], choice, host=host, catalogue=catalogue) for one in chosen)
    return plan.model_copy(
        update={
            "listed_points": there,
            "recovery_point": pinned[0] if pinned else None,
            "recovery_points": pinned if len(pinned) > 1 else (),
        }
    )


def _points(catalogue: Catalogue, choice: RecoveryPointChoice, *, host: PinnedHost) -> tuple[RecoveryPoint, ...]:
    try:
        return catalogue.recovery_points(host, options=choice.with_)
    except NoRecoveryPointError:
        # The first of all backups may be the one that the drill is to have taken.
        if choice.choose is Choice.TAKEN_IN_PREPARE:
            return ()
        raise
