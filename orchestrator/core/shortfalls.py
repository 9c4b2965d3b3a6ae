"""What was measured and watched, against what the drill wants of it: each way in which it falls short, or is not known.

Part of `orchestrator.core.findings`.
"""

from collections.abc import Iterator
from itertools import pairwise

from orchestrator.core.events import WatchFinished
from orchestrator.core.history import History
from orchestrator.core.model import Outcome, Phase, Severity
from orchestrator.core.plan import Plan
from orchestrator.core.reach import find_reach, is_newer, on_wall_clock
from orchestrator.core.results import Finding, FindingCode, Instant, Measurements, Quantity, Weight, found_out
from orchestrator.core.watching import Watched


def shortfalls(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    """Objectives, commits, watches, the disruption, and the continuity of a service that must not stop."""
    yield from _dates(plan, history, measurements)
    yield from _objectives(plan, measurements)
    yield from _components(plan, measurements)
    yield from _commits(plan, measurements)
    yield from _watches(plan, history, measurements)
    yield from _disruption(plan, history, measurements)
    yield from _continuity(plan, measurements)


def _objectives(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    wanted = (
        (
            Quantity.RTO,
            plan.drill.objectives.rto,
            FindingCode.RTO_MISSED,
            FindingCode.RTO_NOT_MEASURED,
        ),
        (
            Quantity.RPO,
            plan.drill.objectives.rpo,
            FindingCode.RPO_MISSED,
            FindingCode.RPO_NOT_MEASURED,
        ),
        (
            Quantity.DECISION,
            plan.drill.objectives.decision,
            FindingCode.DECISION_MISSED,
            FindingCode.DECISION_NOT_MEASURED,
        ),
    )
    for quantity, objective, missed, unmeasured in wanted:
        found = measurements.quantity(quantity)
        if objective is None or (found is not None and found.met is True):
            continue
        if found is not None and found.met is False:
            yield found_out(missed, quantity, Weight.FAILED, lines=found.lines)
        else:
            yield found_out(
                unmeasured,
                quantity,
                Weight.INCONCLUSIVE,
                lines=found.lines if found else (),
            )


def _components(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    """Each component kept its own time, and is known to have: one that was never seen to go was never rebuilt."""
    for watch in plan.drill.watch:
        found = measurements.component(watch.id)
        if watch.component is None or (found is not None and found.met is True):
            continue
        missed = found is not None and found.met is False
        code = FindingCode.COMPONENT_RTO_MISSED if missed else FindingCode.COMPONENT_RTO_NOT_MEASURED
        weight = Weight.FAILED if missed else Weight.INCONCLUSIVE
        yield found_out(code, watch.id, weight, lines=found.lines if found else ())


def _dates(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    """Nothing that was restored can be newer than the disaster: then its date is wrong, or it was not restored."""
    measured, disaster = history.before_interruption(), measurements.instant(Instant.DISASTER)
    reach = find_reach(plan, measured)
    if reach is not None and disaster is not None and is_newer(reach, disaster=on_wall_clock(disaster, measured)):
        yield found_out(FindingCode.NEWER_THAN_DISASTER, reach.subject, Weight.FAILED, lines=reach.lines)


def _commits(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    counted = measurements.quantity(Quantity.LOST_COMMITS)
    if plan.drill.objectives.lost_commits is not None and (counted is None or counted.met is not True):
        code = FindingCode.COMMITS_LOST if counted else FindingCode.COMMITS_NOT_COUNTED
        weight = Weight.FAILED if counted else Weight.INCONCLUSIVE
        yield found_out(code, Quantity.LOST_COMMITS, weight, lines=counted.lines if counted else ())
    rules = (
        (Quantity.HOLES, FindingCode.COMMITS_WITH_HOLES),
        (Quantity.UNSENT, FindingCode.COMMITS_FOREIGN),
    )
    for quantity, code in rules:
        found = measurements.quantity(quantity)
        if found is not None and found.value.lower > 0:
            yield found_out(
                code,
                quantity,
                Weight.FAILED,
                detail=str(found.value.lower),
                lines=found.lines,
            )


def _watches(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    for watch in _missing_watches(plan, history, measurements):
        yield found_out(FindingCode.WATCH_MISSING, watch, Weight.INCONCLUSIVE)


def _missing_watches(plan: Plan, history: History, measurements: Measurements) -> list[str]:
    """A watch that is not closed, or that fell silent before everything was verified, did not watch the run."""
    closed = {line.event.watch for line in history.of(WatchFinished) if line.event.samples > 0}
    seen_us = {stretch.watch: stretch.finished_us for stretch in measurements.availability}
    passed = measurements.instant(Instant.CHECKS_PASSED)
    heard_us = passed.at.lower if passed else 0
    return [w.id for w in plan.drill.watch if w.id not in closed or seen_us.get(w.id, 0) < heard_us]


def _disruption(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    """What is not seen to stop may never have stopped: that it did is then the playbook's word alone.

    Where nothing was to be stopped, or the disruption itself or the watch is in doubt, there is nothing to add.
    """
    disaster, acts = measurements.instant(Instant.DISASTER), plan.drill.of_phase(Phase.DISRUPT)
    if disaster is None or not acts or not plan.drill.watch:
        return
    done = {r.step for r in measurements.steps if r.outcome is Outcome.OK}
    if any(act.id not in done and act.severity is Severity.BLOCKING for act in acts):
        return
    missing = _missing_watches(plan, history, measurements)
    for code, watch in _unseen(plan, measurements):
        if watch not in missing:
            yield found_out(code, watch, Weight.INCONCLUSIVE, lines=disaster.lines)


def _unseen(plan: Plan, measurements: Measurements) -> Iterator[tuple[FindingCode, str]]:
    """The watches that had to see something stop and did not: of the service, unless it must go on, and of its part."""
    principal, lost = plan.drill.watch[0].id, [w.id for w in plan.drill.watch if w.of is Watched.LOST_PART]
    if plan.drill.objectives.interruption is None:
        if measurements.instant(Instant.DETECTED) is None:
            yield FindingCode.DISRUPTION_NOT_SEEN, principal
    elif not lost:
        yield FindingCode.DISRUPTION_NOT_PROVED, principal
    for watch in lost:
        if not _seen_to_stop(watch, measurements):
            yield FindingCode.DISRUPTION_NOT_PROVED, watch


def _seen_to_stop(watch: str, measurements: Measurements) -> bool:
    """Whether an answer is followed by a question without one that was asked after the disruption began."""
    begun = [r.started_us for r in measurements.steps if r.phase is Phase.DISRUPT and r.started_us is not None]
    passed = measurements.instant(Instant.CHECKS_PASSED)
    until_us = passed.at.lower if passed else measurements.ended_us
    stretches = [stretch for stretch in measurements.availability if stretch.watch == watch]
    return any(
        before.answers and not after.answers and min(begun, default=until_us) <= after.started_us <= until_us
        for before, after in pairwise(stretches)
    )


def _continuity(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    """A service that must not stop was kept up as far as the drill says, and is known to have been."""
    objectives = plan.drill.objectives
    wanted = (
        (Quantity.LONGEST_INTERRUPTION, objectives.interruption),
        (Quantity.FAILED_REQUESTS, objectives.failed_requests),
    )
    for quantity, objective in wanted:
        found = measurements.quantity(quantity)
        if objective is None or (found is not None and found.met is True):
            continue
        broken = found is not None and found.met is False
        code = FindingCode.CONTINUITY_BROKEN if broken else FindingCode.CONTINUITY_NOT_MEASURED
        weight = Weight.FAILED if broken else Weight.INCONCLUSIVE
        yield found_out(code, quantity, weight, lines=found.lines if found else ())
