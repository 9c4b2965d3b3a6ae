"""What is asked before anything is touched: the guard's questions, the hosts' clocks, the pinned recovery point."""

from typing import Literal

from orchestrator.core.events import GuardDecided, RecoveryPointObserved
from orchestrator.core.guard import decide, screen
from orchestrator.core.plan import Plan
from orchestrator.engine.bench import Bench
from orchestrator.errors import CatalogueError, SshError


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


def recovery_point_holds(plan: Plan, *, bench: Bench) -> bool:
    """Whether what is to be restored is still what the plan pinned. Asked before anything is broken."""
    choice = plan.drill.recovery_point
    if choice is None:
        return True
    if plan.recovery_point is None or bench.catalogue is None:
        return False
    digest = _manifest(plan, bench=bench)
    matches = digest is not None and digest == plan.recovery_point.manifest_sha256
    event = RecoveryPointObserved(id=plan.recovery_point.id, manifest_sha256=digest, matches=matches)
    bench.journal.append(event)
    return matches


def _manifest(plan: Plan, *, bench: Bench) -> str | None:
    choice, point = plan.drill.recovery_point, plan.recovery_point
    if choice is None or point is None or bench.catalogue is None:
        return None
    host = next((host for host in plan.hosts if choice.host in (host.name, *host.groups)), None)
    if host is None:
        return None
    try:
        return bench.catalogue.manifest_sha256(host, options=choice.with_, point=point.id)
    except (CatalogueError, SshError):
        return None
