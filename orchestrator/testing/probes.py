"""Probes that ask nobody: each question gets the reply that the test wrote down for it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Stop
from orchestrator.testing.clock import FakeClock

POLL_US = 50_000
UNANSWERED = Answer(answered=False, values={}, fault="connection refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one question is answered: with values, or with `fault` and none.

    `effect` comes half-way: there a test changes the world, requests a stop, or raises.
    """

    values: Values = field(default_factory=dict)
    fault: str = ""
    took_us: int = 20_000
    hangs: bool = False
    """No answer comes: it waits until its time-out, or the stop."""
    effect: Callable[[], object] = lambda: None

    def answer(self) -> Answer:
        """What the port returns."""
        if self.hangs:
            return Answer(answered=False, values={}, fault="no answer in time")
        return Answer(answered=not self.fault, values={} if self.fault else self.values, fault=self.fault)


class ScriptedProbe:
    """Implements `ports.Probe`.

    A question is known by its key `ask`, which the drill gives in `with`. Each has its replies in order, and the last
    one also serves every later time.

    Args:
        clock: Advances by what a reply takes.
        replies: The replies to each question. A question that is not named here gets no answer.
        reachable: Where given and false, no question gets an answer, and no reply is used up: the service is down.
    """

    def __init__(
        self,
        *,
        clock: FakeClock,
        replies: Mapping[str, Sequence[Reply]] | None = None,
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        self._clock, self._replies, self._reachable = clock, dict(replies or {}), reachable
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()
        self.questions: list[Mapping[str, Any]] = []

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Give the next reply to this question."""
        reply = self._next(question)
        if reply is None:
            return UNANSWERED
        self._clock.advance(reply.took_us // 2)
        reply.effect()
        self._clock.advance(reply.took_us - reply.took_us // 2)
        if reply.hangs:
            _hang(stop, timeout_us=timeout_us)
        return reply.answer()

    def _next(self, question: Mapping[str, Any]) -> Reply | None:
        name = str(question.get("ask", ""))
        with self._lock:
            self.questions.append(question)
            replies = self._replies.get(name)
            if not replies or not self._reachable():
                return None
            used = self._used.get(name, 0)
            self._used[name] = used + 1
            return replies[min(used, len(replies) - 1)]


def _hang(stop: Stop, *, timeout_us: int) -> None:
    waited_us = 0
    while waited_us < timeout_us and not stop.wait(POLL_US):
        waited_us += POLL_US
