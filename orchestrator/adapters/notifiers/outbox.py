"""Sends messages one after the other from a thread of its own: whoever puts one in waits for nobody.

The thread lives only while there is something to send, so that none is about while a drill is measured, and it keeps no
process from ending.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.core.occasions import Message
from orchestrator.core.ports import Notifier
from orchestrator.errors import RepriseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how often one message is tried. Seconds."""

    answer_s: float = 10.0
    """How long each answer of the other side is waited for."""
    attempts: int = 2
    pause_s: float = 1.0
    """Between two attempts."""
    whole_s: float = 20.0
    """How long whoever wants to know what came of it waits at most, for all messages together."""
    most: int = 50
    """Messages that wait. One more is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one message. `fault`: why it did not arrive; None: it did."""

    message: Message
    fault: str | None = None
    hint: str | None = None


class Outbox:
    """The messages for one notifier. Safe for threads."""

    def __init__(self, notifier: Notifier, *, limits: Limits, sent: Callable[[Sent], object]) -> None:
        """`sent` is told of each message once, from the thread that knew it; it raises nothing."""
        self.label = notifier.label
        self._notifier, self._limits, self._sent = notifier, limits, sent
        self._waiting: deque[Message] = deque()
        self._under_way: Message | None = None
        self._given_up: Message | None = None
        self._change = threading.Condition()

    def put(self, message: Message) -> None:
        """Have a message sent, and return at once."""
        with self._change:
            full = len(self._waiting) >= self._limits.most
            if not full:
                self._waiting.append(message)
                if self._under_way is None:
                    self._under_way = self._waiting.popleft()
                    name = f"notify {self.label}"
                    threading.Thread(target=self._work, args=(self._under_way,), name=name, daemon=True).start()
        if full:
            self._sent(Sent(message=message, fault=f"{self.label}: {self._limits.most} messages wait already"))

    def settle(self, timeout_s: float) -> None:
        """Wait until nothing is to be sent any more; what is not sent by then is given up, and `sent` is told so."""
        with self._change:
            if self._change.wait_for(lambda: self._under_way is None, timeout_s):
                return
            left = [*self._waiting]
            self._waiting.clear()
            stuck = self._under_way if self._under_way is not self._given_up else None
            self._given_up = self._under_way
        for message in [stuck, *left] if stuck is not None else left:
            self._sent(Sent(message=message, fault=f"{self.label}: not taken within {timeout_s:.3g} s"))

    def _work(self, message: Message) -> None:
        following: Message | None = message
        while following is not None:
            outcome = self._attempted(following)
            with self._change:
                known = self._given_up is following and outcome.fault is not None
            if not known:
                self._sent(outcome)
            with self._change:
                following = self._under_way = self._waiting.popleft() if self._waiting else None
                self._change.notify_all()

    def _attempted(self, message: Message) -> Sent:
        pause = threading.Event()
        for left in reversed(range(self._limits.attempts)):
            outcome = self._try(message)
            if outcome.fault is None or not left:
                break
            pause.wait(self._limits.pause_s)
        return outcome

    def _try(self, message: Message) -> Sent:
        try:
            self._notifier.send(message, timeout_s=self._limits.answer_s)
        except RepriseError as error:
            return Sent(message=message, fault=str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001  an extension or a library: no defect of theirs may end a drill
            # Only its kind is said: what it says may repeat an address that is a secret.
            return Sent(message=message, fault=f"{self.label}: {type(error).__name__}", hint="a defect of the notifier")
        return Sent(message=message)
