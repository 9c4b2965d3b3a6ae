"""Tells those whom `notify` of `reprise.yml` names what happened. Nothing that goes wrong here touches a drill.

The seam for whoever runs drills or watches over dates:

    teller = open_teller(workplace)       # never raises: a notifier that cannot be built is one that fails
    teller.told(RunBegins(plan=plan))     # never raises, never waits: another thread sends it
    teller.told_owed(read_owed(...))      # at each tick: what is overdue or missed, once for each state, then daily
    for fault in teller.settle(): ...     # waits, bounded: when a drill is sealed, when the scheduler stops

What did not arrive is written to `.reprise/told.jsonl`, logged, and returned by the next `settle`. Where it is
important it is sent again by the next `open_teller` or `told_owed`: five times at most, ever longer apart, for a day.
"""

import logging
import os
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from orchestrator.adapters.notifiers.outbox import Limits, Outbox, Sent
from orchestrator.app.channels import Channel, build_channels
from orchestrator.app.choices import own_rules
from orchestrator.app.told import Outcome, Told, ToldFile
from orchestrator.app.workplace import Workplace
from orchestrator.core.occasions import Message
from orchestrator.core.ports import Clock
from orchestrator.errors import RepriseError, StoreError
from orchestrator.logbook import EventName, log_event
from reports.register.programme import DueState, Owed
from reports.scan import OwnRules, find
from reports.telling.messages import build_message
from reports.telling.occasions import DrillOwed, Occasion, state_key
from reports.words import load_words

AGAIN_AFTER = timedelta(days=1)
"""How long a state lasts before it is told once more."""
LIMITS = Limits()
_MOST_KEPT = 100
"""Kept for whoever asks: a scheduler may never ask."""
_LONG_ENOUGH = timedelta(minutes=5)
"""Between two tries of what did not arrive, by one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A message that did not arrive, in words for a person."""

    fault: str
    hint: str


class Teller:
    """Tells what happened to everybody who wants to know. Used by one thread; sends from others."""

    def __init__(
        self,
        channels: Sequence[Channel],
        *,
        project: str,
        own: OwnRules | None,
        file: ToldFile,
        clock: Clock,
        limits: Limits,
    ) -> None:
        """`own`: what the organisation scans for; None: that cannot be read, and nothing leaves."""
        self._project, self._own, self._file, self._clock, self._limits = project, own, file, clock, limits
        self._faults: list[Undelivered] = []
        self._delivered: list[str] = []
        self._keys: dict[str, str | None] = {}
        self._asked: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()
        self._boxes = tuple((one, self._box(one)) for one in channels)

    def told(self, occasion: Occasion) -> None:
        """Have everybody told who wants to know. Never raises, and waits for nobody."""
        for channel, box in self._boxes:
            try:
                if channel.wants(occasion) and self._is_news(channel.name, state_key(occasion)):
                    self._put(channel, box, occasion)
            except Exception as error:  # noqa: BLE001  no defect of telling may end a drill
                self._note(f"{box.label}: {type(error).__name__}", hint="a defect of reprise: please report it")

    def told_owed(self, owed: Iterable[Owed]) -> None:
        """Tell what is overdue or missed and still owed: once for each state, then once a day. For every tick.

        What was important and did not arrive is sent again as well. Never raises, and waits for nobody.
        """
        self.retry()
        for one in owed:
            if one.state in (DueState.OVERDUE, DueState.MISSED) and one.pressing:
                self.told(DrillOwed(owed=one))

    def retry(self) -> None:
        """Send again what was important and did not arrive. Never raises, and waits for nobody."""
        try:
            self._file.refresh()
        except StoreError as error:
            self._note(str(error), hint=error.hint or "")
        now = self._clock.now()
        for channel, box in self._boxes:
            for message in self._file.undelivered(channel.name, now=now):
                if self._is_due(channel.name, message.id, now=now):
                    box.put(message)

    def settle(self) -> tuple[Undelivered, ...]:
        """Wait, for a bounded time, until everything is sent or given up; return what did not arrive since last time.

        Whoever is impatient (Ctrl-C) ends the waiting, and not what the command comes to.
        """
        until_us = self._clock.monotonic_us() + round(self._limits.whole_s * 1e6)
        for _, box in self._boxes:
            with suppress(KeyboardInterrupt):
                box.settle(max(0.0, (until_us - self._clock.monotonic_us()) / 1e6))
        with self._lock:
            found, self._faults = tuple(self._faults), []
        return found

    @property
    def delivered(self) -> tuple[str, ...]:
        """Who took a message, once for each, the newest last."""
        with self._lock:
            return tuple(self._delivered)

    def _box(self, channel: Channel) -> Outbox:
        sent = partial(self._sent, channel)
        return Outbox(channel.notifier, limits=self._limits, sent=sent)

    def _put(self, channel: Channel, box: Outbox, occasion: Occasion) -> None:
        message = build_message(
            occasion,
            language=channel.language,
            project=self._project,
            now=self._clock.now(),
            message_id=secrets.token_hex(12),
        )
        with self._lock:
            self._keys[message.id] = state_key(occasion)
        why = self._unfit(message)
        if why:
            self._withhold(channel.name, message, why=f"{box.label}: not sent: {why}")
        elif self._is_due(channel.name, message.id, now=message.sent_at):
            box.put(message)

    def _unfit(self, message: Message) -> str:
        """Why it must not leave, by the rules that evidence is scanned by; empty: it may."""
        if self._own is None:
            return "what this project scans for cannot be read: `reprise check` says why"
        said = f"{message.subject}\n{message.text}".encode()
        return ", ".join(sorted({str(hit.kind) for hit in find({"message": said}, own=self._own)}))

    def _is_news(self, name: str, key: str | None) -> bool:
        """Whether a state was not told within a day. What happens, and does not last, always is."""
        if key is None:
            return True
        now, before = self._clock.now(), self._file.told_at(name, key)
        return (before is None or before + AGAIN_AFTER <= now) and self._is_due(name, key, now=now)

    def _is_due(self, name: str, what: str, *, now: datetime) -> bool:
        """Whether it was not put into the box a short while ago: what came of that may not be known yet."""
        before = self._asked.get((name, what))
        if before is not None and now < before + _LONG_ENOUGH:
            return False
        self._asked[name, what] = now
        return True

    def _sent(self, channel: Channel, sent: Sent) -> None:
        """Write down what came of a message; called by the thread that knew it."""
        if sent.fault is None:
            self._write(channel.name, sent.message, outcome="delivered", fault="")
            with self._lock:
                self._delivered = [*self._delivered, channel.notifier.label][-_MOST_KEPT:]
            return
        self._write(channel.name, sent.message, outcome="failed", fault=sent.fault)
        self._note(sent.fault, hint=sent.hint or "`reprise notify --test` tries each notifier", message=sent.message)

    def _withhold(self, name: str, message: Message, *, why: str) -> None:
        self._write(name, message, outcome="withheld", fault=why)
        self._note(why, hint="what must not be in evidence leaves by no other way; see the run itself", message=message)

    def _write(self, name: str, message: Message, *, outcome: Outcome, fault: str) -> None:
        with self._lock:
            key = self._keys.get(message.id)
        told = Told(
            at=self._clock.now(),
            notifier=name,
            id=message.id,
            occasions=message.occasions,
            drill=message.drill,
            run_id=message.run_id,
            key=key,
            outcome=outcome,
            fault=fault,
            message=message if outcome == "failed" and message.important else None,
        )
        try:
            self._file.add(told)
        except StoreError as error:
            self._note(str(error), hint=error.hint or "")

    def _note(self, fault: str, *, hint: str, message: Message | None = None) -> None:
        with self._lock:
            self._faults.append(Undelivered(fault=fault, hint=hint))
            del self._faults[:-_MOST_KEPT]
        log_event(
            EventName.NOTIFIER_FAILED,
            level=logging.WARNING,
            run=message.run_id if message else None,
            drill=message.drill if message else None,
            occasions=",".join(message.occasions) if message else None,
            fault=fault,
        )


def open_teller(workplace: Workplace, *, limits: Limits = LIMITS, environ: Mapping[str, str] = os.environ) -> Teller:
    """Who tells, for this project; what did not arrive before is sent again at once. Never raises.

    Args:
        workplace: The project.
        limits: How long and how often is tried.
        environ: Where the secrets of notifiers are.
    """
    project = workplace.project
    try:
        own = own_rules(project)
    except RepriseError:
        own = None
    channels = build_channels(project, environ=environ)
    teller = Teller(
        channels,
        project=project.definition.name,
        own=own,
        file=ToldFile(project.told),
        clock=workplace.clock,
        limits=limits,
    )
    for language in {channel.language for channel in channels}:
        load_words(language)  # Read once, and not while a drill goes on.
    teller.retry()
    return teller
