"""Starts watches and canaries as processes, and reads canaries back (`ports.Observers`)."""

import os
from functools import partial
from pathlib import Path
from pkgutil import resolve_name

from orchestrator.adapters.observers.child import ChildObserver
from orchestrator.adapters.observers.questions import CanaryQuestion, Changed, WatchQuestion
from orchestrator.adapters.observers.series import close_markers, close_samples
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import WatchChanged
from orchestrator.core.ports import CanaryTechnique, Observer, Record, Survivors
from orchestrator.core.watching import CanaryDefinition, WatchDefinition
from orchestrator.extensions import CANARIES, WATCHES, find_extension

_WATCH, _CANARY = "orchestrator.adapters.observers.watch", "orchestrator.adapters.observers.canary"
# A definition of a canary gives none; one that waits longer than this for an acknowledgement has lost its server.
_CANARY_TIMEOUT_US = 1_000_000


class ProcessObservers:
    """Observers in processes of their own. Definitions come with their connection strings resolved (`dsn`).

    Args:
        connections: SSH to the hosts of the drill, for canaries that write on a host.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def watch(self, definition: WatchDefinition, *, file: Path, record: Record) -> Observer:
        """Start a watch, and return once its first question was asked.

        Raises:
            UsageError: There is no watch for this probe.
            ProbeError: Its question makes no sense, or it did not start.
            StoreError: Its file cannot be written.
        """
        asker = find_extension(WATCHES, definition.probe)
        # Refused here, where a person is told, and not in a process that can only end.
        resolve_name(asker)(definition.with_, timeout_us=definition.timeout)
        question = WatchQuestion(
            asker=asker,
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
            UsageError: There is no canary for this probe.
            ProbeError: Its source makes no sense, or it did not start.
            StoreError: Its file cannot be written.
        """
        technique = find_extension(CANARIES, definition.probe)
        # As for a watch.
        self._made(technique).writer(definition.with_, run_id=run_id)
        question = CanaryQuestion(
            technique=technique,
            source=definition.with_,
            hosts=self._connections.hosts,
            known_hosts=self._connections.known_hosts,
            run_id=run_id,
            every_us=definition.every,
            timeout_us=_CANARY_TIMEOUT_US,
            file=file.absolute(),
            parent=os.getpid(),
        )
        observer = ChildObserver(
            name="canary",
            module=_CANARY,
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
        technique = self._made(find_extension(CANARIES, definition.probe))
        return technique.survivors(definition.read, run_id=run_id, timeout_us=timeout_us)

    def _made(self, technique: str) -> CanaryTechnique:
        made: CanaryTechnique = resolve_name(technique)(connections=self._connections)
        return made


def _nothing(change: Changed) -> None:
    """A canary says nothing while it runs: what it knows is what it wrote down."""
    del change


def _event(watch: str, change: Changed) -> WatchChanged:
    return WatchChanged(watch=watch, answers=change.answers, sample_us=change.sample_us)
