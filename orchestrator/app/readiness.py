"""One answer to the question whether a drill could be run now, and what all of them come to. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.core.events import GuardObserved
from orchestrator.core.guard import remedy
from orchestrator.errors import ExitCode, RepriseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One answer: which drill, about what, ready or not and why."""

    drill: str
    subject: str
    ok: bool
    detail: str
    exit_code: ExitCode


def ready(name: str, subject: str, *, ok: bool, detail: str) -> Readiness:
    """An answer whose no would leave a run without a proof."""
    return Readiness(drill=name, subject=subject, ok=ok, detail=detail, exit_code=ExitCode.INCONCLUSIVE)


def not_ready(name: str, subject: str, *, error: RepriseError) -> Readiness:
    """What went wrong when it was asked."""
    detail = f"{error}" + (f" ({error.hint})" if error.hint else "")
    return Readiness(drill=name, subject=subject, ok=False, detail=detail, exit_code=error.exit_code)


def guard_answer(name: str, answer: GuardObserved) -> Readiness:
    """What the guard would decide on, with what a person can do about a no."""
    subject, code, advice = f"{answer.subject}: {answer.check}", ExitCode.REFUSED, remedy(answer)
    detail = f"{answer.detail} ({advice})" if advice else answer.detail
    return Readiness(drill=name, subject=subject, ok=answer.ok, detail=detail, exit_code=code)


def worst(answers: Iterable[Readiness]) -> ExitCode:
    """The exit code of all of them: that of the gravest no, 6 before 4 before 3; 0 where there is none."""
    return max((one.exit_code for one in answers if not one.ok), default=ExitCode.PASSED)


def sum_up(answers: Iterable[Readiness], *, overdue: Iterable[str] = ()) -> str:
    """All of them in one line: how many are a no, and of which drills or files."""
    asked = tuple(answers)
    refused = [one for one in asked if not one.ok]
    about = ", ".join(dict.fromkeys(one.drill for one in refused))
    late = ", ".join(overdue)
    said = (
        f"NOT READY: {about} ({len(refused)} of {len(asked)} answers)" if refused else f"ready ({len(asked)} answers)"
    )
    return f"{said}; overdue: {late}" if late else said
