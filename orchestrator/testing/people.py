"""People who answer when the test says so, and otherwise never."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.core.answers import AnswerStatement, GivenAnswer
from orchestrator.core.events import PersonDecision
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Delivered, Stop
from orchestrator.testing.clock import STARTED_AT, FakeClock

POLL_US = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer, so long after the question (or the answer before it); or, with `fault`, one that nobody can read."""

    given: GivenAnswer | None = None
    fault: str = ""
    after_us: int = 1_000_000


class ScriptedPeople:
    """Implements `ports.People`.

    Args:
        clock: Advances by how long an answer takes.
        said: The answers to each step, in order. When they are used up, nobody answers any more.
    """

    def __init__(self, *, clock: FakeClock, said: Mapping[str, Sequence[Said]]) -> None:
        self._clock = clock
        self._said = {step: list(answers) for step, answers in said.items()}
        self._lock = threading.Lock()
        self.opened: list[str] = []
        self.put_away: list[str] = []

    def open(self, step: str) -> int:
        """Remember that it was asked."""
        self.opened.append(step)
        return self._clock.monotonic_us()

    def wait(self, step: str, *, since_us: int, stop: Stop) -> Delivered | None:
        """Give the next answer, once its time has passed; None where a stop comes first."""
        with self._lock:
            left = self._said.get(step)
            said = left.pop(0) if left else None
        waited_us = 0
        while not stop.requested:
            if said is not None and waited_us >= said.after_us:
                found_us = self._clock.monotonic_us()
                absent_us = max(since_us, found_us - POLL_US)
                return Delivered(given=said.given, fault=said.fault, absent_us=absent_us, found_us=found_us)
            stop.wait(POLL_US)
            waited_us += POLL_US
        return None

    def set_aside(self, step: str) -> None:
        """Remember that an answer did not count."""
        self.put_away.append(step)


def answer(plan: Plan, step: str, decision: PersonDecision, **said: Any) -> GivenAnswer:
    """An answer to a step of a plan, without a signature; `said` are other fields of the statement."""
    written: dict[str, Any] = {
        "run_id": plan.run_id,
        "plan_sha256": plan.digest,
        "person": "somebody",
        "role": plan.drill.step(step).question.roles[0],  # type: ignore[union-attr]
        "reason": "as the plan says",
        "answered_at": STARTED_AT,
    }
    return GivenAnswer(statement=AnswerStatement.model_validate(written | {"step": step, "decision": decision} | said))
