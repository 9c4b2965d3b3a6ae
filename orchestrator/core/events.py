"""The events of a journal: typed, in the past tense, one for each fact that the engine wrote down before it went on.

They hold counts, durations, digests and short words only: the journal is evidence and evidence holds no health data.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.model import (
    SHA256,
    Identifier,
    Microseconds,
    Moment,
    Outcome,
    Phase,
    Record,
    Scalar,
)
from orchestrator.core.plan import RecoveryPoint
from orchestrator.core.ssh_signature import Signature
from orchestrator.core.written import is_empty

ShortText = Annotated[str, Field(max_length=300)]
Values = dict[Annotated[str, Field(max_length=120)], Scalar]


class RunStarted(Record):
    """The first event. Who asked, why, under which change; on which boot the monotonic readings are comparable."""

    type: Literal["run_started"] = "run_started"
    run_id: str
    plan_sha256: SHA256
    requester: ShortText
    reason: ShortText = ""
    change: ShortText = ""
    boot_id: ShortText


class GuardCheck(StrEnum):
    """The questions that the guard asks of every target. Each must be answered yes."""

    DECLARED_STAGING = "declared-staging"
    NOT_ON_NEVER_LIST = "not-on-never-list"
    HOST_KEY_KNOWN = "host-key-known"
    MARKER_MATCHES = "marker-matches"
    PRODUCTION_UNREACHABLE = "production-unreachable"
    ENDPOINT_IS_STAGING = "endpoint-is-staging"


class GuardObserved(Record):
    """One answer to one question of the guard about one host (or one declared connection)."""

    type: Literal["guard_observed"] = "guard_observed"
    subject: ShortText
    check: GuardCheck
    ok: bool
    detail: ShortText = ""


class GuardDecided(Record):
    """Allowed only where every question was asked of every host and answered yes."""

    type: Literal["guard_decided"] = "guard_decided"
    allowed: bool
    reasons: tuple[ShortText, ...] = ()


class ClockMeasured(Record):
    """The offset of a host's wall clock from ours; the true one is within `error_us` of it (half a round trip)."""

    type: Literal["clock_measured"] = "clock_measured"
    host: ShortText
    offset_us: int
    error_us: Microseconds
    moment: Literal["before", "after"]


class RecoveryPointObserved(Record):
    """What the catalogue says of the pinned recovery point just before it is used."""

    type: Literal["recovery_point_observed"] = "recovery_point_observed"
    id: ShortText
    manifest_sha256: SHA256 | None
    matches: bool


class RecoveryPointTaken(Record):
    """The backup that the drill had taken in prepare, as the catalogue gives it: what will be restored."""

    type: Literal["recovery_point_taken"] = "recovery_point_taken"
    point: RecoveryPoint


class WatchStarted(Record):
    """An observer asks the service the same question every `every_us` from here on."""

    type: Literal["watch_started"] = "watch_started"
    watch: Identifier
    every_us: Microseconds


class WatchChanged(Record):
    """The service was seen to answer, or to stop answering. Live detail: the measurements use the samples."""

    type: Literal["watch_changed"] = "watch_changed"
    watch: Identifier
    answers: bool
    sample_us: Microseconds


class WatchFinished(Record):
    """The samples are on disk and closed; `late` counts those that started more than half a period late."""

    type: Literal["watch_finished"] = "watch_finished"
    watch: Identifier
    samples: int
    failures: int
    late: int
    file: ShortText
    sha256: SHA256


class CanaryStarted(Record):
    """Numbered markers are being committed at the source every `every_us`."""

    type: Literal["canary_started"] = "canary_started"
    every_us: Microseconds


class CanaryFinished(Record):
    """The markers' own record (sent, acknowledged) is on disk and closed."""

    type: Literal["canary_finished"] = "canary_finished"
    sent: int
    acknowledged: int
    file: ShortText
    sha256: SHA256


class CanaryRead(Record):
    """Which markers were read back, as ranges with both ends included. `answered` false: nothing was there to ask."""

    type: Literal["canary_read"] = "canary_read"
    self_test: bool
    answered: bool
    survivors: tuple[tuple[int, int], ...] = ()
    fault: ShortText = ""
    started_us: Microseconds
    finished_us: Microseconds


class PhaseStarted(Record):
    """A phase began."""

    type: Literal["phase_started"] = "phase_started"
    phase: Phase


class PhaseFinished(Record):
    """A phase ended, whatever its steps came to."""

    type: Literal["phase_finished"] = "phase_finished"
    phase: Phase


class StepStarted(Record):
    """Written before the act. A start with no finish is an outcome that nobody knows."""

    type: Literal["step_started"] = "step_started"
    step: Identifier
    attempt: int = 1
    self_test: bool = False


class StepFinished(Record):
    """How an attempt at a step ended, and in a few words why."""

    type: Literal["step_finished"] = "step_finished"
    step: Identifier
    attempt: int = 1
    self_test: bool = False
    outcome: Outcome
    reason: ShortText = ""


class TaskOutcome(StrEnum):
    """How Ansible says that one task ended on one host."""

    OK = "ok"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"
    IGNORED = "ignored"
    UNREACHABLE = "unreachable"


class TaskObserved(Record):
    """One Ansible task on one host, as it arrived here: names and times, never its output."""

    type: Literal["task_observed"] = "task_observed"
    step: Identifier
    attempt: int
    host: ShortText
    task: ShortText
    action: ShortText
    outcome: TaskOutcome
    started_us: Microseconds
    finished_us: Microseconds


class ClaimMade(Record):
    """A fact that a playbook published. Nothing of ours saw it: it is printed as a claim and decides nothing."""

    type: Literal["claim_made"] = "claim_made"
    step: Identifier
    name: ShortText
    value: Scalar


class HostTally(Record):
    """Ansible's own count of task results on one host (`playbook_on_stats`)."""

    ok: int = 0
    changed: int = 0
    failures: int = 0
    unreachable: int = 0
    skipped: int = 0
    rescued: int = 0
    ignored: int = 0


class PlaybookFinished(Record):
    """A playbook's process ended. `complete`: every event that it announced arrived, its final count included.

    `unmatched`: how many of its plays name hosts of the inventory of which none is in the plan; Ansible leaves them out
    and ends with 0.
    """

    type: Literal["playbook_finished"] = "playbook_finished"
    step: Identifier
    attempt: int
    complete: bool
    exit_code: int | None
    hosts: dict[str, HostTally] = {}
    unmatched: Annotated[int, Field(ge=0, exclude_if=is_empty)] = 0
    fault: ShortText = ""


class ProbeAnswered(Record):
    """What a probe saw. `answered` false: it got no answer, and `fault` says why; then `values` is empty."""

    type: Literal["probe_answered"] = "probe_answered"
    step: Identifier
    attempt: int
    self_test: bool
    answered: bool
    values: Values = {}
    fault: ShortText = ""
    started_us: Microseconds
    finished_us: Microseconds


class PersonDecision(StrEnum):
    """What a person says: of a task that it is done or not, of an approval that it is granted or refused."""

    DONE = "done"
    NOT_DONE = "not-done"
    GRANTED = "granted"
    REFUSED = "refused"


class PersonAsked(Record):
    """A question is put to whoever has one of these roles, but for those who are barred, until its time limit."""

    type: Literal["person_asked"] = "person_asked"
    step: Identifier
    attempt: int
    roles: tuple[Identifier, ...]
    barred: tuple[ShortText, ...] = ()
    """Who asked for the run and who ran it, where separation of duties keeps them from answering."""
    until_us: Microseconds
    until_at: Moment


class PersonAnswered(Record):
    """What a person answered, wrote and signed. Without a signature, who it was is stated and not proved."""

    type: Literal["person_answered"] = "person_answered"
    step: Identifier
    attempt: int
    person: ShortText
    role: Identifier
    decision: PersonDecision
    values: Values = {}
    reason: Annotated[str, Field(max_length=1_000)] = ""
    answered_at: Moment
    """By the clock of whoever answered: a fact to print."""
    signature: Signature | None = None
    """OpenSSH's (`ssh-keygen -Y sign`), in base64 and without its armour."""
    absent_us: Microseconds
    """The last look at which the answer was not there yet."""
    found_us: Microseconds


class AnswerRefused(Record):
    """An answer that did not count, and why. What it said is not repeated."""

    type: Literal["answer_refused"] = "answer_refused"
    step: Identifier
    attempt: int
    why: ShortText


class StopRequested(Record):
    """Somebody or something asked the run to stop; what is left is cleanup."""

    type: Literal["stop_requested"] = "stop_requested"
    reason: ShortText


class RunInterrupted(Record):
    """Written by `reprise recover`: the orchestrator died after the line before this one."""

    type: Literal["run_interrupted"] = "run_interrupted"
    boot_id: ShortText
    recovered_at: Moment


class RunFinished(Record):
    """The last event. A journal without it tells of a run that nobody ended."""

    type: Literal["run_finished"] = "run_finished"


Event = (
    RunStarted
    | GuardObserved
    | GuardDecided
    | ClockMeasured
    | RecoveryPointObserved
    | RecoveryPointTaken
    | WatchStarted
    | WatchChanged
    | WatchFinished
    | CanaryStarted
    | CanaryFinished
    | CanaryRead
    | PhaseStarted
    | PhaseFinished
    | StepStarted
    | StepFinished
    | TaskObserved
    | ClaimMade
    | PlaybookFinished
    | ProbeAnswered
    | PersonAsked
    | PersonAnswered
    | AnswerRefused
    | StopRequested
    | RunInterrupted
    | RunFinished
)
"""Every event there is, told apart by its `type`."""
