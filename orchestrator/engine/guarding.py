"""What is asked before anything is touched: the guard's questions and the hosts' clocks."""

from typing import Literal

from orchestrator.core.events import GuardDecided
from orchestrator.core.guard import decide, screen
from orchestrator.core.plan import Plan
from orchestrator.engine.bench import Bench
from orchestrator.errors import SshError


def ask_guard(plan: Plan, *, bench: Bench) -> GuardDecided:
    """Ask every question of the guard, journal each answer and the decision, and return it."""
    observed = list(screen(plan))
    refused = any(not answer.ok for answer in observed)
    for answer in observed:
        bench.journal.append(answer)
    # What the declarations refuse is not even connected to.
    for host in () if refused else plan.hosts:
        for answer in bench.hosts.inspect(host, boundary=plan.boundary):
            bench.journal.append(answer)
            observed.append(answer)
    decision = decide(plan, observed)
    bench.journal.append(decision)
    return decision


def measure_clocks(plan: Plan, *, bench: Bench, moment: Literal["before", "after"]) -> None:
    """Measure the clock of every host. One that cannot be measured is missing in the journal: a gap in the report."""
    for host in plan.hosts:
        try:
            measured = bench.hosts.measure_clock(host, moment=moment)
        except SshError:
            continue
        bench.journal.append(measured)
