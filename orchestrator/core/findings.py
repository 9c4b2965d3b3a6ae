"""Every reason that keeps a run from a plain pass, found over the plan: what is missing is a reason like any other."""

from collections.abc import Iterator
from itertools import pairwise

from orchestrator.core.drill import PlaybookStep, RecoveryPointChoice, Watched
from orchestrator.core.events import (
    CanaryRead,
    ClockMeasured,
    GuardDecided,
    GuardObserved,
    RecoveryPointObserved,
    RunFinished,
    RunInterrupted,
    StopRequested,
    WatchFinished,
)
from orchestrator.core.guard import decide
from orchestrator.core.history import History
from orchestrator.core.model import Outcome, Phase, Severity
from orchestrator.core.plan import Plan
from orchestrator.core.results import (
    CheckResult,
    Finding,
    FindingCode,
    Instant,
    Measurements,
    Quantity,
    StepResult,
    Weight,
)

CLOCK_DRIFT_US = 100_000
"""How far a host's clock may move during a run, beyond both measurements' errors, before it is called a jump."""

_STEP_CODES = {
    Phase.PREPARE: (FindingCode.PREPARATION_FAILED, Weight.INCONCLUSIVE),
    Phase.DISRUPT: (FindingCode.DISRUPTION_FAILED, Weight.INCONCLUSIVE),
    Phase.RECOVER: (FindingCode.RECOVERY_FAILED, Weight.FAILED),
    Phase.VERIFY: (FindingCode.CHECK_FAILED, Weight.FAILED),
    Phase.CLEANUP: (FindingCode.CLEANUP_FAILED, Weight.GAP),
}


def refusal(history: History) -> Iterator[Finding]:
    """Each reason for which the guard did not allow the run; none where it did."""
    # The first decision: a refusal after an interruption only keeps `reprise recover` from cleaning up.
    decision = next(history.of(GuardDecided), None)
    if decision is not None and not decision.event.allowed:
        for reason in decision.event.reasons or ("",):
            yield _finding(
                FindingCode.REFUSED_BY_GUARD,
                reason,
                Weight.ABORTED,
                lines=(decision.seq,),
            )


def findings(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    """Every reason in a run that the guard allowed, or that ended before it was asked."""
    yield from _ending(history)
    if history.last(GuardDecided) is None:
        return  # Nothing was touched, so nothing was proved and nothing is left to clean.
    yield from _permission(plan, history)
    yield from _recovery_point(plan, history)
    yield from _steps(plan, measurements)
    for check in measurements.checks:
        yield from _proof(check)
    yield from _canary_proof(plan, history)
    yield from _objectives(plan, measurements)
    yield from _commits(plan, measurements)
    yield from _watches(plan, history, measurements)
    yield from _disruption(plan, history, measurements)
    yield from _continuity(plan, measurements)
    yield from _clocks(plan, history)


def _ending(history: History) -> Iterator[Finding]:
    for stop in history.of(StopRequested):
        yield _finding(
            FindingCode.STOP_REQUESTED,
            stop.event.reason,
            Weight.ABORTED,
            lines=(stop.seq,),
        )
    for cut in history.of(RunInterrupted):
        yield _finding(FindingCode.RUN_INTERRUPTED, "", Weight.ABORTED, lines=(cut.seq,))
    if history.last(GuardDecided) is None or history.last(RunFinished) is None:
        yield _finding(FindingCode.NOT_FINISHED, "", Weight.ABORTED)


def _permission(plan: Plan, history: History) -> Iterator[Finding]:
    """The guard's own answers must allow what it decided: its word alone opens nothing."""
    decision = next(history.of(GuardDecided))
    answers = [line.event for line in history.of(GuardObserved) if line.seq < decision.seq]
    for reason in decide(plan, answers).reasons:
        yield _finding(FindingCode.GUARD_NOT_PROVED, reason, Weight.ABORTED, lines=(decision.seq,))


def _recovery_point(plan: Plan, history: History) -> Iterator[Finding]:
    choice = plan.drill.recovery_point
    if choice is None:
        return
    if plan.recovery_point is None:
        detail = plan.recovery_point_fault or ""
        yield _finding(
            FindingCode.NO_RECOVERY_POINT,
            choice.catalogue,
            Weight.INCONCLUSIVE,
            detail=detail,
        )
    yield from _pinned(choice, history)


def _pinned(choice: RecoveryPointChoice, history: History) -> Iterator[Finding]:
    observed = history.last(RecoveryPointObserved)
    if observed is None or not observed.event.matches:
        lines = (observed.seq,) if observed else ()
        yield _finding(
            FindingCode.RECOVERY_POINT_CHANGED,
            choice.catalogue,
            Weight.INCONCLUSIVE,
            lines=lines,
        )


def _steps(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    for result in measurements.steps:
        if result.outcome is Outcome.OK:
            continue
        step = plan.drill.step(result.step)
        code, weight = _step_code(result, check=not isinstance(step, PlaybookStep))
        minor = step.severity is Severity.MINOR
        yield _finding(
            code,
            result.step,
            Weight.GAP if minor else weight,
            detail=result.reason,
            lines=result.lines,
        )


def _step_code(result: StepResult, *, check: bool) -> tuple[FindingCode, Weight]:
    code, weight = _STEP_CODES[result.phase]
    if result.outcome is Outcome.FAILED or result.phase is Phase.CLEANUP:
        return code, weight
    unknown = FindingCode.CHECK_UNKNOWN if check and result.phase is Phase.VERIFY else FindingCode.STEP_UNKNOWN
    return unknown, Weight.INCONCLUSIVE


def _proof(check: CheckResult) -> Iterator[Finding]:
    """A check that was not seen to fail where it must proves nothing when it passes; else it is a finding already.

    One that was seen to pass there is always named: after prepare it is the reason why the drill went no further.
    """
    if check.can_fail is True or (check.can_fail is None and check.outcome is not Outcome.OK):
        return
    weight = Weight.INCONCLUSIVE if check.severity is Severity.BLOCKING else Weight.GAP
    code = FindingCode.SELF_TEST_MISSING if check.can_fail is None else FindingCode.CHECK_CANNOT_FAIL
    yield _finding(code, check.check, weight, detail=check.self_test_reason, lines=check.lines)


def _canary_proof(plan: Plan, history: History) -> Iterator[Finding]:
    """Markers that can be read before the restore were not restored: reading them back proves nothing."""
    if plan.drill.canary is None:
        return
    read = [line for line in history.of(CanaryRead) if not line.event.self_test and line.event.answered]
    tests = [line for line in history.of(CanaryRead) if line.event.self_test]
    # What was not read back is missing in the RPO already.
    if not tests and read:
        yield _finding(FindingCode.SELF_TEST_MISSING, "canary", Weight.INCONCLUSIVE)
    elif tests and tests[-1].event.survivors:
        yield _finding(FindingCode.CHECK_CANNOT_FAIL, "canary", Weight.INCONCLUSIVE, lines=(tests[-1].seq,))


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
    )
    for quantity, objective, missed, unmeasured in wanted:
        found = measurements.quantity(quantity)
        if objective is None or (found is not None and found.met is True):
            continue
        if found is not None and found.met is False:
            yield _finding(missed, quantity, Weight.FAILED, lines=found.lines)
        else:
            yield _finding(
                unmeasured,
                quantity,
                Weight.INCONCLUSIVE,
                lines=found.lines if found else (),
            )


def _commits(plan: Plan, measurements: Measurements) -> Iterator[Finding]:
    counted = measurements.quantity(Quantity.LOST_COMMITS)
    if plan.drill.objectives.lost_commits is not None and (counted is None or counted.met is not True):
        code = FindingCode.COMMITS_LOST if counted else FindingCode.COMMITS_NOT_COUNTED
        weight = Weight.FAILED if counted else Weight.INCONCLUSIVE
        yield _finding(code, Quantity.LOST_COMMITS, weight, lines=counted.lines if counted else ())
    rules = (
        (Quantity.HOLES, FindingCode.COMMITS_WITH_HOLES),
        (Quantity.UNSENT, FindingCode.COMMITS_FOREIGN),
    )
    for quantity, code in rules:
        found = measurements.quantity(quantity)
        if found is not None and found.value.lower > 0:
            yield _finding(
                code,
                quantity,
                Weight.FAILED,
                detail=str(found.value.lower),
                lines=found.lines,
            )


def _watches(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    for watch in _missing_watches(plan, history, measurements):
        yield _finding(FindingCode.WATCH_MISSING, watch, Weight.INCONCLUSIVE)


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
            yield _finding(code, watch, Weight.INCONCLUSIVE, lines=disaster.lines)


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
        yield _finding(code, quantity, weight, lines=found.lines if found else ())


def _clocks(plan: Plan, history: History) -> Iterator[Finding]:
    measured = {(line.event.host, line.event.moment): line for line in history.of(ClockMeasured)}
    for host in plan.hosts:
        before, after = (
            measured.get((host.name, "before")),
            measured.get((host.name, "after")),
        )
        if before is None or after is None:
            yield _finding(FindingCode.CLOCK_NOT_MEASURED, host.name, Weight.GAP)
            continue
        moved = abs(after.event.offset_us - before.event.offset_us)
        if moved > before.event.error_us + after.event.error_us + CLOCK_DRIFT_US:
            lines = (before.seq, after.seq)
            yield _finding(
                FindingCode.CLOCK_JUMPED,
                host.name,
                Weight.GAP,
                detail=f"{moved} us",
                lines=lines,
            )


def _finding(
    code: FindingCode,
    subject: str,
    weight: Weight,
    *,
    detail: str = "",
    lines: tuple[int, ...] = (),
) -> Finding:
    return Finding(code=code, subject=subject, weight=weight, detail=detail, lines=lines)
