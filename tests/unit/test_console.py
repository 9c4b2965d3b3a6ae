"""What a person is told of a run, as it happens."""

import io

from rich.console import Console

from orchestrator.console import Account
from orchestrator.core.events import WatchChanged
from orchestrator.core.journal import Entry
from orchestrator.testing import FakeClock, MemoryJournal, example_plan


def _said(*events: WatchChanged) -> list[str]:
    clock, printed = FakeClock(), io.StringIO()
    journal = MemoryJournal(genesis="0" * 64, clock=clock)
    account = Account(plan=example_plan(), console=Console(file=printed, width=200), clock=clock)
    for event in events:
        journal.append(event)
        account.told(_last(journal))
    return [line[10:] for line in printed.getvalue().splitlines()]


def _last(journal: MemoryJournal) -> Entry:
    return journal.entries[-1]


def test_each_watch_has_been_without_an_answer_since_its_own_last_one() -> None:
    assert _said(
        WatchChanged(watch="service", answers=False, sample_us=1_000_000),
        WatchChanged(watch="part", answers=False, sample_us=5_000_000),
        WatchChanged(watch="service", answers=True, sample_us=7_000_000),
        WatchChanged(watch="service", answers=True, sample_us=8_000_000),
    ) == [
        "watch     service: the service does not answer",
        "watch     part: the service does not answer",
        "watch     service: the service answers after 6.00 s",
        "watch     service: the service answers",
    ]
