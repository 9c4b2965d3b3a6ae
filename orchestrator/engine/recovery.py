"""Finishes a run whose orchestrator died: ends what it left running, cleans the targets, closes the journal."""

from datetime import datetime

from orchestrator.core.events import GuardDecided, RunFinished, RunInterrupted, RunStarted, StopRequested
from orchestrator.core.history import History
from orchestrator.core.plan import Plan
from orchestrator.core.ports import JournalWriter, Stop
from orchestrator.engine.act import Actor, Content
from orchestrator.engine.bench import Bench
from orchestrator.engine.guarding import ask_guard, measure_clocks
from orchestrator.engine.run import clean_up, unclean
from orchestrator.errors import UncleanError

GIVEN_UP = "the cleanup was given up"
"""Why a run is closed that nobody could clean up. In the journal, so that nobody takes its targets for clean."""


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
        UncleanError: The guard refused (a host is away, or has become another one), or `stop` was requested. The run
            is still interrupted, so that it can be recovered later.
    """
    bench.journal.append(RunInterrupted(boot_id=boot_id, recovered_at=now))
    barred = tuple(line.event.requester for line in history.of(RunStarted))
    actor = Actor(plan=plan, bench=bench, content=content, seen={}, barred=barred)
    ended = _clean(actor, stop=stop) if _touched(history) else ()
    bench.journal.append(RunFinished())
    return ended


def give_up(history: History, *, journal: JournalWriter, boot_id: str, now: datetime) -> None:
    """Close an interrupted run for good without reaching any host: what it left there stays, and the journal says so.

    Raises:
        StoreError: The journal could not be written.
    """
    journal.append(RunInterrupted(boot_id=boot_id, recovered_at=now))
    if _touched(history):
        journal.append(StopRequested(reason=GIVEN_UP))
    journal.append(RunFinished())


def _touched(history: History) -> bool:
    """Whether the guard ever let the run at its targets."""
    return any(line.event.allowed for line in history.of(GuardDecided))


def _clean(actor: Actor, *, stop: Stop) -> tuple[str, ...]:
    plan, bench = actor.plan, actor.bench
    decision = ask_guard(plan, bench=bench)
    if not decision.allowed:
        raise _refused(plan, decision)
    ended = bench.playbooks.sweep(run_id=plan.run_id, hosts=plan.hosts)
    clean_up(actor, stop=stop, done={})
    measure_clocks(plan, bench=bench, moment="after")
    if stop.requested:
        raise unclean(plan)
    return ended


def _refused(plan: Plan, decision: GuardDecided) -> UncleanError:
    """What is said of targets that may still hold what was restored, and may not be touched now."""
    answers = "; ".join(decision.reasons)
    return UncleanError(
        f"{plan.run_id}: its targets are not cleaned up, the guard refuses: {answers}",
        hint="run `reprise recover` again when the host is back as it was; "
        f"where it never comes back, `reprise recover --give-up {plan.run_id}` closes the run as not clean",
    )
