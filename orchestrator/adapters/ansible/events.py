"""What the callback wrote, read back as journal events; a number that is missing is noticed. No process, no file."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from orchestrator.core.events import ClaimMade, Event, HostTally, TaskObserved, TaskOutcome

_LOST = "an event of Ansible's was lost"
# Ansible's own names of what it counts (`AggregateStats.summarize`) are those of HostTally.


class EventReader:
    """Follows the lines of one attempt.

    Attributes:
        hosts: Ansible's final count; None until it has arrived.
        unmatched: The patterns of each play that matched no host.
        dropped: How many claims were no flat name with a truth value, a number or a short word.
    """

    def __init__(self, *, step: str, attempt: int) -> None:
        self._step, self._attempt = step, attempt
        self._expected = 0
        self._lost = False
        self._seen: dict[str, Counter[TaskOutcome]] = {}
        self.hosts: dict[str, HostTally] | None = None
        self.unmatched: tuple[tuple[str, ...], ...] = ()
        self.dropped = 0

    @property
    def began(self) -> bool:
        """Whether any task was seen."""
        return bool(self._seen)

    def read(self, line: bytes) -> Iterator[Event]:
        """The events that a line stands for. A line that cannot be understood is as good as lost."""
        try:
            written = json.loads(line)
            self._lost |= written["number"] != self._expected
            self._expected = written["number"] + 1
            yield from self._events(written)
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
            self._lost = True

    @property
    def fault(self) -> str:
        """Why the events are not complete, or not to be believed; empty where they are."""
        if self._lost:
            return _LOST
        if self.hosts is None:
            return "Ansible's final count did not arrive"
        faults = (self._disagreement(host) for host in sorted(set(self.hosts) | set(self._seen)))
        return next((fault for fault in faults if fault), "")

    def _disagreement(self, host: str) -> str:
        """Where the count and the tasks differ. With `ignore_unreachable` Ansible counts a host that is gone as ok."""
        counted, seen = (self.hosts or {}).get(host, HostTally()), self._seen.get(host, Counter())
        if seen[TaskOutcome.UNREACHABLE] > counted.unreachable:
            return f"{host} was unreachable, and the playbook does not count it"
        if seen[TaskOutcome.UNREACHABLE] < counted.unreachable or seen[TaskOutcome.FAILED] != (
            counted.failures + counted.rescued
        ):
            return f"Ansible's final count for {host} is not that of the tasks that arrived"
        return ""

    def _events(self, written: dict[str, Any]) -> Iterator[Event]:
        match written["type"]:
            case "task":
                yield self._task(written)
            case "claims":
                self.dropped += written["dropped"]
                for name, value in sorted(written["claims"].items()):
                    yield ClaimMade(step=self._step, name=name, value=value)
            case "stats":
                self.hosts = {host: HostTally.model_validate(tally) for host, tally in written["hosts"].items()}
                self.unmatched = tuple(tuple(patterns) for patterns in written["unmatched"])
            case _:
                raise ValueError(written["type"])

    def _task(self, written: dict[str, Any]) -> TaskObserved:
        names = ("host", "task", "action", "outcome", "started_us", "finished_us")
        event = TaskObserved(step=self._step, attempt=self._attempt, **{name: written[name] for name in names})
        self._seen.setdefault(event.host, Counter())[event.outcome] += 1
        return event
