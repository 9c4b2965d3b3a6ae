"""What a drill file says of its observers: watches that ask, and the canary that writes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from orchestrator.core.model import Identifier, Scalar, Title
from orchestrator.core.written import Definition, Duration, Period, is_none, parse_duration

Words = tuple[str, ...]
"""The arguments of a command."""

CANARY = "canary"
"""The name of the canary's series, which no watch may have."""


class Watched(StrEnum):
    """What is watched, or written to: the service that users use, or the part of it that the disruption takes away."""

    SERVICE = "service"
    LOST_PART = "lost-part"


def _is_service(value: object) -> bool:
    """As for `is_none`."""
    return value == Watched.SERVICE


class Component(Definition):
    """A part of what is rebuilt, with a time of its own: from the disaster until its watch sees it back for good."""

    title: Title
    rto: Period


class WatchDefinition(Definition):
    """An observer that asks the service, or its part that is lost, the same question during the whole run.

    One of a lost part proves the disruption: it must be seen to stop answering, or nothing is known to have been lost.
    One of a component asks a single part of what is rebuilt, wherever it was and comes back.
    """

    id: Identifier
    probe: str
    every: Period
    timeout: Period = parse_duration("1s")
    of: Annotated[Watched, Field(exclude_if=_is_service)] = Watched.SERVICE
    component: Annotated[Component | None, Field(exclude_if=is_none)] = None
    with_: dict[str, Scalar] = Field(alias="with")


class CanaryDefinition(Definition):
    """A writer of numbered markers. `lead` is how long it has run before anything is broken.

    One of a lost part writes where the part is, not where users are led: what a part that is cut off goes on
    acknowledging is lost with it, however long after the disaster.
    """

    probe: str
    every: Period
    lead: Duration = parse_duration("5s")
    of: Annotated[Watched, Field(exclude_if=_is_service)] = Watched.SERVICE
    with_: dict[str, Scalar | Words] = Field(alias="with")
    read: dict[str, Scalar | Words]
