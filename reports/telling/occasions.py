"""What happened that somebody may want to be told of: values, with everything that the words need. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.core.events import PersonAsked
from orchestrator.core.model import Verdict
from orchestrator.core.occasions import OccasionName
from orchestrator.core.plan import Plan
from orchestrator.core.results import Judgement
from orchestrator.errors import ExitCode
from reports.evidence import Evidence
from reports.register.programme import DueState, Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegins:
    """A run is entered in the register, and nothing of it was done yet."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAwaited:
    """A step asks a person, and the run waits."""

    plan: Plan
    asked: PersonAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """A run is over, and its evidence is sealed. `report`: where, from the project's directory."""

    evidence: Evidence
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUnsealed:
    """A run is over, and its evidence could not be sealed."""

    plan: Plan
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillOwed:
    """A date of a drill is overdue or missed."""

    owed: Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerChanged:
    """The scheduler of the project begins or ends."""

    name: Literal[OccasionName.SCHEDULER_STARTED, OccasionName.SCHEDULER_STOPPED]
    next_at: datetime | None = None
    """When something is due next, where that is known."""
    running: tuple[str, ...] = ()
    """The drills that run on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAsked:
    """Somebody wants to know whether messages arrive."""

    __test__ = False  # No test class, whatever it is called.


Occasion = RunBegins | PersonAwaited | RunEnded | RunUnsealed | DrillOwed | SchedulerChanged | TestAsked


def names_of(occasion: Occasion) -> tuple[OccasionName, ...]:
    """What it is called where somebody chooses what to be told, the gravest first."""
    match occasion:
        case RunBegins():
            return (OccasionName.STARTED,)
        case PersonAwaited():
            return (OccasionName.WAITING,)
        case RunEnded():
            return ending_names(occasion.evidence.judgement)
        case RunUnsealed():
            return (OccasionName.UNSEALED, *ending_names(occasion.judgement))
        case DrillOwed():
            missed = occasion.owed.state is DueState.MISSED
            return (OccasionName.MISSED if missed else OccasionName.OVERDUE,)
        case SchedulerChanged():
            return (occasion.name,)
        case TestAsked():
            return (OccasionName.TEST,)


def ending_names(judgement: Judgement) -> tuple[OccasionName, ...]:
    """How a run ended: targets that are not established as clean go before any verdict."""
    refused = judgement.verdict is Verdict.ABORTED and judgement.exit_code is ExitCode.REFUSED
    ending = OccasionName.REFUSED if refused else OccasionName(judgement.verdict)
    return (OccasionName.CLEANUP_FAILED, ending) if judgement.cleanup_failed else (ending,)


def subject_of(occasion: Occasion) -> tuple[str | None, str | None]:
    """The drill and the system that it is about; None: none in particular."""
    match occasion:
        case RunEnded():
            drill = occasion.evidence.plan.drill
            return drill.id, drill.system
        case RunBegins() | PersonAwaited() | RunUnsealed():
            return occasion.plan.drill.id, occasion.plan.drill.system
        case DrillOwed():
            return occasion.owed.drill, occasion.owed.system
        case _:
            return None, None


def run_of(occasion: Occasion) -> str | None:
    """The run that it is about, if it is about one."""
    match occasion:
        case RunEnded():
            return occasion.evidence.run_id
        case RunBegins() | PersonAwaited() | RunUnsealed():
            return occasion.plan.run_id
        case _:
            return None


def state_key(occasion: Occasion) -> str | None:
    """What is told once and then once a day at most, as long as it lasts. None: it happens, and does not last."""
    if not isinstance(occasion, DrillOwed):
        return None
    owed = occasion.owed
    return f"{names_of(occasion)[0]}/{owed.drill}/{owed.due_at:%Y-%m-%dT%H:%M:%SZ}"
