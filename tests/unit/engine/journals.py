"""Short questions about a journal, for tests."""

from collections.abc import Sequence

from orchestrator.core.events import Event, StepFinished, StepStarted
from orchestrator.core.model import Outcome


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


def started(events: Sequence[Event], *, self_test: bool = False) -> list[str]:
    return [e.step for e in events if isinstance(e, StepStarted) and e.self_test is self_test]


def outcomes(events: Sequence[Event], step: str) -> list[tuple[Outcome, str]]:
    found = (e for e in events if isinstance(e, StepFinished) and e.step == step and not e.self_test)
    return [(event.outcome, event.reason) for event in found]
