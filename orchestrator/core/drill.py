"""What a drill file may say: the typed definition, with the rules that hold between its parts.

Reading YAML with its positions is `orchestrator.core.definition`'s; the resolved form is `orchestrator.core.plan`.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from orchestrator.core.model import (
    Identifier,
    Microseconds,
    Phase,
    Record,
    Scalar,
    Severity,
    Title,
)

_UNITS = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def parse_duration(text: object) -> int:
    """A duration as people write it (`50ms`, `90s`, `15m`, `4h`, `7d`), in microseconds.

    Raises:
        ValueError: It is not a whole number followed by one of these units.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a duration is a whole number and a unit: 50ms, 90s, 15m, 4h or 7d")
    return int(match[1]) * _UNITS[match[2]]


WRITTEN = {"written": True}
"""The context of a validation that reads what a person wrote, where a bare number is no duration."""


def _read_duration(value: object, info: ValidationInfo) -> object:
    kept = isinstance(value, int) and not isinstance(value, bool) and info.context != WRITTEN
    return value if kept else parse_duration(value)


Duration = Annotated[
    Microseconds,
    BeforeValidator(_read_duration),
    PlainSerializer(int),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}, mode="validation"),
    WithJsonSchema({"type": "integer", "minimum": 0, "exclusiveMaximum": 2**53}, mode="serialization"),
]
"""Written `15m` in a drill file, kept in microseconds."""

Period = Annotated[Duration, Field(gt=0)]
"""A duration that is not zero."""


CANARY = "canary"
"""The name of the canary's series, which no watch may have."""


class Definition(Record):
    """A part of a drill file: keys in kebab-case, none that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab, validate_by_name=True)


def _is_none(value: object) -> bool:
    """Left out where it says nothing, so that plans which were sealed before there was such a key keep their digest."""
    return value is None


class Watched(StrEnum):
    """What a watch asks: the service that users use, or the part of it that the disruption takes away."""

    SERVICE = "service"
    LOST_PART = "lost-part"


def _is_service(value: object) -> bool:
    """As for `_is_none`."""
    return value == Watched.SERVICE


Count = Annotated[int, Field(ge=0, lt=2**53)]


class Objectives(Definition):
    """What the business needs (DMIA, PDMA) and what the technique must reach (RTO, RPO). Durations in microseconds.

    `interruption` says that the service must not stop: how long it may at most have been away, as its first watch saw
    it, while a part of it was lost. `failed_requests`: how many of that watch's questions may have had no answer.
    `lost_commits`: how many acknowledged commits of the canary may be gone; 0 for what must lose nothing.
    """

    rto: Duration
    rpo: Duration | None = None
    dmia: Duration | None = None
    pdma: Duration | None = None
    interruption: Annotated[Period | None, Field(exclude_if=_is_none)] = None
    failed_requests: Annotated[Count | None, Field(exclude_if=_is_none)] = None
    lost_commits: Annotated[Count | None, Field(exclude_if=_is_none)] = None


class Schedule(Definition):
    """When the drill is due. Read by the scheduler; the rest of the product only prints it."""

    cadence: Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    timezone: str = "Europe/Paris"
    window: Duration = parse_duration("4h")
    catch_up: Duration = 0


class RecoveryPointChoice(Definition):
    """Which recovery point of which catalogue is restored. Its identity is pinned in the plan."""

    catalogue: str
    host: str
    choose: Literal["latest", "oldest", "random"] = "latest"
    id: str | None = None
    with_: dict[str, Scalar] = Field(default={}, alias="with")


class WatchDefinition(Definition):
    """An observer that asks the service, or its part that is lost, the same question during the whole run.

    One of a lost part proves the disruption: it must be seen to stop answering, or nothing is known to have been lost.
    """

    id: Identifier
    probe: str
    every: Period
    timeout: Period = parse_duration("1s")
    of: Annotated[Watched, Field(exclude_if=_is_service)] = Watched.SERVICE
    with_: dict[str, Scalar] = Field(alias="with")


class CanaryDefinition(Definition):
    """A writer of numbered markers. `lead` is how long it has run before anything is broken."""

    probe: str
    every: Period
    lead: Duration = parse_duration("5s")
    with_: dict[str, Scalar] = Field(alias="with")
    read: dict[str, Scalar]


_SHORT_FORMS = ["boolean", "integer", "string"]
"""A value may be written where `{equals: value}` is meant."""


class Expectation(Definition):
    """What one value of an answer must be. All the bounds that are given must hold."""

    equals: Scalar | None = None
    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, written: Any) -> Any:
        return {"equals": written} if isinstance(written, bool | int | str) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler(core_schema)
        return whole if handler.mode == "serialization" else whole | {"type": ["object", *_SHORT_FORMS]}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("an expectation says equals, at-least or at-most")
        return self


class Expected(Definition):
    """What an answer must be: value by value, and as a whole the same as an earlier step's."""

    values: dict[str, Expectation] = {}
    same_as: Identifier | None = None
    answered: bool = True

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.answered and not self.values and self.same_as is None:
            raise ValueError("an expectation that nothing can fail is not a check: give values, or same-as")
        return self


class PlaybookStep(Definition):
    """A step that an Ansible playbook carries out."""

    id: Identifier
    phase: Phase
    title: Title | None = None
    needs: tuple[Identifier, ...] = ()
    timeout: Period = parse_duration("10m")
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    severity: Severity = Severity.BLOCKING
    playbook: Annotated[str, Field(pattern=r"^[\w./-]+\.ya?ml$")]
    vars: dict[str, Scalar] = {}


class ProbeStep(Definition):
    """A step in which a probe asks a question, and the answer is compared with what is expected."""

    id: Identifier
    phase: Phase
    title: Title | None = None
    needs: tuple[Identifier, ...] = ()
    timeout: Period = parse_duration("1m")
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    severity: Severity = Severity.BLOCKING
    probe: str
    with_: dict[str, Any] = Field(default={}, alias="with")
    expect: Expected | None = None


Step = PlaybookStep | ProbeStep

PLAYBOOK_TAG, PROBE_TAG = "a playbook step", "a probe step"
"""Names of the two members of the union. With spaces, so that no key of a file can be taken for one."""


def _kind_of_step(written: Any) -> str:
    if isinstance(written, Step):
        return PLAYBOOK_TAG if isinstance(written, PlaybookStep) else PROBE_TAG
    return PROBE_TAG if isinstance(written, dict) and "probe" in written else PLAYBOOK_TAG


AnyStep = Annotated[
    Annotated[PlaybookStep, Tag(PLAYBOOK_TAG)] | Annotated[ProbeStep, Tag(PROBE_TAG)],
    Discriminator(_kind_of_step),
]
"""A step is a probe's where it names a probe, and otherwise a playbook's."""


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
    targets: str
    touches: tuple[str, ...] = ()
    schedule: Schedule | None = None
    recovery_point: RecoveryPointChoice | None = None
    watch: tuple[WatchDefinition, ...] = ()
    stable_for: Duration = parse_duration("1s")
    canary: CanaryDefinition | None = None
    self_test_after: Literal[Phase.PREPARE, Phase.DISRUPT] = Phase.DISRUPT
    context: Context = Context()
    steps: tuple[AnyStep, ...] = Field(min_length=1)

    def of_phase(self, phase: Phase) -> tuple[Step, ...]:
        """The steps of one phase, in the order in which they are written."""
        return tuple(step for step in self.steps if step.phase is phase)

    def checks(self) -> tuple[ProbeStep, ...]:
        """The probe steps that verify: what the self-test runs, and what T5 waits for."""
        return tuple(step for step in self.of_phase(Phase.VERIFY) if isinstance(step, ProbeStep))

    def step(self, identifier: str) -> Step:
        """The step with this id, which the definition is known to have."""
        return next(step for step in self.steps if step.id == identifier)
