"""What a drill file says of one step: who or what carries it out, and what the answer must be."""

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from orchestrator.core.asking import Approval, Question, Task
from orchestrator.core.expectation import Expectation
from orchestrator.core.model import Identifier, Phase, Scalar, Severity, Title
from orchestrator.core.written import Definition, Period, is_empty, is_none, parse_duration


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
    check: Annotated[bool, Field(exclude_if=is_empty)] = False
    """Whether Ansible's `--check` can be told of it: whoever wrote the playbook knows that it then changes nothing."""


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


class _PersonStep(Definition):
    """What both kinds of step have in common that a person carries out. It is asked once: nobody is asked again."""

    id: Identifier
    phase: Phase
    title: Title | None = None
    needs: tuple[Identifier, ...] = ()
    timeout: Period = parse_duration("30m")
    severity: Severity = Severity.BLOCKING

    @property
    def retries(self) -> int:
        """None, ever."""
        return 0


class TaskStep(_PersonStep):
    """A step in which a person does something, and says so."""

    task: Task

    @property
    def question(self) -> Question:
        """What is asked, of whom."""
        return self.task


class ApprovalStep(_PersonStep):
    """A step in which a person decides."""

    approval: Approval

    @property
    def question(self) -> Question:
        """What is asked, of whom."""
        return self.approval


PersonStep = TaskStep | ApprovalStep
Step = PlaybookStep | ProbeStep | TaskStep | ApprovalStep

PLAYBOOK_TAG, PROBE_TAG, TASK_TAG, APPROVAL_TAG = TAGS = (
    "a playbook step",
    "a probe step",
    "a task step",
    "an approval step",
)
"""Names of the members of the union. With spaces, so that no key of a file can be taken for one."""

_KEYS = {"probe": PROBE_TAG, "task": TASK_TAG, "approval": APPROVAL_TAG}


def _kind_of_step(written: Any) -> str:
    keys = type(written).model_fields if isinstance(written, Step) else written if isinstance(written, dict) else ()
    return next((tag for key, tag in _KEYS.items() if key in keys), PLAYBOOK_TAG)


AnyStep = Annotated[
    Annotated[PlaybookStep, Tag(PLAYBOOK_TAG)]
    | Annotated[ProbeStep, Tag(PROBE_TAG)]
    | Annotated[TaskStep, Tag(TASK_TAG)]
    | Annotated[ApprovalStep, Tag(APPROVAL_TAG)],
    Discriminator(_kind_of_step),
]
"""A step is what it names: a probe, a task or an approval; and otherwise a playbook's."""
