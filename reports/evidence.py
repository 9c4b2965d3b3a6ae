"""The evidence document: everything that the report says, in one value that anybody can build again.

Pure: the same plan, journal and series give the same bytes on every machine; every time in it comes from the journal.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, ValidationError

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import (
    AnswerRefused,
    CanaryFinished,
    CanaryRead,
    ClaimMade,
    ClockMeasured,
    GuardDecided,
    GuardObserved,
    PersonAnswered,
    PersonAsked,
    RecoveryPointObserved,
    RecoveryPointTaken,
    RunInterrupted,
    RunStarted,
    StopRequested,
    TaskObserved,
    WatchFinished,
    WatchStarted,
)
from orchestrator.core.history import History
from orchestrator.core.model import SHA256, Identifier, Language, Moment, Record
from orchestrator.core.plan import Plan, RecoveryPoint
from orchestrator.core.results import Judgement, Measurements
from orchestrator.core.written import is_empty, is_none
from orchestrator.errors import EvidenceError
from reports.catalogue import Mapping as ControlMapping
from reports.materials import Materials
from reports.register.proof import RunProof
from reports.scan import ScanResult
from reports.signing.statement import SignatureStatement

EventType = TypeVar("EventType", bound=Record)


class JournalSummary(Record):
    """What pins the journal: length, digests of its last line and of the file; its first and last wall-clock time."""

    length: int
    head: SHA256
    sha256: SHA256
    started_at: Moment
    ended_at: Moment


class SeriesSummary(Record):
    """A file of samples or markers. `in_journal` false: the run was cut before it was closed; nothing uses it."""

    file: str
    sha256: SHA256
    watch: Identifier | None
    in_journal: bool


class WatchSummary(Record):
    """How a watch did its work: its period, and how many of its questions were late."""

    watch: Identifier
    every_us: int
    samples: int
    failures: int
    late: int


class CanarySummary(Record):
    """What the canary sent, what was acknowledged and, where it was read back, which numbers survived."""

    sent: int
    acknowledged: int
    survivors: tuple[tuple[int, int], ...] | None
    empty_before: bool | None
    """Whether the self-test found none of the markers where they were to be restored. None: it was not asked."""


class Observed(Record, Generic[EventType]):
    """An event of the journal with the number of its line."""

    line: int
    event: EventType


class TaskTally(Record):
    """How many Ansible tasks of a step were seen, and how many of them changed something or failed."""

    step: Identifier
    tasks: int
    changed: int
    failed: int


class Evidence(Record):
    """Everything that the report prints. `verify` builds it again from plan, journal and series, and compares bytes."""

    format: Literal["reprise/evidence/v1"] = "reprise/evidence/v1"
    run_id: str
    language: Language
    plan: Plan
    plan_sha256: SHA256
    journal: JournalSummary
    series: tuple[SeriesSummary, ...]
    request: Observed[RunStarted] | None
    guard: tuple[Observed[GuardObserved], ...]
    decision: Observed[GuardDecided] | None
    clocks: tuple[Observed[ClockMeasured], ...]
    recovery_point: Observed[RecoveryPointObserved] | None
    recovery_point_taken: Annotated[Observed[RecoveryPointTaken] | None, Field(exclude_if=is_none)] = None
    """The backup that the drill had taken in prepare; None where it restores one of before."""
    watches: tuple[WatchSummary, ...]
    canary: CanarySummary | None
    tasks: tuple[TaskTally, ...]
    claims: tuple[Observed[ClaimMade], ...]
    """What playbooks said of themselves. Nothing of ours saw it; it decided nothing."""
    stops: tuple[Observed[StopRequested], ...]
    interruptions: tuple[Observed[RunInterrupted], ...]
    asked: Annotated[tuple[Observed[PersonAsked], ...], Field(exclude_if=is_empty)] = ()
    answers: Annotated[tuple[Observed[PersonAnswered], ...], Field(exclude_if=is_empty)] = ()
    refused_answers: Annotated[tuple[Observed[AnswerRefused], ...], Field(exclude_if=is_empty)] = ()
    measurements: Measurements
    judgement: Judgement
    mapping: ControlMapping
    signature: SignatureStatement
    scan: ScanResult
    registration: RunProof | None
    """That the run was begun and ended in the register. None: nothing shows it."""
    versions: dict[str, str]
    """Of the programs that measured, judged and drew this document."""

    @property
    def restored_points(self) -> tuple[RecoveryPoint, ...]:
        """What the drill restores: what its plan pins, or what it had taken."""
        taken = self.recovery_point_taken
        return self.plan.pinned_points or ((taken.event.point,) if taken is not None else ())


class VerdictDocument(Record):
    """`verdict.json`: the verdict alone, for those who list many runs, tied to its plan and journal."""

    format: Literal["reprise/verdict/v1"] = "reprise/verdict/v1"
    run_id: str
    plan_sha256: SHA256
    journal_sha256: SHA256
    judgement: Judgement


def build_evidence(
    materials: Materials,
    *,
    language: Language,
    mapping: ControlMapping,
    signature: SignatureStatement,
    scan: ScanResult,
    registration: RunProof | None,
    versions: dict[str, str],
) -> Evidence:
    """Build the document: measure, judge, and gather what the journal says beside it."""
    history, plan = History(materials.entries), materials.plan
    measurements, judgement = materials.compute()
    return Evidence(
        run_id=plan.run_id,
        language=language,
        plan=plan,
        plan_sha256=plan.digest,
        journal=_journal(materials),
        series=tuple(
            SeriesSummary(file=series.file, sha256=series.sha256, watch=series.watch, in_journal=series.in_journal)
            for series in materials.series
        ),
        request=next(_observed(history, RunStarted), None),
        guard=tuple(_observed(history, GuardObserved)),
        decision=next(_observed(history, GuardDecided), None),
        clocks=tuple(_observed(history, ClockMeasured)),
        recovery_point=_seen_again(history),
        recovery_point_taken=next(_observed(history, RecoveryPointTaken), None),
        watches=tuple(_watches(history)),
        canary=_canary(history),
        tasks=tuple(_tasks(plan, history)),
        claims=tuple(_observed(history, ClaimMade)),
        stops=tuple(_observed(history, StopRequested)),
        interruptions=tuple(_observed(history, RunInterrupted)),
        asked=tuple(_observed(history, PersonAsked)),
        answers=tuple(_observed(history, PersonAnswered)),
        refused_answers=tuple(_observed(history, AnswerRefused)),
        measurements=measurements,
        judgement=judgement,
        mapping=mapping,
        signature=signature,
        scan=scan,
        registration=registration,
        versions=versions,
    )


def _seen_again(history: History) -> Observed[RecoveryPointObserved] | None:
    """The look at a recovery point just before its use: of several the first that was not what it had been."""
    looks = tuple(_observed(history, RecoveryPointObserved))
    return next((look for look in looks if not look.event.matches), next(iter(looks), None))


def build_verdict(materials: Materials) -> VerdictDocument:
    """The verdict alone, from the same computation."""
    return VerdictDocument(
        run_id=materials.plan.run_id,
        plan_sha256=materials.plan.digest,
        journal_sha256=sha256(materials.journal),
        judgement=materials.compute()[1],
    )


def parse_evidence(content: bytes) -> Evidence:
    """Read `evidence.json`.

    Raises:
        EvidenceError: It is not an evidence document in canonical form.
    """
    try:
        evidence = Evidence.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise EvidenceError("evidence.json: it is not an evidence document of this format") from error
    if canonical(evidence) != content:
        raise EvidenceError("evidence.json: it is not in canonical form")
    return evidence


def _journal(materials: Materials) -> JournalSummary:
    first, last = materials.entries[0], materials.entries[-1]
    return JournalSummary(
        length=len(materials.entries),
        head=materials.head,
        sha256=sha256(materials.journal),
        started_at=first.at,
        ended_at=last.at,
    )


def _observed(history: History, kind: type[EventType]) -> Iterator[Observed[EventType]]:
    for entry in history.entries:
        if isinstance(entry.event, kind):
            yield Observed[kind](line=entry.seq, event=entry.event)  # type: ignore[valid-type]


def _watches(history: History) -> Iterator[WatchSummary]:
    periods = {line.event.watch: line.event.every_us for line in history.of(WatchStarted)}
    for line in history.of(WatchFinished):
        event = line.event
        yield WatchSummary(
            watch=event.watch,
            every_us=periods.get(event.watch, 0),
            samples=event.samples,
            failures=event.failures,
            late=event.late,
        )


def _canary(history: History) -> CanarySummary | None:
    finished = history.last(CanaryFinished)
    if finished is None:
        return None
    reads = [line.event for line in history.of(CanaryRead)]
    real = [read for read in reads if not read.self_test and read.answered]
    trial = [read for read in reads if read.self_test]
    return CanarySummary(
        sent=finished.event.sent,
        acknowledged=finished.event.acknowledged,
        survivors=real[-1].survivors if real else None,
        empty_before=not trial[-1].survivors if trial else None,
    )


def _tasks(plan: Plan, history: History) -> Iterator[TaskTally]:
    for step in plan.drill.steps:
        outcomes = [line.event.outcome for line in history.of_step(TaskObserved, step.id)]
        if outcomes:
            failed = sum(outcome in ("failed", "unreachable") for outcome in outcomes)
            yield TaskTally(step=step.id, tasks=len(outcomes), changed=outcomes.count("changed"), failed=failed)  # type: ignore[arg-type]
