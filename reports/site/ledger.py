"""The register as its page prints it: every entry in words, and the checkpoint that speaks for them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.dossier.proof import RegisterProof
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
    RunAnnotated,
    RunRenewed,
    RunSealed,
)
from reports.site.voice import Voice

ENTRIES_ON_A_PAGE = 300
"""An entry keeps its page: it is cut by their numbers, from the first one on."""
DIGEST_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One entry. `run_id`: the run that it is about, where it is about one."""

    seq: int
    at: str
    kind: str
    subject: str
    run_id: str | None
    note: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the checkpoint says, and whether it is the one of these entries."""

    holds: bool
    agreement: str
    facts: tuple[tuple[str, str], ...]


def ledger_rows(entries: Sequence[RegisterEntry], voice: Voice) -> tuple[LedgerRow, ...]:
    """Entries, the latest first."""
    return tuple(_row(entry, voice) for entry in reversed(entries))


def build_head(proof: RegisterProof, voice: Voice) -> Head:
    """The register's own state, in the dossier's words."""
    say, checkpoint = voice.whole.say, proof.checkpoint
    facts = [(say("register.lines"), voice.write.count(proof.lines)), (say("register.head"), proof.head)]
    if checkpoint is None:
        return Head(holds=False, agreement=say("register.checkpoint-none"), facts=tuple(facts))
    values = {"origin": checkpoint.origin, "size": voice.write.count(checkpoint.size), "root": checkpoint.root_sha256}
    facts.append((say("register.checkpoint"), say("register.checkpoint-value", **values)))
    beyond = say("register.beyond", count=voice.write.count(proof.beyond))
    agreement = say("register.holds" if proof.holds else "register.wrong")
    return Head(holds=proof.holds, agreement=f"{agreement}. {beyond}.", facts=tuple(facts))


def _row(entry: RegisterEntry, voice: Voice) -> LedgerRow:
    event = entry.event
    run_id = None if isinstance(event, DrillPlanned | DrillMissed | DrillWaived) else event.run_id
    drill = event.drill if isinstance(event, DrillPlanned | DrillMissed | DrillWaived | DrillStarted) else None
    return LedgerRow(
        seq=entry.seq,
        at=voice.moment(entry.at),
        kind=voice.words(f"export.entry.{event.type}"),
        subject=voice.whole.drill(drill) if drill else run_id or "",
        run_id=run_id,
        note=_note(entry, voice),
        digest=entry.digest[:DIGEST_SHOWN],
    )


def _note(entry: RegisterEntry, voice: Voice) -> str:
    event = entry.event
    if isinstance(event, DrillPlanned | DrillMissed | DrillWaived | DrillStarted | DrillEnded):
        return _of_a_drill(event, voice)
    return _of_evidence(event, voice)


def _of_a_drill(event: DrillPlanned | DrillMissed | DrillWaived | DrillStarted | DrillEnded, voice: Voice) -> str:
    say = voice.say
    match event:
        case DrillPlanned():
            return say("ledger.due", date=voice.moment(event.due_at))
        case DrillMissed():
            return say("ledger.missed", date=voice.moment(event.due_at), reason=event.reason)
        case DrillWaived():
            until = voice.whole.short_date(event.until)
            return say("ledger.waived", until=until, by=event.waived_by, reason=event.reason)
        case DrillStarted():
            told = (event.requester, event.reason, event.change)
            return " · ".join(part for part in told if part)
        case DrillEnded():
            return voice.words(f"verdict.{event.ending}")


def _of_evidence(
    event: RunSealed | RunRenewed | RunAnnotated | HoldPlaced | HoldReleased | FilesRemoved, voice: Voice
) -> str:
    say = voice.say
    match event:
        case RunSealed():
            return say("ledger.sealed", digest=event.attestation_sha256[:DIGEST_SHOWN])
        case RunRenewed():
            return say("ledger.renewed", digest=event.report_sha256[:DIGEST_SHOWN])
        case RunAnnotated():
            topic = voice.whole.say(f"follow-up.topic.{event.topic}")
            return say("ledger.annotated", topic=topic, by=event.by, text=event.text)
        case HoldPlaced():
            return say("ledger.held", by=event.by, reason=event.reason)
        case HoldReleased():
            return say("ledger.released", hold=voice.write.count(event.hold), by=event.by, reason=event.reason)
        case FilesRemoved():
            files = voice.write.count(len(event.files))
            return say("ledger.removed", files=files, rule=event.rule, reason=event.reason)
