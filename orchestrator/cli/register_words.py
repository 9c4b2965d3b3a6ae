"""How a person reads a register: an entry on one line, what a verification found, and the same for machines."""

from datetime import datetime

from rich.markup import escape

from orchestrator.cli.answers import print_answer, print_not_valid, print_valid
from orchestrator.cli.options import console
from orchestrator.core.model import Language
from reports.register.entries import (
    DrillEnded,
    DrillMissed,
    DrillPlanned,
    DrillStarted,
    DrillWaived,
    FilesRemoved,
    HoldPlaced,
    HoldReleased,
    RegisterEntry,
    RegisterEvent,
    RunAnnotated,
    RunRenewed,
    RunSealed,
)
from reports.register.findings import Audit, Dated


def print_audit(audit: Audit, *, language: Language) -> None:
    """What a verification found, and what it means."""
    screen = console()
    for finding in audit.findings:
        print_answer(screen, finding.status, finding.within(language), subject=finding.subject, detail=finding.detail)
    for size, cosignature in audit.cosigned:
        at = f"{cosignature.at:%Y-%m-%dT%H:%M:%SZ}"
        screen.print(f"witness {escape(cosignature.witness)} saw {size} entries at {at}")
    for one in _extremes(audit.dated):
        at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
        screen.print(f"time: the first {one.size} entries were there on {at}, says {escape(one.authority)}")
    counted = f"{audit.entries} entries, {audit.checkpoints} checkpoints, {audit.compared} kept elsewhere"
    counted += f", {len(audit.dated)} time-stamps" if audit.dated else ""
    if audit.valid:
        print_valid(screen, f"{audit.origin}, {counted}")
    else:
        print_not_valid(screen, counted)


def _extremes(dated: tuple[Dated, ...]) -> tuple[Dated, ...]:
    """The first and the last of the time-stamps; all of them are in the JSON."""
    return dated if len(dated) < 3 else (dated[0], dated[-1])


def audit_document(audit: Audit) -> dict[str, object]:
    """The same for a machine."""
    return {
        "valid": audit.valid,
        "register": audit.origin,
        "entries": audit.entries,
        "signed": audit.signed,
        "checkpoints": audit.checkpoints,
        "stamped": audit.stamped,
        "dated": [{"size": one.size, "at": one.at.isoformat(), "authority": one.authority} for one in audit.dated],
        "compared": audit.compared,
        "cosigned": [{"size": size, "witness": one.witness, "at": one.at.isoformat()} for size, one in audit.cosigned],
        "findings": [
            {
                "code": finding.code,
                "status": finding.status,
                "subject": finding.subject,
                "entry": finding.seq,
                "line": finding.line,
                "detail": finding.detail,
            }
            for finding in audit.findings
        ],
    }


def entry_words(entry: RegisterEntry) -> str:
    """What happened to which run or drill."""
    what = entry.event.type.replace("_", " ")
    details = _details(entry.event)
    return f"{what:<14} {entry_subject(entry)}{f' ({details})' if details else ''}"


def _details(event: RegisterEvent) -> str:
    """What a person asks first of an entry; all of it is in the JSON."""
    match event:
        case DrillPlanned():
            return f"due {_moment(event.due_at)}"
        case DrillMissed():
            return f"due {_moment(event.due_at)}: {event.reason}"
        case DrillWaived():
            return f"until {_moment(event.until)}, by {event.waived_by}: {event.reason}"
        case DrillStarted():
            return f"retry of {event.retry_of}" if event.retry_of else ""
        case DrillEnded():
            return event.ending.value
        case RunAnnotated():
            action = f", action {event.action.id} {event.action.state}" if event.action else ""
            return f"{event.topic} by {event.by}{action}"
        case HoldPlaced() | HoldReleased() | FilesRemoved():
            return _kept(event)
        case RunSealed() | RunRenewed():
            return ""


def _kept(event: HoldPlaced | HoldReleased | FilesRemoved) -> str:
    match event:
        case HoldPlaced():
            return f"by {event.by}: {event.reason}"
        case HoldReleased():
            return f"that of entry {event.hold}, by {event.by}: {event.reason}"
        case FilesRemoved():
            return f"{event.category}, {len(event.files)} files, rule {event.rule} ({event.keep})"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def entry_subject(entry: RegisterEntry) -> str:
    """The run that an entry is about, or the drill."""
    return str(getattr(entry.event, "run_id", None) or getattr(entry.event, "drill", ""))
