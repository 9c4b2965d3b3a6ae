"""What is computed from a plan and a journal: steps, checks, timeline, measurements, judgement. Values only.

`orchestrator.core.measure` makes the first four, `orchestrator.core.verdict` the last one; a verifier makes them again.
`lines` are the journal's line numbers (from 0) that prove a value.
"""

from enum import StrEnum
from typing import Literal

from orchestrator.core.events import Values
from orchestrator.core.model import (
    Identifier,
    Interval,
    Outcome,
    Phase,
    Record,
    Severity,
    Verdict,
)
from orchestrator.errors import ExitCode

Lines = tuple[int, ...]


class StepResult(Record):
    """How one step of the plan ended, over all its attempts. Never begun: unknown, with no times."""

    step: Identifier
    phase: Phase
    outcome: Outcome
    attempts: int
    reason: str
    started_us: int | None
    finished_us: int | None
    lines: Lines


class CheckResult(Record):
    """What one check of phase verify saw, before there was anything to see and after."""

    check: str
    severity: Severity
    outcome: Outcome
    reason: str
    observed: Values
    expected: Values
    """Value by value what was wanted, in words: `= 0`, `>= 1`, or the earlier step's own value."""
    can_fail: bool | None
    """True: the self-test ran it where it had to fail, and it failed. None: the self-test never ran it."""
    self_test_reason: str
    lines: Lines


class Instant(StrEnum):
    """The instants of the timeline (DESIGN.md section 2)."""

    DISASTER = "t0"
    DETECTED = "t1"
    DECIDED = "t2"
    RECOVERY_BEGINS = "t3"
    SERVICE_ANSWERS = "t4"
    CHECKS_PASSED = "t5"
    NOMINAL = "t6"


class TimelinePoint(Record):
    """One instant on the monotonic clock of the run, in microseconds, with the basis it rests on."""

    instant: Instant
    at: Interval
    basis: str
    lines: Lines


class Quantity(StrEnum):
    """What is measured."""

    RTO = "rto"
    INTERRUPTION = "interruption"
    RPO = "rpo"
    LOST_COMMITS = "lost-commits"
    KEPT_COMMITS = "kept-commits"
    HOLES = "holes"
    UNSENT = "unsent"
    OWN_TIME = "own-time"
    LONGEST_INTERRUPTION = "longest-interruption"
    FAILED_REQUESTS = "failed-requests"
    REQUESTS = "requests"
    DECISION = "decision"


class Measurement(Record):
    """A value within its bounds: microseconds for durations, a count for the rest. `objective` in the same unit."""

    quantity: Quantity
    value: Interval
    unit: Literal["us", "commits", "requests"]
    objective: int | None
    met: bool | None
    """Whether the unfavourable end keeps the objective. None: there is no objective, or nothing bounds the value."""
    basis: str
    """A word that the report explains: `watch`, `canary`, `marker`, `catalogue`, `journal`, `person`."""
    lines: Lines


class Availability(Record):
    """One stretch of a watch's samples during which the answer was the same, for the curve of the report."""

    watch: Identifier
    answers: bool
    started_us: int
    finished_us: int
    samples: int


class Measurements(Record):
    """Everything that was measured. Instants are microseconds of one monotonic clock; `origin_us`: the first event."""

    origin_us: int
    ended_us: int
    steps: tuple[StepResult, ...]
    checks: tuple[CheckResult, ...]
    timeline: tuple[TimelinePoint, ...]
    measurements: tuple[Measurement, ...]
    availability: tuple[Availability, ...]

    def quantity(self, quantity: Quantity) -> Measurement | None:
        """The measurement of this quantity, or None where there is none."""
        return next((found for found in self.measurements if found.quantity is quantity), None)

    def instant(self, instant: Instant) -> TimelinePoint | None:
        """The point of the timeline, or None where it was not reached or not seen."""
        return next((point for point in self.timeline if point.instant is instant), None)


class FindingCode(StrEnum):
    """Why the verdict is not a plain pass. Each has a sentence in both languages in the report's catalogue."""

    REFUSED_BY_GUARD = "refused-by-guard"
    GUARD_NOT_PROVED = "guard-not-proved"
    STOP_REQUESTED = "stop-requested"
    RUN_INTERRUPTED = "run-interrupted"
    NOT_FINISHED = "not-finished"
    NO_RECOVERY_POINT = "no-recovery-point"
    RECOVERY_POINT_CHANGED = "recovery-point-changed"
    ERASURES_FORGOTTEN = "erasures-forgotten"
    RECOVERY_POINT_NOT_AS_CHOSEN = "recovery-point-not-as-chosen"
    PREPARATION_FAILED = "preparation-failed"
    DISRUPTION_FAILED = "disruption-failed"
    DISRUPTION_NOT_SEEN = "disruption-not-seen"
    DISRUPTION_NOT_PROVED = "disruption-not-proved"
    RECOVERY_FAILED = "recovery-failed"
    CHECK_FAILED = "check-failed"
    CHECK_UNKNOWN = "check-unknown"
    CHECK_CANNOT_FAIL = "check-cannot-fail"
    SELF_TEST_MISSING = "self-test-missing"
    STEP_UNKNOWN = "step-unknown"
    APPROVAL_REFUSED = "approval-refused"
    TASK_NOT_DONE = "task-not-done"
    NOBODY_ANSWERED = "nobody-answered"
    RTO_MISSED = "rto-missed"
    RTO_NOT_MEASURED = "rto-not-measured"
    RPO_MISSED = "rpo-missed"
    RPO_NOT_MEASURED = "rpo-not-measured"
    NEWER_THAN_DISASTER = "newer-than-disaster"
    DECISION_MISSED = "decision-missed"
    DECISION_NOT_MEASURED = "decision-not-measured"
    CONTINUITY_BROKEN = "continuity-broken"
    CONTINUITY_NOT_MEASURED = "continuity-not-measured"
    COMMITS_LOST = "commits-lost"
    COMMITS_NOT_COUNTED = "commits-not-counted"
    COMMITS_WITH_HOLES = "commits-with-holes"
    COMMITS_FOREIGN = "commits-foreign"
    WATCH_MISSING = "watch-missing"
    CLOCK_NOT_MEASURED = "clock-not-measured"
    CLOCK_JUMPED = "clock-jumped"
    CLOCK_OFF = "clock-off"
    CLEANUP_FAILED = "cleanup-failed"


class Weight(StrEnum):
    """What a finding makes of the verdict, from the lightest to the heaviest."""

    GAP = "gap"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    ABORTED = "aborted"


class Finding(Record):
    """One reason for the verdict: what, about which step, check or host, how heavy, and the lines that show it."""

    code: FindingCode
    subject: str
    weight: Weight
    detail: str = ""
    lines: Lines


def found_out(
    code: FindingCode,
    subject: str,
    weight: Weight,
    *,
    detail: str = "",
    lines: tuple[int, ...] = (),
) -> Finding:
    """A finding, from what is said of it in this order everywhere."""
    return Finding(code=code, subject=subject, weight=weight, detail=detail, lines=lines)


class Judgement(Record):
    """The verdict and every reason for it. `exit_code` is what the command returns."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    cleanup_failed: bool
    exit_code: ExitCode
