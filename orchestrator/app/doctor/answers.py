"""One answer of `reprise doctor`: about what, how it is, and what to do about it. Values only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import RepriseError


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """Drills can be run, and something should be looked at."""
    FAIL = "fail"
    """A drill could not be run, entered or sealed; or somebody else could read or write what he must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was looked at, how it is, and what to do where it is not as it should be."""

    area: str
    subject: str
    health: Health
    detail: str = ""
    hint: str = ""


def good(area: str, subject: str, detail: str = "") -> Answer:
    """It is as it should be."""
    return Answer(area=area, subject=subject, health=Health.OK, detail=detail)


def doubtful(area: str, subject: str, detail: str, *, hint: str) -> Answer:
    """Something should be looked at."""
    return Answer(area=area, subject=subject, health=Health.WARN, detail=detail, hint=hint)


def wrong(area: str, subject: str, detail: str, *, hint: str) -> Answer:
    """Something must be done."""
    return Answer(area=area, subject=subject, health=Health.FAIL, detail=detail, hint=hint)


def asked(area: str, subject: str, ask: Callable[[], str | None]) -> Iterator[Answer]:
    """What an act says that raises where something is wrong."""
    try:
        yield good(area, subject, ask() or "")
    except RepriseError as error:
        yield wrong(area, subject, str(error), hint=error.hint or "")
