"""Every reason that keeps a run from a plain pass, found over the plan: what is missing is a reason like any other."""

from collections.abc import Iterator, Sequence

from orchestrator.core.choose import is_as_chosen
from orchestrator.core.drill import Choice, RecoveryPointChoice
from orchestrator.core.erasures import erasures_forgotten
from orchestrator.core.events import (
    CanaryRead,
    ClockMeasured,
    GuardDecided,
    GuardObserved,
    PersonAnswered,
    PersonAsked,
    PersonDecision,
    RecoveryPointObserved,
    RecoveryPointTaken,
    RunFinished,
    RunInterrupted,
    StopRequested,
)
from orchestrator.core.guard import decide
from orchestrator.core.history import History
from orchestrator.core.model import Outcome, Phase, Severity
from orchestrator.core.plan import Plan, RecoveryPoint
from orchestrator.core.results import (
    CheckResult,
    Finding,
    FindingCode,
    Measurements,
    StepResult,
    Weight,
    found_out,
)
from orchestrator.core.shortfalls import shortfalls
from orchestrator.core.step_definition import PersonStep, ProbeStep

CLOCK_DRIFT_US = 100_000
"""How far a host's clock may move during a run, beyond both measurements' errors, before it is called a jump."""

CLOCK_OFF_US = 1_000_000
"""How far a host's clock may be from ours, beyond the measurement's error: more, and what it dates (logs, backups)
cannot be set beside what others date (ISO/IEC 27001:2022, A.8.17, clock synchronisation)."""

_STEP_CODES = {
    Phase.PREPARE: (FindingCode.PREPARATION_FAILED, Weight.INCONCLUSIVE),
    Phase.DISRUPT: (FindingCode.DISRUPTION_FAILED, Weight.INCONCLUSIVE),
    Phase.RECOVER: (FindingCode.RECOVERY_FAILED, Weight.FAILED),
    Phase.VERIFY: (FindingCode.CHECK_FAILED, Weight.FAILED),
    Phase.CLEANUP: (FindingCode.CLEANUP_FAILED, Weight.GAP),
}

_ANSWER_CODES = {
    PersonDecision.REFUSED: FindingCode.APPROVAL_REFUSED,
    PersonDecision.NOT_DONE: FindingCode.TASK_NOT_DONE,
}


def refusal(history: History) -> Iterator[Finding]:
    """Each reason for which the guard did not allow the run; none where it did."""
    # The first decision: a refusal after an interruption only keeps `reprise recover` from cleaning up.
    decision = next(history.of(GuardDecided), None)
    if decision is not None and not decision.event.allowed:
        for reason in decision.event.reasons or ("",):
            yield found_out(
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
    yield from _steps(plan, history, measurements)
    for check in measurements.checks:
        yield from _proof(check, tried=history.answer(check.check, self_test=True) is not None)
    yield from _canary_proof(plan, history)
    yield from shortfalls(plan, history, measurements)
    yield from _clocks(plan, history)


def _ending(history: History) -> Iterator[Finding]:
    for stop in history.of(StopRequested):
        yield found_out(
            FindingCode.STOP_REQUESTED,
            stop.event.reason,
            Weight.ABORTED,
            lines=(stop.seq,),
        )
    for cut in history.of(RunInterrupted):
        yield found_out(FindingCode.RUN_INTERRUPTED, "", Weight.ABORTED, lines=(cut.seq,))
    if history.last(GuardDecided) is None or history.last(RunFinished) is None:
        yield found_out(FindingCode.NOT_FINISHED, "", Weight.ABORTED)


def _permission(plan: Plan, history: History) -> Iterator[Finding]:
    """The guard's own answers must allow what it decided: its word alone opens nothing."""
    decision = next(history.of(GuardDecided))
    answers = [line.event for line in history.of(GuardObserved) if line.seq < decision.seq]
    for reason in decide(plan, answers).reasons:
        yield found_out(FindingCode.GUARD_NOT_PROVED, reason, Weight.ABORTED, lines=(decision.seq,))


def _recovery_point(plan: Plan, history: History) -> Iterator[Finding]:
    choice = plan.drill.recovery_point
    if choice is None:
        return
    taken = [line.event.point for line in history.of(RecoveryPointTaken)]
    restored = taken if choice.choose is Choice.TAKEN_IN_PREPARE else plan.pinned_points
    if not restored:
        detail = plan.recovery_point_fault or ""
        yield found_out(
            FindingCode.NO_RECOVERY_POINT,
            choice.catalogue,
            Weight.INCONCLUSIVE,
            detail=detail,
        )
    elif not is_as_chosen(plan, restored=restored):
        yield found_out(FindingCode.RECOVERY_POINT_NOT_AS_CHOSEN, choice.catalogue, Weight.INCONCLUSIVE)
    yield from _seen_again(restored, choice, history)
    if erasures_forgotten(plan):
        yield found_out(FindingCode.ERASURES_FORGOTTEN, choice.catalogue, Weight.GAP)


def _seen_again(restored: Sequence[RecoveryPoint], choice: RecoveryPointChoice, history: History) -> Iterator[Finding]:
    """Each point must have been seen just before its use, the same as when it was written down."""
    last = {line.event.id: line for line in history.of(RecoveryPointObserved)}
    changed = [line.seq for line in last.values() if not line.event.matches]
    if changed or not last or not {point.id for point in restored} <= last.keys():
        yield found_out(
            FindingCode.RECOVERY_POINT_CHANGED,
            choice.catalogue,
            Weight.INCONCLUSIVE,
            lines=tuple(changed),
        )


def _steps(plan: Plan, history: History, measurements: Measurements) -> Iterator[Finding]:
    for result in measurements.steps:
        if result.outcome is Outcome.OK:
            continue
        step = plan.drill.step(result.step)
        code, weight = _step_code(result, check=isinstance(step, ProbeStep))
        if isinstance(step, PersonStep) and step.phase is not Phase.CLEANUP:
            code = _person_code(step, result, history) or code
        minor = step.severity is Severity.MINOR
        yield found_out(
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


def _person_code(step: PersonStep, result: StepResult, history: History) -> FindingCode | None:
    """What became of a question to a person; None where it is said as of any other step."""
    asked, answers = history.of_step(PersonAsked, step.id), history.of_step(PersonAnswered, step.id)
    if answers:
        return _ANSWER_CODES.get(answers[-1].event.decision)
    over = bool(asked) and result.finished_us is not None and result.finished_us >= asked[-1].event.until_us
    return FindingCode.NOBODY_ANSWERED if over else None


def _proof(check: CheckResult, *, tried: bool) -> Iterator[Finding]:
    """A check that was not seen to fail where it must proves nothing when it passes; else it is a finding already.

    One that was seen to pass there, or that nothing could be learned of, is always named: after prepare it is the
    reason why the drill went no further.
    """
    if check.can_fail is True or (check.can_fail is None and check.outcome is not Outcome.OK and not tried):
        return
    weight = Weight.INCONCLUSIVE if check.severity is Severity.BLOCKING else Weight.GAP
    code = FindingCode.SELF_TEST_MISSING if check.can_fail is None else FindingCode.CHECK_CANNOT_FAIL
    yield found_out(code, check.check, weight, detail=check.self_test_reason, lines=check.lines)


def _canary_proof(plan: Plan, history: History) -> Iterator[Finding]:
    """Markers that can be read before the restore were not restored: reading them back proves nothing."""
    if plan.drill.canary is None:
        return
    read = [line for line in history.of(CanaryRead) if not line.event.self_test and line.event.answered]
    tests = [line for line in history.of(CanaryRead) if line.event.self_test]
    # What was not read back is missing in the RPO already.
    if not tests and read:
        yield found_out(FindingCode.SELF_TEST_MISSING, "canary", Weight.INCONCLUSIVE)
    elif tests and tests[-1].event.survivors:
        yield found_out(FindingCode.CHECK_CANNOT_FAIL, "canary", Weight.INCONCLUSIVE, lines=(tests[-1].seq,))


def _clocks(plan: Plan, history: History) -> Iterator[Finding]:
    measured = {(line.event.host, line.event.moment): line for line in history.of(ClockMeasured)}
    for host in plan.hosts:
        before, after = (
            measured.get((host.name, "before")),
            measured.get((host.name, "after")),
        )
        if before is None or after is None:
            yield found_out(FindingCode.CLOCK_NOT_MEASURED, host.name, Weight.GAP)
            continue
        lines = (before.seq, after.seq)
        moved = abs(after.event.offset_us - before.event.offset_us)
        if moved > before.event.error_us + after.event.error_us + CLOCK_DRIFT_US:
            yield found_out(FindingCode.CLOCK_JUMPED, host.name, Weight.GAP, detail=f"{moved} us", lines=lines)
        off = max(abs(seen.event.offset_us) - seen.event.error_us for seen in (before, after))
        if off > CLOCK_OFF_US:
            yield found_out(FindingCode.CLOCK_OFF, host.name, Weight.GAP, detail=f"{off} us", lines=lines)
