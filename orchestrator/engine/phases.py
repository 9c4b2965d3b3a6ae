"""The steps of one phase: side by side where nothing orders them, each after what it needs."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from orchestrator.core.events import PhaseFinished, PhaseStarted
from orchestrator.core.model import Outcome, Phase, Severity
from orchestrator.core.ports import JournalWriter, Stop
from orchestrator.core.step_definition import Step

Do = Callable[[Step], Outcome]


def run_phase(
    phase: Phase, steps: Iterable[Step], *, do: Do, journal: JournalWriter, stop: Stop, done: dict[str, Outcome]
) -> bool:
    """Do the steps of a phase and return whether every blocking one is ok.

    A step whose need is not ok is left out (it stays unknown), but in cleanup, where `needs` is only an order: what
    can still be cleaned is cleaned. After a stop no step is begun.

    Args:
        phase: Which phase this is.
        steps: Its steps.
        do: Carries out one step; called from several threads.
        journal: Where the phase's start is written; the caller writes its end.
        stop: No step begins once it is requested.
        done: The outcomes so far, by step; this phase's are added.
    """
    journal.append(PhaseStarted(phase=phase))
    waiting = list(steps)
    wanted = [step.id for step in waiting if step.severity is Severity.BLOCKING]
    with ThreadPoolExecutor(max_workers=max(1, len(waiting)), thread_name_prefix=phase) as pool:
        _run_all(waiting, pool=pool, do=do, stop=stop, done=done, ordered_only=phase is Phase.CLEANUP)
    return all(done.get(step) is Outcome.OK for step in wanted)


def finish_phase(phase: Phase, *, journal: JournalWriter) -> None:
    """Write that a phase is over."""
    journal.append(PhaseFinished(phase=phase))


def _run_all(
    waiting: list[Step],
    *,
    pool: ThreadPoolExecutor,
    do: Do,
    stop: Stop,
    done: dict[str, Outcome],
    ordered_only: bool,
) -> None:
    here = {step.id for step in waiting}
    running: dict[Future[Outcome], Step] = {}
    while True:
        for step in [s for s in waiting if _ready(s, done=done, here=here, ordered_only=ordered_only)]:
            waiting.remove(step)
            if not stop.requested:
                running[pool.submit(do, step)] = step
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            done[running.pop(future).id] = future.result()


def _ready(step: Step, *, done: dict[str, Outcome], here: set[str], ordered_only: bool) -> bool:
    if ordered_only:
        return all(need in done for need in step.needs if need in here)
    return all(done.get(need) is Outcome.OK for need in step.needs)
