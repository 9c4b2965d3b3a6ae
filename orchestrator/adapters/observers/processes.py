"""Starts watches and canaries as processes, and reads canaries back (`ports.Observers`)."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from orchestrator.adapters.observers.askers import open_asker
from orchestrator.adapters.observers.child import ChildObserver
from orchestrator.adapters.observers.questions import CanaryQuestion, Changed, WatchQuestion
from orchestrator.adapters.observers.series import close_markers, close_samples
from orchestrator.adapters.observers.survivors import read_survivors
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.core.events import WatchChanged
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Observer, Record, Survivors
from orchestrator.core.watching import CanaryDefinition, WatchDefinition
from orchestrator.errors import ProbeError

_WATCH = "orchestrator.adapters.observers.watch"
# By the name of the probe that reads markers back.
_CANARIES = {"postgresql": "orchestrator.adapters.observers.canary"}
# A definition of a canary gives none; one that waits longer than this for an acknowledgement has lost its server.
_CANARY_TIMEOUT_US = 1_000_000


class CanarySource(Question):
    """The `with` and the `read` of a canary."""

    dsn: str


class ProcessObservers:
    """Observers in processes of their own. Definitions come with their connection strings resolved (`dsn`)."""

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Start a watch, and return once its first question was asked.

        Raises:
            ProbeError: There is no such watch, its question makes no sense, or it did not start.
            StoreError: Its file cannot be written.
        """
        # Refused here, where a person is told, and not in a process that can only end.
        open_asker(definition.probe, definition.with_, timeout_us=definition.timeout)
        question = WatchQuestion(
            probe=definition.probe,
            source=definition.with_,
            every_us=definition.every,
            timeout_us=definition.timeout,
            file=file.absolute(),
            parent=os.getpid(),
        )
        observer = ChildObserver(
            name=f"watch {definition.id}",
            module=_WATCH,
            question=question,
            timeout_us=definition.timeout,
            changed=lambda change: record(_event(definition.id, change)),
            close=partial(close_samples, file, every_us=definition.every),
        )
        observer.wait_until_ready()
        return observer

    def canary(self, definition: CanaryDefinition, *, run_id: str, file: Path) -> Observer:
        """Start a canary, and return once its first marker was sent.

        Raises:
            ProbeError: There is no such canary, its source makes no sense, or it did not start.
            StoreError: Its file cannot be written.
        """
        question = CanaryQuestion(
            dsn=_dsn(definition.with_, probe=definition.probe),
            run_id=run_id,
            every_us=definition.every,
            timeout_us=_CANARY_TIMEOUT_US,
            file=file.absolute(),
            parent=os.getpid(),
        )
        observer = ChildObserver(
            name="canary",
            module=_module(_CANARIES, definition.probe, what="canary"),
            question=question,
            timeout_us=_CANARY_TIMEOUT_US,
            changed=_nothing,
            close=partial(close_markers, file),
        )
        observer.wait_until_ready()
        return observer

    def read_canary(self, definition: CanaryDefinition, *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of this run can be read back where the restored service is.

        Raises:
            ProbeError: The definition's `read` makes no sense.
        """
        _module(_CANARIES, definition.probe, what="canary")
        return read_survivors(_dsn(definition.read, probe=definition.probe), run_id=run_id, timeout_us=timeout_us)


def _dsn(source: Mapping[str, Scalar], *, probe: str) -> str:
    return _checked(read_question(CanarySource, source, probe=probe).dsn)


def _checked(dsn: str) -> str:
    """Refused here, where a person is told, and not in a process that can only end."""
    split_places(dsn)
    return dsn


def _module(table: Mapping[str, str], probe: str, *, what: str) -> str:
    if probe not in table:
        raise ProbeError(f"there is no {what} for probe {probe}", hint=f"there are: {', '.join(sorted(table))}")
    return table[probe]


def _nothing(change: Changed) -> None:
    """A canary says nothing while it runs: what it knows is what it wrote down."""
    del change


def _event(watch: str, change: Changed) -> WatchChanged:
    return WatchChanged(watch=watch, answers=change.answers, sample_us=change.sample_us)
