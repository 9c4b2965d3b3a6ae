"""What a drill file says of one step: who carries it out, and what its answer must be."""

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from orchestrator.core.model import Identifier, Phase, Scalar, Severity, Title
from orchestrator.core.written import Definition, Period, is_none, parse_duration

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


class Control(Definition):
    """The same question about something that is known to be wrong, which the self-test asks instead.

    For checks of what nothing takes away: where a restore begins with an empty host, a check of backups that are
    there has no moment at which it must fail. `with` goes over the step's own; `expect` is what must be seen there, so
    that a control which is missing, or is not what it should be, proves nothing.
    """

    with_: Annotated[dict[str, Any], Field(alias="with", min_length=1)]
    expect: Expected

    @model_validator(mode="after")
    def _stands_alone(self) -> Self:
        if self.expect.same_as is not None:
            raise ValueError("a control is known beforehand: give values, not same-as")
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
    control: Annotated[Control | None, Field(exclude_if=is_none)] = None

    @property
    def trial(self) -> dict[str, Any]:
        """What the self-test asks."""
        return self.with_ if self.control is None else self.with_ | self.control.with_


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
