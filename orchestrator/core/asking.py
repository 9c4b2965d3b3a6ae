"""What a drill file says of a question to a person: who may answer, what may be said, what no answer means."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.core.expectation import Expectation
from orchestrator.core.model import Identifier, Outcome, Title
from orchestrator.core.written import Definition, is_none


class Mark(StrEnum):
    """What an answer is beside an answer: an instant of the timeline, or the debrief that the report quotes."""

    DISASTER = "disaster"
    DETECTED = "detected"
    DECIDED = "decided"
    DEBRIEF = "debrief"


class ValueAsked(Definition):
    """A value that goes with an answer: one of several options or, without options, a count."""

    title: Title | None = None
    options: dict[Identifier, Title] = {}
    expect: Expectation | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        wanted = self.expect.equals if self.expect else None
        if wanted is not None and self.options and wanted not in self.options:
            raise ValueError(f"nobody can answer {wanted!r}: it is none of the options")
        return self


class Question(Definition):
    """What is asked of a person. Not answered in time is never a yes: `at-limit` says whether it is a failure."""

    ask: Title
    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    at_limit: Literal[Outcome.FAILED, Outcome.UNKNOWN] = Outcome.UNKNOWN
    identified: bool = False
    """Whether only an answer counts that is signed with a person's own key."""
    not_by: Annotated[Literal["requester"] | None, Field(exclude_if=is_none)] = None
    """Whom separation of duties keeps from answering: the one who asked for the run, or ran it."""
    values: dict[Identifier, ValueAsked] = {}
    marks: Annotated[Mark | None, Field(exclude_if=is_none)] = None


class Task(Question):
    """Something that a person does, and says so: done, or could not."""

    marks: Annotated[Literal[Mark.DISASTER, Mark.DETECTED, Mark.DEBRIEF] | None, Field(exclude_if=is_none)] = None


class Approval(Question):
    """Something that a person decides: granted, or refused."""

    marks: Annotated[Literal[Mark.DECIDED] | None, Field(exclude_if=is_none)] = None
