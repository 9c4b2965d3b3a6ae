"""Finishes runs whose orchestrator died: by cleaning up their targets, or without, where nobody can reach them."""

from orchestrator.adapters.inventory import InventoryHost
from orchestrator.adapters.system import boot_id
from orchestrator.app.answering import run_lock
from orchestrator.app.choices import own_rules
from orchestrator.app.running import Listener
from orchestrator.app.workplace import Workplace
from orchestrator.core.events import RunFinished
from orchestrator.core.history import History
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Stop
from orchestrator.engine import give_up, recover
from orchestrator.errors import UsageError
from orchestrator.locks import locked
from orchestrator.store import JournalFile, RunDirectory


def recover_run(workplace: Workplace, run: RunDirectory, *, told: Listener, stop: Stop) -> tuple[str, ...]:
    """Finish an interrupted run: clean up its targets and close its journal. Returns what was still running.

    Raises:
        LockedError: The run is not interrupted: its orchestrator lives, or another drill holds a target.
        UncleanError: The targets could not be cleaned up now; the run is still interrupted.
    """
    plan = run.read_plan()
    hosts = _hosts(workplace, plan)
    own = own_rules(workplace.project)
    people = workplace.people(plan.run_id, own=own)
    with (
        locked(_locks(plan), directory=workplace.project.locks, holder=f"recovery of {plan.run_id}"),
        workplace.connections(hosts, aliases=plan.aliases, parameters=plan.parameters) as connections,
        JournalFile(run, genesis=plan.digest, clock=workplace.clock, told=told) as journal,
        workplace.bench(plan.drill, journal=journal, connections=connections, people=people, own=own) as bench,
    ):
        history = History(run.read_journal(plan))
        if history.last(RunFinished) is not None:
            return ()  # It lived, and ended by itself before its locks were had.
        return recover(
            plan,
            history,
            bench=bench,
            content=workplace.content(plan.drill, samples=run.samples),
            boot_id=boot_id(),
            now=workplace.clock.now(),
            stop=stop,
        )


def give_up_run(workplace: Workplace, run: RunDirectory, *, told: Listener) -> None:
    """Close an interrupted run without its targets: they may be in no inventory any more.

    Raises:
        LockedError: The run is not interrupted: its orchestrator lives, or another drill holds a target.
        UsageError: The run is finished: there is nothing to give up.
    """
    plan = run.read_plan()
    with locked(_locks(plan), directory=workplace.project.locks, holder=f"giving up of {plan.run_id}"):
        history = History(run.read_journal(plan)) if run.journal.exists() else History(())
        if history.last(RunFinished) is not None:
            raise UsageError(f"{plan.run_id} was not interrupted", hint="`reprise runs` lists those that were")
        with JournalFile(run, genesis=plan.digest, clock=workplace.clock, told=told) as journal:
            give_up(history, journal=journal, boot_id=boot_id(), now=workplace.clock.now())


def _names(plan: Plan) -> set[str]:
    return {host.name for host in plan.hosts}


def _locks(plan: Plan) -> set[str]:
    """What a run that lives holds: its hosts, and itself where it asks people."""
    return _names(plan) | ({run_lock(plan.run_id)} if plan.drill.people_steps() else set())


def _hosts(workplace: Workplace, plan: Plan) -> tuple[InventoryHost, ...]:
    if not plan.hosts:
        return ()
    hosts = tuple(host for host in workplace.inventory.hosts if host.name in _names(plan))
    missing = _names(plan) - {host.name for host in hosts}
    if missing:
        hint = "put the hosts back into it; where they are gone for good, give the run up with `--give-up`"
        raise UsageError(f"{plan.run_id}: the inventory has no {', '.join(sorted(missing))} any more", hint=hint)
    return hosts
