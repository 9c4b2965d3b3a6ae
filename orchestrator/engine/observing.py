"""Watches and canary around the drill: started before it, closed after it, their files bound into the journal."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from orchestrator.core.events import CanaryFinished, CanaryRead, CanaryStarted, WatchFinished, WatchStarted
from orchestrator.core.ports import Observer, Series, Stop, Survivors
from orchestrator.core.watching import CANARY, CanaryDefinition, WatchDefinition
from orchestrator.engine.act import Actor
from orchestrator.errors import RepriseError, StoreError

READ_TIMEOUT_US = 30_000_000
"""How long reading the markers back may take."""

CANARY_FILE = f"{CANARY}.csv"
"""Within the run's `samples/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What runs in the background while a drill is exercised."""

    actor: Actor
    stop: Stop
    begun_us: int

    def lead(self) -> bool:
        """Wait until the canary has run for as long as the drill wants; false where a stop came first."""
        canary = self.actor.plan.drill.canary
        run_us = self.actor.bench.clock.monotonic_us() - self.begun_us
        if canary is not None and canary.lead > run_us:
            self.stop.wait(canary.lead - run_us)
        return not self.stop.requested

    def settle(self) -> None:
        """Go on watching for as long as the service must stay up to count as back."""
        drill = self.actor.plan.drill
        if drill.watch:
            self.stop.wait(drill.stable_for + 2 * max(watch.every for watch in drill.watch))

    @contextmanager
    def read_back(self) -> Iterator[None]:
        """Read the canary's markers beside whatever is done within."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="canary") as pool:
            reading = pool.submit(read_canary, self.actor, self_test=False)
            yield
        reading.result()


@contextmanager
def observing(actor: Actor, *, stop: Stop) -> Iterator[Observation]:
    """Run the drill's watches and canary around a block, and bind their files into the journal at its end."""
    with ExitStack() as stack:
        begun_us = actor.bench.clock.monotonic_us()
        if actor.plan.drill.canary is not None:
            stack.enter_context(_canary(actor))
        for watch in actor.plan.drill.watch:
            stack.enter_context(_watch(actor, watch))
        yield Observation(actor=actor, stop=stop, begun_us=begun_us)


def read_canary(actor: Actor, *, self_test: bool) -> bool:
    """Read the markers back, journal the answer, and return whether any marker was found."""
    definition, bench = actor.plan.drill.canary, actor.bench
    if definition is None:
        return False
    started_us = bench.clock.monotonic_us()
    resolved = definition.model_copy(update={"read": actor.content.resolve(definition.read)})
    survivors = _survivors(actor, resolved)
    event = CanaryRead(
        self_test=self_test,
        answered=survivors.answered,
        survivors=survivors.ranges,
        fault=survivors.fault[:300],
        started_us=started_us,
        finished_us=bench.clock.monotonic_us(),
    )
    bench.journal.append(event)
    return bool(survivors.ranges)


def _survivors(actor: Actor, definition: CanaryDefinition) -> Survivors:
    try:
        observers = actor.bench.observers
        return observers.read_canary(definition, run_id=actor.plan.run_id, timeout_us=READ_TIMEOUT_US)
    except RepriseError as error:
        return Survivors(answered=False, ranges=(), fault=str(error))


@contextmanager
def _canary(actor: Actor) -> Iterator[None]:
    definition, bench = actor.plan.drill.canary, actor.bench
    if definition is None:
        yield
        return
    resolved = definition.model_copy(update={"with_": actor.content.resolve(definition.with_)})
    file = actor.content.samples / CANARY_FILE
    observer = bench.observers.canary(resolved, run_id=actor.plan.run_id, file=file)
    try:
        bench.journal.append(CanaryStarted(every_us=definition.every))
        yield
    finally:
        series = _closed(observer)
        if series is not None:
            acknowledged = series.count - series.failures
            bench.journal.append(
                CanaryFinished(sent=series.count, acknowledged=acknowledged, file=series.file, sha256=series.sha256)
            )


@contextmanager
def _watch(actor: Actor, definition: WatchDefinition) -> Iterator[None]:
    bench = actor.bench
    resolved = definition.model_copy(update={"with_": actor.content.resolve(definition.with_)})
    file = actor.content.samples / f"{definition.id}.csv"
    observer = bench.observers.watch(resolved, file=file, record=bench.journal.append)
    try:
        bench.journal.append(WatchStarted(watch=definition.id, every_us=definition.every))
        yield
    finally:
        series = _closed(observer)
        if series is not None:
            bench.journal.append(
                WatchFinished(
                    watch=definition.id,
                    samples=series.count,
                    failures=series.failures,
                    late=series.late,
                    file=series.file,
                    sha256=series.sha256,
                )
            )


def _closed(observer: Observer) -> Series | None:
    """The observer's closed series; None where it died, and then what it was to prove is missing in the verdict."""
    try:
        return observer.finish()
    except StoreError:
        raise
    except RepriseError:
        return None
