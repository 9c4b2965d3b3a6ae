"""Finishes a run whose orchestrator died: ends what it left running, cleans the targets, closes the journal."""

from datetime import datetime

from orchestrator.core.events import GuardDecided, RunFinished, RunInterrupted
from orchestrator.core.history import History
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Stop
from orchestrator.engine.act import Actor, Bench, Content
from orchestrator.engine.guarding import guarded, measure_clocks
from orchestrator.engine.run import clean_up, unclean


def recover(
    plan: Plan, history: History, *, bench: Bench, content: Content, boot_id: str, now: datetime, stop: Stop
) -> tuple[str, ...]:
    """Bring an interrupted run to its end. Never goes on with the drill itself.

    The guard is asked again before anything is cleaned: the hosts may have become others since.

    Args:
        plan: The run's own plan, as it was sealed.
        history: What was acknowledged before the orchestrator died.
        bench: What is acted through; its journal goes on where the old one ends.
        content: Where the plan's files are now.
        boot_id: Of this machine, now: monotonic readings of another boot are not comparable.
        now: The wall clock.
        stop: Ends the cleanup.

    Returns:
        What was found still running, and was ended.

    Raises:
        StoreError: The journal could not be written; the cleanup was tried all the same.
        UncleanError: `stop` was requested. The run is still interrupted.
    """
    bench.journal.append(RunInterrupted(boot_id=boot_id, recovered_at=now))
    ended: tuple[str, ...] = ()
    touched = any(line.event.allowed for line in history.of(GuardDecided))
    if touched and guarded(plan, bench=bench):
        ended = bench.playbooks.sweep(run_id=plan.run_id, hosts=plan.hosts)
        actor = Actor(plan=plan, bench=bench, content=content, seen={})
        clean_up(actor, stop=stop, done={})
        measure_clocks(plan, bench=bench, moment="after")
        if stop.requested:
            raise unclean(plan)
    bench.journal.append(RunFinished())
    return ended
