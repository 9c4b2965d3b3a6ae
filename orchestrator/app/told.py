"""What was told to whom, and what was not: `.reprise/told.jsonl`, one line for each message and notifier.

It is no evidence and decides no verdict. By it a message that did not arrive is sent again, and a state that lasts is
told once a day. Whoever removes it loses that memory and nothing else.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from orchestrator.core.model import Identifier, Moment, Record
from orchestrator.core.occasions import Message, OccasionName
from orchestrator.errors import StoreError

MOST_TRIES = 5
"""How often a message is tried by one notifier, beside the attempts that follow at once."""
PAUSE = timedelta(minutes=5)
"""After the first try; after each other one it is four times as long: a mail server may be away for hours."""


Outcome = Literal["delivered", "failed", "withheld"]
"""Of a message. `withheld`: it holds what evidence must not hold, and was not sent."""


class Told(Record):
    """What came of one message at one notifier."""

    format: Literal["reprise/told/v1"] = "reprise/told/v1"
    at: Moment
    notifier: str
    id: str
    """Of the message."""
    occasions: tuple[OccasionName, ...]
    drill: Identifier | None = None
    run_id: str | None = None
    key: str | None = None
    """Of a state that lasts."""
    outcome: Outcome
    fault: str = ""
    message: Message | None = None
    """Where it did not arrive and is worth sending again."""


@dataclass(slots=True)
class ToldFile:
    """The file, and what was read of it. Safe for threads, and for several processes."""

    path: Path
    _read: int = 0
    _tries: dict[tuple[str, str], list[Told]] = field(default_factory=dict)
    _states: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, told: Told) -> None:
        """Write one line.

        Raises:
            StoreError: It cannot be written.
        """
        line = told.model_dump_json(exclude_none=True).encode() + b"\n"
        with self._lock:
            self._remember(told)
            try:
                self._append(line)
            except OSError as error:
                hint = "make it writable: without it nothing that did not arrive is sent again"
                raise StoreError(f"{self.path}: {error.strerror}: it cannot be written", hint=hint) from error

    def refresh(self) -> None:
        """Read what others wrote since. A line that cannot be read is left out: it is a memory, and no evidence.

        Raises:
            StoreError: It cannot be read.
        """
        with self._lock:
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return
            except OSError as error:
                hint = "make it readable, or remove it: it is a memory, and no evidence"
                raise StoreError(f"{self.path}: {error.strerror}: it cannot be read", hint=hint) from error
            if len(content) < self._read:
                self._read = 0  # Somebody began it anew.
            whole = content[self._read : content.rfind(b"\n") + 1]
            self._read += len(whole)
            for told in _parsed(whole):
                self._remember(told)

    def told_at(self, notifier: str, key: str) -> datetime | None:
        """When a state was told last, by a notifier."""
        with self._lock:
            return self._states.get((notifier, key))

    def undelivered(self, notifier: str, *, now: datetime) -> tuple[Message, ...]:
        """What a notifier should send again now: not delivered, still worth it, not tried too often or just before."""
        with self._lock:
            tried = [tries for (name, _), tries in self._tries.items() if name == notifier]
            found = [tries[-1].message for tries in tried if _again(tries, now=now)]
        return tuple(message for message in found if message is not None and message.expires_at > now)

    def count_undelivered(self, *, now: datetime) -> int:
        """How many messages did not arrive and are still worth it, at all notifiers together.

        Raises:
            StoreError: The file cannot be read.
        """
        self.refresh()
        with self._lock:
            last = [tries[-1].message for tries in self._tries.values()]
        return sum(message is not None and message.expires_at > now for message in last)

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # One write for each line: those of several processes do not run into one another.
            os.write(file, line if _ends_whole(file) else b"\n" + line)
        finally:
            os.close(file)

    def _remember(self, told: Told) -> None:
        place = (told.notifier, told.id)
        if told.key is not None:
            before = self._states.get((told.notifier, told.key), told.at)
            self._states[told.notifier, told.key] = max(before, told.at)
        if told.outcome == "failed":
            tries = self._tries.setdefault(place, [])
            if told not in tries:
                tries.append(told)
        else:
            self._tries.pop(place, None)


def _again(tries: Sequence[Told], *, now: datetime) -> bool:
    pause: timedelta = PAUSE * int(4 ** (len(tries) - 1))
    return len(tries) < MOST_TRIES and tries[-1].at + pause <= now


def _ends_whole(file: int) -> bool:
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def _parsed(content: bytes) -> Iterator[Told]:
    for line in content.splitlines():
        try:
            yield Told.model_validate_json(line)
        except ValidationError:
            continue
