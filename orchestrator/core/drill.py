"""What a drill file may say: the typed definition, with the rules that hold between its parts.

Reading YAML with its positions is `orchestrator.core.definition`'s; the resolved form is `orchestrator.core.plan`.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.core.asking import Mark
from orchestrator.core.model import Identifier, Phase, Scalar, Title
from orchestrator.core.parameters import Parameter, ParameterName
from orchestrator.core.rpo_source import RpoSource
from orchestrator.core.step_definition import AnyStep, PersonStep, PlaybookStep, ProbeStep, Step
from orchestrator.core.watching import CanaryDefinition, WatchDefinition
from orchestrator.core.written import Definition, Duration, Period, is_empty, is_none, parse_duration

Count = Annotated[int, Field(ge=0, lt=2**53)]


class Objectives(Definition):
    """What the business needs (DMIA, PDMA) and what the technique must reach (RTO, RPO). Durations in microseconds.

    `interruption` says that the service must not stop: how long it may at most have been away, as its first watch saw
    it, while a part of it was lost. `failed_requests`: how many of that watch's questions may have had no answer.
    `lost_commits`: how many acknowledged commits of the canary may be gone; 0 for what must lose nothing.
    `decision`: how long people may take from the disaster to the decision (ADR 0014).
    """

    rto: Duration | None = None
    rpo: Duration | None = None
    dmia: Duration | None = None
    pdma: Duration | None = None
    interruption: Annotated[Period | None, Field(exclude_if=is_none)] = None
    failed_requests: Annotated[Count | None, Field(exclude_if=is_none)] = None
    lost_commits: Annotated[Count | None, Field(exclude_if=is_none)] = None
    decision: Annotated[Period | None, Field(exclude_if=is_none)] = None


class Schedule(Definition):
    """When the drill is due. Read by the scheduler; the rest of the product only prints it."""

    cadence: Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    timezone: str = "Europe/Paris"
    window: Duration = parse_duration("4h")
    catch_up: Duration = 0


class Choice(StrEnum):
    """Which of the catalogue's recovery points. All but the last are pinned in the plan, drawn from the list there."""

    LATEST = "latest"
    OLDEST = "oldest"
    RANDOM = "random"
    EACH_CLASS = "each-class"
    """Of each retention class the oldest, and one of the others drawn at random."""
    TAKEN_IN_PREPARE = "taken-in-prepare"
    """The newest that was not there when the plan was sealed: a backup that the drill itself has had taken."""


class RecoveryPointChoice(Definition):
    """Which recovery point of which catalogue is restored; of one retention class only, where that is named."""

    catalogue: str
    host: str
    choose: Choice = Choice.LATEST
    id: str | None = None
    retention_class: Annotated[str | None, Field(exclude_if=is_none)] = None
    with_: dict[str, Scalar] = Field(default={}, alias="with")
    of: Annotated[Literal["database"] | None, Field(exclude_if=is_none)] = None
    """What it holds, where the catalogue cannot know: a dump may be of anything, a backup of pgBackRest may not."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.id is not None and self.choose in (Choice.EACH_CLASS, Choice.TAKEN_IN_PREPARE):
            raise ValueError(f"an id names one recovery point, {self.choose} others: give one of the two")
        return self


class Erasures(Definition):
    """What becomes of people who were erased after the recovery point (RGPD, article 17): a restore brings them back.

    Either the step that replays the ledger of erasures on what was restored, and the check that nobody in it is left;
    or `none`, the reason why there is nobody to erase again.
    """

    replay: Annotated[Identifier | None, Field(exclude_if=is_none)] = None
    check: Annotated[Identifier | None, Field(exclude_if=is_none)] = None
    none: Annotated[Title | None, Field(exclude_if=is_none)] = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        replayed = (self.replay is not None, self.check is not None)
        if replayed not in ((True, True), (False, False)) or replayed[0] == (self.none is not None):
            raise ValueError("say either replay and check, or none with the reason in both languages")
        return self


class Context(Definition):
    """What an auditor asks about a drill and no tool can know. Printed as given, or as not given."""

    programme: str | None = None
    scope: Title | None = None
    exclusions: Title | None = None
    scenario: Title | None = None
    assumptions: Title | None = None
    criteria: Title | None = None
    abort_criteria: Title | None = None
    bia: str | None = None
    plans: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    third_parties: tuple[str, ...] = ()
    representativeness: Title | None = None
    dpo_reference: str | None = None


class Drill(Definition):
    """One file of `drills/`."""

    format: Literal["reprise/drill/v1"]
    id: Identifier
    title: Title
    kind: Identifier
    perimeters: tuple[Annotated[int, Field(ge=1, le=6)], ...] = Field(min_length=1)
    system: Identifier
    data: Literal["synthetic", "real-in-hds-sandbox"]
    objectives: Objectives
    targets: Annotated[str | None, Field(exclude_if=is_none)] = None
    """None: the drill acts on no host, and people alone carry it out."""
    touches: tuple[str, ...] = ()
    roles: Annotated[dict[Identifier, Title], Field(exclude_if=is_empty)] = {}
    """Whom its tasks and approvals are put to, and what these are called."""
    parameters: Annotated[dict[ParameterName, Parameter], Field(exclude_if=is_empty)] = {}
    """What whoever starts a run may choose."""
    schedule: Schedule | None = None
    recovery_point: RecoveryPointChoice | None = None
    watch: tuple[WatchDefinition, ...] = ()
    stable_for: Duration = parse_duration("1s")
    canary: CanaryDefinition | None = None
    rpo_from: Annotated[RpoSource | None, Field(exclude_if=is_none)] = None
    erasures: Annotated[Erasures | None, Field(exclude_if=is_none)] = None
    self_test_after: Literal[Phase.PREPARE, Phase.DISRUPT] = Phase.DISRUPT
    context: Context = Context()
    steps: tuple[AnyStep, ...] = Field(min_length=1)

    def aliases(self, target: str | None) -> dict[str, str]:
        """What its `targets` mean in a run where another group or host stands for them."""
        return {} if target is None or self.targets is None else {self.targets: target}

    @property
    def groups(self) -> tuple[str, ...]:
        """The inventory groups that it acts on; none for a drill that people alone carry out."""
        return (self.targets, *self.touches) if self.targets is not None else self.touches

    @property
    def recovers(self) -> bool:
        """Whether something on a host is broken or brought back; if not, nothing has a recovery time."""
        acting = (Phase.DISRUPT, Phase.RECOVER)
        return any(step.phase in acting and not isinstance(step, PersonStep) for step in self.steps)

    @property
    def needs_hosts(self) -> bool:
        """Whether anything of it asks or changes a host."""
        acts = any(isinstance(step, PlaybookStep | ProbeStep) for step in self.steps)
        return acts or bool(self.groups or self.watch or self.canary or self.recovery_point)

    def people_steps(self) -> tuple[PersonStep, ...]:
        """The steps that a person carries out."""
        return tuple(step for step in self.steps if isinstance(step, PersonStep))

    def marked(self, mark: Mark) -> PersonStep | None:
        """The step whose answer is an instant of the timeline, or the debrief; None where there is none."""
        return next((step for step in self.people_steps() if step.question.marks is mark), None)

    def of_phase(self, phase: Phase) -> tuple[Step, ...]:
        """The steps of one phase, in the order in which they are written."""
        return tuple(step for step in self.steps if step.phase is phase)

    def checks(self) -> tuple[ProbeStep, ...]:
        """The probe steps that verify: what the self-test runs, and what T5 waits for."""
        return tuple(step for step in self.of_phase(Phase.VERIFY) if isinstance(step, ProbeStep))

    def step(self, identifier: str) -> Step:
        """The step with this id, which the definition is known to have."""
        return next(step for step in self.steps if step.id == identifier)
