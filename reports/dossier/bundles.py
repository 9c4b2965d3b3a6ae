"""Reads a run's bundle into what a dossier takes of it, and verifies it, drawings left out."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Title
from orchestrator.core.results import FindingCode, Quantity
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.dossier.extract import read_head
from reports.dossier.runs import DossierRun, Facts, Fault, Figure, Gap
from reports.envelope import parse_attestation
from reports.evidence import Evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE, REPORT_PDF, read_bundle
from reports.verification import CheckCode
from reports.verify import verify_undrawn


def read_run(content: bytes, *, run_id: str, trust: Trust) -> DossierRun:
    """Read a bundle and verify it: signatures, digests, chain, every figure and the verdict again; no drawing again.

    Args:
        content: The bytes of `bundle.zip`.
        run_id: The run that it is said to be of.
        trust: Whom the caller trusts, and for what.
    """
    try:
        files = read_bundle(content)
        facts = _facts(files)
    except EvidenceError:
        return _unreadable(content, run_id=run_id)
    # The dossier brings the register itself: whether the run is in it is asked of that.
    report = verify_undrawn(files, name=run_id, trust=replace(trust, without_register=True))
    faults = {(check.code, check.subject) for check in report.failures}
    if facts.run_id != run_id:
        faults.add((CheckCode.EVIDENCE, run_id))
    return DossierRun(
        run_id=run_id,
        bundle_sha256=sha256(content),
        bundle_bytes=len(content),
        valid=report.valid and facts.run_id == run_id,
        faults=tuple(Fault(check=code, subject=subject) for code, subject in sorted(faults)),
        facts=facts,
    )


def _unreadable(content: bytes, *, run_id: str) -> DossierRun:
    return DossierRun(
        run_id=run_id,
        bundle_sha256=sha256(content),
        bundle_bytes=len(content),
        valid=False,
        faults=(Fault(check=CheckCode.READABLE, subject=run_id),),
        facts=None,
    )


def started_at(content: bytes) -> datetime | None:
    """When the run of a bundle began by its own journal; None where the bundle cannot be read."""
    try:
        return parse_evidence(read_bundle(content)[EVIDENCE]).journal.started_at
    except (EvidenceError, KeyError):
        return None


def entered_in(content: bytes) -> str | None:
    """The name of the register in which a bundle shows its run; None where it shows none, or cannot be read.

    Whether that proof holds is asked where the bundle is verified.
    """
    try:
        proof = parse_evidence(read_bundle(content)[EVIDENCE]).registration
        return None if proof is None else read_head(proof.checkpoint).origin
    except (EvidenceError, KeyError):
        return None


def _facts(files: Mapping[str, bytes]) -> Facts:
    evidence = parse_evidence(files.get(EVIDENCE, b""))
    drill = evidence.plan.drill
    return Facts(
        run_id=evidence.run_id,
        title=drill.title,
        drill=drill.id,
        kind=drill.kind,
        system=drill.system,
        perimeters=drill.perimeters,
        started_at=evidence.journal.started_at,
        ended_at=evidence.journal.ended_at,
        verdict=evidence.judgement.verdict,
        refused=any(finding.code is FindingCode.REFUSED_BY_GUARD for finding in evidence.judgement.findings),
        requester=evidence.request.event.requester if evidence.request else "",
        rto_objective=drill.objectives.rto,
        rpo_objective=drill.objectives.rpo,
        rto=_figure(evidence, Quantity.RTO),
        rpo=_figure(evidence, Quantity.RPO),
        gaps=tuple(_gaps(evidence)),
        controls=evidence.mapping.controls,
        plan_sha256=evidence.plan_sha256,
        journal_sha256=evidence.journal.sha256,
        report_sha256=sha256(files[REPORT_PDF]) if REPORT_PDF in files else None,
        attestation_sha256=_attestation(files),
        certificate_sha256=evidence.signature.certificate_sha256,
    )


def _attestation(files: Mapping[str, bytes]) -> str | None:
    return sha256(parse_attestation(files[ATTESTATION]).payload) if ATTESTATION in files else None


def _figure(evidence: Evidence, quantity: Quantity) -> Figure | None:
    found = evidence.measurements.quantity(quantity)
    return Figure(value=found.value, objective=found.objective, met=found.met) if found else None


def _gaps(evidence: Evidence) -> Iterator[Gap]:
    steps = {step.id: step.title for step in evidence.plan.drill.steps if step.title}
    for finding in evidence.judgement.findings:
        own = Title(fr=finding.subject, en=finding.subject)
        yield Gap(code=finding.code, subject=steps.get(finding.subject, own), weight=finding.weight)
