"""What the callback wrote, read back as journal events; a number that is missing is noticed. No process, no file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from orchestrator.core.events import ClaimMade, Event, HostTally, TaskObserved, TaskOutcome
from orchestrator.core.ports import PlaybookAct

COUNTED = {TaskOutcome.OK, TaskOutcome.CHANGED, TaskOutcome.IGNORED}
"""What Ansible's final count calls ok."""


@dataclass(slots=True)
class EventReader:
    """Follows the lines of one playbook run. `hosts` is the final count; None until it has arrived."""

    act: PlaybookAct
    expected: int = 0
    fault: str = ""
    hosts: dict[str, HostTally] | None = None
    done: dict[str, int] = field(default_factory=dict)

    def read(self, line: bytes) -> Iterator[Event]:
        """The events that a line stands for. A line that cannot be understood is a fault of the whole run."""
        try:
            written = json.loads(line)
            self._count(written)
            yield from self._events(written)
        except (ValueError, KeyError, TypeError, ValidationError):
            self.fault = self.fault or "an event of Ansible could not be read"

    @property
    def verdict(self) -> str:
        """Why the events are not complete; empty where they are."""
        if self.fault:
            return self.fault
        if self.hosts is None:
            return "Ansible's final count did not arrive"
        if any(tally.ok != self.done.get(host, 0) for host, tally in self.hosts.items()):
            return "Ansible counts other tasks than those that arrived"
        return ""

    def _count(self, written: dict[str, Any]) -> None:
        if written["number"] != self.expected:
            self.fault = self.fault or f"event {self.expected} of Ansible did not arrive"
        self.expected = written["number"] + 1

    def _events(self, written: dict[str, Any]) -> Iterator[Event]:
        match written["type"]:
            case "task":
                yield self._task(written)
            case "claims":
                yield from self._claims(written)
            case "stats":
                self.hosts = {host: HostTally(**tally) for host, tally in written["hosts"].items()}
            case _:
                raise ValueError(written["type"])

    def _task(self, written: dict[str, Any]) -> Event:
        event = TaskObserved(
            step=self.act.step.id,
            attempt=self.act.attempt,
            **{name: written[name] for name in ("host", "task", "action", "outcome", "started_us", "finished_us")},
        )
        if event.outcome in COUNTED:
            self.done[event.host] = self.done.get(event.host, 0) + 1
        return event

    def _claims(self, written: dict[str, Any]) -> Iterator[Event]:
        for name, value in sorted(written["claims"].items()):
            yield ClaimMade(step=self.act.step.id, name=name, value=value)
        if written["dropped"]:
            self.fault = self.fault or "a claim is no number and no short word"
