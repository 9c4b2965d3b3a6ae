"""Small registers and runs, written by hand, for the pure parts of a dossier."""

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator.core.model import Interval, Title, Verdict
from orchestrator.core.results import FindingCode, Weight
from orchestrator.errors import ExitCode
from reports.catalogue import Control
from reports.dossier.chronicle import Chronicle
from reports.dossier.lines import RunLine, Standing
from reports.dossier.runs import DossierRun, Facts, Figure, Gap
from reports.register.entries import (
    GENESIS,
    Action,
    DrillEnded,
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    Ending,
    RegisterEntry,
    RegisterEvent,
    RunAnnotated,
    RunSealed,
    Topic,
)

SHA = "0" * 64
NOW = datetime(2027, 1, 10, 9, tzinfo=UTC)


def at(month: int, day: int = 1, hour: int = 9, year: int = 2026) -> datetime:
    """An instant."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def chain(*written: tuple[datetime, RegisterEvent]) -> tuple[RegisterEntry, ...]:
    """Entries in their order."""
    entries: list[RegisterEntry] = []
    for moment, event in written:
        prev = entries[-1].digest if entries else GENESIS
        entries.append(RegisterEntry(seq=len(entries), prev=prev, at=moment, event=event))
    return tuple(entries)


def chronicle(*written: tuple[datetime, RegisterEvent]) -> Chronicle:
    """The same, as a dossier asks."""
    return Chronicle(chain(*written))


def planned(
    due_at: datetime, drill: str = "restore", system: str = "dpi", perimeters: tuple[int, ...] = (5,)
) -> DrillPlanned:
    return DrillPlanned(drill=drill, system=system, perimeters=perimeters, due_at=due_at)


def missed(due_at: datetime, drill: str = "restore") -> DrillMissed:
    return DrillMissed(drill=drill, system="dpi", perimeters=(5,), due_at=due_at, reason="nobody was there")


def waived(until: datetime, drill: str = "restore") -> DrillWaived:
    return DrillWaived(drill=drill, system="dpi", perimeters=(5,), waived_by="CIO", reason="move", until=until)


def started(
    run_id: str, drill: str = "restore", system: str = "dpi", perimeters: tuple[int, ...] = (5,)
) -> DrillStarted:
    return DrillStarted(
        run_id=run_id,
        drill=drill,
        kind="backup-restore",
        system=system,
        perimeters=perimeters,
        targets=("target",),
        plan_sha256=SHA,
        requester="operations",
    )


def ended(run_id: str, ending: Ending = Ending.PASSED) -> DrillEnded:
    verdict = Verdict.ABORTED if ending is Ending.REFUSED else Verdict(ending.value)
    return DrillEnded(
        run_id=run_id,
        ending=ending,
        verdict=verdict,
        exit_code=ExitCode.PASSED,
        plan_sha256=SHA,
        journal_length=3,
        journal_head=SHA,
        journal_sha256=SHA,
    )


def sealed(run_id: str) -> RunSealed:
    return RunSealed(run_id=run_id, attestation_sha256=SHA)


def noted(
    run_id: str, topic: Topic, *, by: str = "RSSI", text: str = "seen", action: Action | None = None
) -> RunAnnotated:
    return RunAnnotated(run_id=run_id, topic=topic, by=by, text=text, action=action)


def facts(run_id: str, **changes: object) -> Facts:
    """What the bundle of a run says that passed."""
    known = Facts(
        run_id=run_id,
        title=Title(fr="Restauration", en="Restore"),
        drill="restore",
        kind="backup-restore",
        system="dpi",
        perimeters=(5,),
        started_at=at(3),
        ended_at=at(3),
        verdict=Verdict.PASSED,
        refused=False,
        requester="operations",
        rto_objective=900_000_000,
        rpo_objective=60_000_000,
        rto=None,
        rpo=None,
        gaps=(),
        controls=(),
        plan_sha256=SHA,
        journal_sha256=SHA,
        report_sha256=SHA,
        attestation_sha256=SHA,
        certificate_sha256=SHA,
    )
    return known.model_copy(update=changes)


def bundle(run_id: str, **changes: object) -> DossierRun:
    """A bundle with those facts."""
    return DossierRun(
        run_id=run_id, bundle_sha256=SHA, bundle_bytes=9, valid=True, faults=(), facts=facts(run_id, **changes)
    )


def run(
    began: datetime,
    *,
    name: str = "",
    number: int = 0,
    ending: Ending | None = Ending.PASSED,
    standing: Standing = Standing.PROVED,
    drill: str = "restore",
    system: str = "dpi",
    perimeters: tuple[int, ...] = (5,),
    kind: str = "backup-restore",
    in_period: bool = True,
    **changes: object,
) -> RunLine:
    """A run as the dossier has it."""
    run_id = name or f"{began:%Y%m%d}-{drill}"
    verdict = Verdict.ABORTED if ending in (Ending.REFUSED, None) else Verdict(str(ending))
    report = bundle(run_id, drill=drill, system=system, perimeters=perimeters, verdict=verdict, **changes)
    return RunLine(
        number=number,
        run_id=run_id,
        title=report.facts.title if report.facts else None,
        drill=drill,
        kind=kind,
        system=system,
        perimeters=perimeters,
        started_at=began,
        in_period=in_period,
        requester="operations",
        retry_of=None,
        ending=None if standing is Standing.OPEN else ending,
        standing=standing,
        lines=(),
        report=report,
    )


def numbered(runs: Sequence[RunLine]) -> list[RunLine]:
    """The same with their places."""
    return [one.model_copy(update={"number": number}) for number, one in enumerate(runs, start=1)]


def figure(lower: int, upper: int | None, objective: int | None = None) -> Figure:
    """In seconds."""
    met = None if objective is None or upper is None else upper <= objective
    interval = Interval(lower=lower * 1_000_000, upper=None if upper is None else upper * 1_000_000)
    return Figure(value=interval, objective=None if objective is None else objective * 1_000_000, met=met)


def gap(code: FindingCode = FindingCode.CHECK_FAILED, subject: str = "pages") -> Gap:
    return Gap(code=code, subject=Title(fr=subject, en=subject), weight=Weight.GAP)


def control(reference: str, *, primary: bool = False, common: bool = False) -> Control:
    title = Title(fr=reference, en=reference)
    return Control(framework="iso27001", reference=reference, title=title, primary=primary, common=common)
