"""One run as a dossier takes it: its bundle's digest, what is in it, how it verified. Values; `bundles` reads them."""

from orchestrator.core.model import SHA256, Identifier, Interval, Moment, Record, Title, Verdict
from orchestrator.core.results import FindingCode, Weight
from reports.catalogue import Control
from reports.register.entries import Perimeters
from reports.verification import CheckCode


class Figure(Record):
    """A duration that was measured, in microseconds, between its bounds, against its objective."""

    value: Interval
    objective: int | None
    met: bool | None


class Gap(Record):
    """One finding of a run, with the title of what it is about in both languages."""

    code: FindingCode
    subject: Title
    weight: Weight


class Facts(Record):
    """What a dossier needs of one evidence document. The whole of it is in the bundle."""

    run_id: str
    title: Title
    drill: Identifier
    kind: Identifier
    system: Identifier
    perimeters: Perimeters
    started_at: Moment
    ended_at: Moment
    verdict: Verdict
    refused: bool
    requester: str
    rto_objective: int | None
    rpo_objective: int | None
    rto: Figure | None
    rpo: Figure | None
    gaps: tuple[Gap, ...]
    controls: tuple[Control, ...]
    plan_sha256: SHA256
    journal_sha256: SHA256
    report_sha256: SHA256 | None
    attestation_sha256: SHA256 | None
    """Of the attestation's payload, as the register carries it."""
    certificate_sha256: SHA256


class Fault(Record):
    """A check of the verification that failed, and the file that it failed for."""

    check: CheckCode
    subject: str


class DossierRun(Record):
    """A run's bundle: its digest, what is in it, and how it verified when the dossier was made, drawings left out."""

    run_id: str
    bundle_sha256: SHA256
    bundle_bytes: int
    valid: bool
    faults: tuple[Fault, ...]
    facts: Facts | None
    """None where the bundle cannot be read."""
