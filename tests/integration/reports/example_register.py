"""A register as a year of drills leaves it, made by hand: entries chained, and a signed checkpoint over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.core.canonical import sha256
from reports.dossier.extract import format_entries
from reports.envelope import parse_attestation
from reports.evidence import Evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE
from reports.register.checkpoint import Checkpoint, origin_of, sign_checkpoint
from reports.register.entries import (
    GENESIS,
    DrillEnded,
    DrillStarted,
    Ending,
    RegisterEntry,
    RegisterEvent,
    RunSealed,
)
from reports.register.tree import Tree
from reports.signers import KeySigner

ORIGIN = origin_of("demo")
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
"""Signs every register of these tests; it is worth nothing."""


@dataclass(slots=True)
class Register:
    """Entries, one after the other."""

    entries: list[RegisterEntry] = field(default_factory=list)

    def add(self, at: datetime, event: RegisterEvent) -> RegisterEntry:
        """One more entry."""
        previous = self.entries[-1].digest if self.entries else GENESIS
        entry = RegisterEntry(seq=len(self.entries), prev=previous, at=at, event=event)
        self.entries.append(entry)
        return entry

    def enter_run(self, run: Path, *, ended: bool = True, sealed: bool = True) -> Evidence:
        """What the register would have of a sealed run."""
        evidence = parse_evidence((run / EVIDENCE).read_bytes())
        self.add(evidence.journal.started_at - timedelta(seconds=1), started(evidence))
        if ended:
            self.add(evidence.journal.ended_at, end(evidence))
        if sealed:
            payload = parse_attestation((run / ATTESTATION).read_bytes()).payload
            event = RunSealed(run_id=evidence.run_id, attestation_sha256=sha256(payload))
            self.add(evidence.journal.ended_at + timedelta(seconds=3), event)
        return evidence

    @property
    def content(self) -> bytes:
        """The bytes of `register.jsonl`."""
        return format_entries(self.entries)

    def checkpoint(self, size: int | None = None, *, origin: str = ORIGIN, secret: Ed25519PrivateKey = SECRET) -> str:
        """A signed checkpoint over the first entries."""
        tree = Tree()
        for entry in self.entries:
            tree.append(entry.line)
        count = tree.size if size is None else size
        head = Checkpoint(origin=origin, size=count, root=tree.root(count))
        return sign_checkpoint(head, signer=KeySigner(secret)).content.decode()


def started(evidence: Evidence) -> DrillStarted:
    """What was entered before a run."""
    drill, request = evidence.plan.drill, evidence.request
    return DrillStarted(
        run_id=evidence.run_id,
        drill=drill.id,
        kind=drill.kind,
        system=drill.system,
        perimeters=drill.perimeters,
        targets=("target",),
        plan_sha256=evidence.plan_sha256,
        requester=request.event.requester if request else "inconnu",
    )


def end(evidence: Evidence, **changes: object) -> DrillEnded:
    """What was entered after a run."""
    refused = any(finding.code == "refused-by-guard" for finding in evidence.judgement.findings)
    event = DrillEnded(
        run_id=evidence.run_id,
        ending=Ending.REFUSED if refused else Ending(evidence.judgement.verdict.value),
        verdict=evidence.judgement.verdict,
        exit_code=evidence.judgement.exit_code,
        plan_sha256=evidence.plan_sha256,
        journal_length=evidence.journal.length,
        journal_head=evidence.journal.head,
        journal_sha256=evidence.journal.sha256,
    )
    return event.model_copy(update=changes)


def title(fr: str, en: str) -> Mapping[str, str]:
    """A title of a drill."""
    return {"fr": fr, "en": en}
