"""One project with everything that its drills act through. Where adapters meet ports, and nowhere else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.inventory import Inventory, InventoryHost, read_inventory
from orchestrator.adapters.observers.processes import ProcessObservers
from orchestrator.adapters.people.box import AnswerBox
from orchestrator.adapters.people.desk import Desk
from orchestrator.adapters.ssh import HostAddress, SshConnections, SshHostInspector
from orchestrator.app.people import claim_fits, unfit_for_evidence
from orchestrator.app.vaulted import vaulted_values
from orchestrator.core.drill import Drill
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Catalogue, Clock, JournalWriter, People, Probe
from orchestrator.core.step_definition import PlaybookStep, ProbeStep
from orchestrator.engine import Bench, Content
from orchestrator.extensions import BACKUPS, PROBES, load_extension
from orchestrator.plugins import Source, content_sources, find_playbook
from orchestrator.project import Environment, Project, load_project
from orchestrator.secrets import Secret
from reports.scan import OwnRules

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Workplace:
    """A project, its inventory and its content, each read once."""

    project: Project
    clock: Clock

    @cached_property
    def inventory(self) -> Inventory:
        """The hosts that Ansible knows."""
        return read_inventory(self.project.inventory, vault_password=self.vault_password)

    @cached_property
    def vault_password(self) -> Secret | None:
        """The password of Ansible Vault; None where the project names none.

        Raises:
            SecretError: It cannot be had.
        """
        ansible = self.project.definition.ansible
        return None if ansible is None else self.project.secrets.resolve(ansible.vault_password)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Where drills and playbooks are looked for."""
        return content_sources(self.project.root)

    @cached_property
    def environment(self) -> Environment:
        """What the drills' names of connections stand for."""
        return Environment(declared=self.project.definition.environment, secrets=self.project.secrets)

    def playbooks(self, drill: Drill) -> Mapping[str, tuple[Path, Source]]:
        """The playbook file of each playbook step."""
        names = {step.playbook for step in drill.steps if isinstance(step, PlaybookStep)}
        return {name: find_playbook(name, sources=self.sources) for name in sorted(names)}

    def content(self, drill: Drill, *, samples: Path) -> Content:
        """Where the drill's content lies."""
        return Content(
            playbooks={name: file for name, (file, _) in self.playbooks(drill).items()},
            roles=tuple(source.root / "playbooks" / "roles" for source in self.sources),
            inventory=self.project.inventory,
            known_hosts=self.project.known_hosts,
            resolve=self.environment.resolve,
            samples=samples,
        )

    @contextmanager
    def connections(
        self,
        hosts: tuple[InventoryHost, ...],
        *,
        aliases: Mapping[str, str] = NOTHING,
        parameters: Mapping[str, Scalar] = NOTHING,
    ) -> Iterator[SshConnections]:
        """SSH to these hosts, each by its name and by every group that it is alone in.

        Args:
            hosts: Which.
            aliases: What a name means in this run, where it is another group or host; see `Plan.aliases`.
            parameters: What the run chose: read beside the variables of each host.
        """
        addresses = _addresses(hosts, aliases=aliases, parameters=parameters)
        connections = SshConnections(hosts=addresses, known_hosts=self.project.known_hosts)
        try:
            yield connections
        finally:
            connections.close()

    @contextmanager
    def bench(
        self, drill: Drill, *, journal: JournalWriter, connections: SshConnections, people: People, own: OwnRules
    ) -> Iterator[Bench]:
        """Everything that the engine acts through, for one run. `own`: what must not be in its evidence."""
        vaulted = vaulted_values(self.project, password=self.vault_password)
        fits = partial(claim_fits, own=own, vaulted=vaulted)
        with AnsibleRunner(connections=connections, vault_password=self.vault_password, fits=fits) as playbooks:
            yield Bench(
                clock=self.clock,
                journal=journal,
                playbooks=playbooks,
                probes=_probes(drill, connections=connections),
                observers=ProcessObservers(connections=connections),
                hosts=SshHostInspector(connections=connections),
                catalogue=catalogue_of(drill, connections=connections),
                people=people,
            )

    def people(self, run_id: str, *, own: OwnRules) -> People:
        """Where people's answers to a run arrive; what must not be in evidence is refused there."""
        box = AnswerBox(self.project.answers(run_id))
        return Desk(box, clock=self.clock, screen=partial(unfit_for_evidence, own=own))


def open_workplace(root: Path, *, clock: Clock) -> Workplace:
    """The workplace of a project directory.

    Raises:
        UsageError: The directory is no project.
        DefinitionError: Its `reprise.yml` cannot be meant.
    """
    return Workplace(project=load_project(root), clock=clock)


def catalogue_of(drill: Drill, *, connections: SshConnections) -> Catalogue | None:
    """The backup catalogue that the drill chooses its recovery point from, if it restores one."""
    if drill.recovery_point is None:
        return None
    factory = load_extension(BACKUPS, drill.recovery_point.catalogue)
    made: Catalogue = factory(connections=connections)
    return made


def _probes(drill: Drill, *, connections: SshConnections) -> dict[str, Probe]:
    names = {step.probe for step in drill.steps if isinstance(step, ProbeStep)}
    return {name: load_extension(PROBES, name)(connections=connections) for name in names}


def _addresses(
    hosts: tuple[InventoryHost, ...], *, aliases: Mapping[str, str], parameters: Mapping[str, Scalar]
) -> dict[str, HostAddress]:
    named = {host.name: _address(host, parameters=parameters) for host in hosts}
    members: dict[str, list[str]] = {}
    for host in hosts:
        for group in host.groups:
            members.setdefault(group, []).append(host.name)
    alone = {group: named[names[0]] for group, names in members.items() if len(names) == 1}
    known = alone | named
    # A name that means others in this run means nobody else, even where those whom it names otherwise are there too.
    meant = {name: known[other] for name, other in aliases.items() if other in known}
    return {name: address for name, address in known.items() if name not in aliases} | meant


def _address(host: InventoryHost, *, parameters: Mapping[str, Scalar]) -> HostAddress:
    key = host.variables.get("ansible_ssh_private_key_file")
    return HostAddress(
        name=host.name,
        address=host.address,
        port=host.port,
        user=str(host.variables.get("ansible_user", "root")),
        key_file=Path(str(key)).expanduser() if key else None,
        python=str(host.variables.get("ansible_python_interpreter", "/usr/bin/python3")),
        variables={**host.variables, **parameters},
    )
