"""The plan: a drill resolved against a project, with everything that it depends on pinned. Its digest seals it.

A verifier who has plan and journal recomputes every figure, so whatever a figure or a verdict depends on is here.
"""

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.drill import Drill
from orchestrator.core.model import SHA256, Identifier, Language, Moment, Record, Scalar
from orchestrator.core.ssh_signature import PublicKey
from orchestrator.core.written import Definition, is_empty, is_none


class PinnedFile(Record):
    """A file that the run depends on: its name in its origin, its digest, where it came from."""

    name: str
    sha256: SHA256
    origin: Literal["project", "plugin", "bundled"]


class PinnedHost(Record):
    """A host that the drill may touch: how the inventory names and reaches it, and the key that it must answer with."""

    name: str
    address: str
    port: int
    groups: tuple[str, ...]
    resolved: tuple[str, ...] = ()
    """The numeric addresses that `address` stands for, so that no other spelling of one passes the never-list."""
    host_key_sha256: str | None
    """OpenSSH's fingerprint (`SHA256:...`) of the known key; None where no key is known, and the guard refuses."""


class PinnedEndpoint(Record):
    """A connection that a watch, a canary or a probe of the drill opens: it must lead to a host of the plan."""

    name: str
    host: str
    port: int


class RecoveryPoint(Record):
    """A recovery point as the backup tool's own catalogue gives it. Sizes in bytes, None where it tells none."""

    id: str
    kind: str
    started_at: Moment
    finished_at: Moment
    size_bytes: int | None
    repository_bytes: int | None = None
    tool: str
    tool_version: str
    manifest_sha256: SHA256 | None
    encrypted: bool | None = None
    first_log: str | None = None
    last_log: str | None = None
    system_identifier: str | None = None
    of: Annotated[Literal["database"] | None, Field(exclude_if=is_none)] = None
    """What it holds, where the tool backs up nothing else."""
    retention_class: Annotated[str | None, Field(exclude_if=is_none)] = None
    """How long it is kept, by the name of the class that it is of (`daily`, `monthly`)."""


class ListedPoint(Record):
    """A recovery point of the catalogue's list, as far as a choice goes by it."""

    id: str
    finished_at: Moment
    retention_class: Annotated[str | None, Field(exclude_if=is_none)] = None


class Certificate(Definition):
    """The HDS certificate of the organisation, as declared."""

    number: str | None = None
    scope: str | None = None
    body: str | None = None
    issued: str | None = None
    expires: str | None = None


class Organisation(Definition):
    """Who runs the drill. What is None is printed as not given."""

    name: str
    legal_entity: str | None = None
    hds_certificate: Certificate | None = None
    classification: str | None = None
    distribution: str | None = None
    sponsor: str | None = None
    exercise_director: str | None = None
    reviewer: str | None = None
    approver: str | None = None
    retention: str | None = None
    location: str | None = None


class Boundary(Record):
    """What the project declares about where drills may act. The guard decides on this and on what it observes."""

    project: str
    staging_groups: tuple[str, ...]
    never: tuple[str, ...]
    production_endpoints: tuple[str, ...]
    marker_path: str


class PinnedPerson(Record):
    """Somebody who may answer: an internal identifier, never a name, with roles and public keys."""

    id: Identifier
    roles: tuple[Identifier, ...]
    accounts: tuple[str, ...]
    """What the same person is called elsewhere: as the one who asks for a run, or on this machine."""
    keys: tuple[PublicKey, ...]

    @property
    def names(self) -> frozenset[str]:
        """Everything that this person is called, in small letters."""
        return frozenset(name.casefold() for name in (self.id, *self.accounts))


class Plan(Record):
    """What will happen, and what it rests on. Sealed before anything happens: the journal starts from its digest."""

    format: Literal["reprise/plan/v1"] = "reprise/plan/v1"
    run_id: str
    created_at: Moment
    language: Language
    organisation: Organisation
    boundary: Boundary
    drill: Drill
    drill_file: PinnedFile
    content: tuple[PinnedFile, ...]
    """Every playbook, role and template that a step of the drill can read."""
    hosts: tuple[PinnedHost, ...]
    endpoints: tuple[PinnedEndpoint, ...]
    recovery_point: RecoveryPoint | None
    recovery_points: Annotated[tuple[RecoveryPoint, ...], Field(exclude_if=is_empty)] = ()
    """All that will be restored, where it is more than one: the oldest first, which `recovery_point` is."""
    listed_points: Annotated[tuple[ListedPoint, ...] | None, Field(exclude_if=is_none)] = None
    """All that the catalogue had, so that anybody can choose again. None in plans from before it was kept."""
    recovery_point_fault: str | None
    """Why no recovery point is pinned though the drill asks for one. Then nothing is disrupted."""
    seed: SHA256
    """Of every random choice; made before, so that anybody can draw again."""
    tools: dict[str, str]
    """Name of each tool that acts or measures, with its version."""
    target: Annotated[str | None, Field(exclude_if=is_none)] = None
    """The group or host that stands for the drill's `targets` in this run, where somebody asked for another one."""
    parameters: Annotated[dict[str, Scalar], Field(exclude_if=is_empty)] = {}
    """The value of each parameter of the drill: what was chosen, or its default."""
    people: Annotated[tuple[PinnedPerson, ...], Field(exclude_if=is_empty)] = ()
    """Who may answer where people are asked, as the project declared them: nobody is added afterwards."""

    @property
    def aliases(self) -> dict[str, str]:
        """Names of the drill that mean something else in this run: its `targets`, where others stand for them."""
        return self.drill.aliases(self.target)

    def called(self, name: str) -> tuple[PinnedHost, ...]:
        """The hosts that the drill means by a name or a group."""
        meant = self.aliases.get(name, name)
        return tuple(host for host in self.hosts if meant in (host.name, *host.groups))

    def person(self, identifier: str) -> PinnedPerson | None:
        """The person with this identifier, if the plan knows one."""
        return next((person for person in self.people if person.id == identifier), None)

    @property
    def pinned_points(self) -> tuple[RecoveryPoint, ...]:
        """Every recovery point that the plan pins."""
        return self.recovery_points or ((self.recovery_point,) if self.recovery_point is not None else ())

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical plan: the genesis of the run's journal."""
        return sha256(canonical(self))
