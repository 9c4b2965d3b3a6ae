"""Seals a run: verdict, evidence, reports, attestation, bundle, in stages that can be repeated.

Until the attestation is on disk nothing is sealed and everything is made again; after it, nothing is ever changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Language, Verdict
from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError
from reports.bundle import build_bundle
from reports.catalogue import load_catalogue
from reports.envelope import build_statement, parse_attestation, sign_statement
from reports.evidence import Evidence, build_evidence, build_verdict, parse_evidence, state_signature
from reports.keys import check_pair
from reports.layout import ATTESTATION, BUNDLE, EVIDENCE, REPORT_HTML, REPORT_PDF, VERDICT, read_directory, sources
from reports.materials import read_materials
from reports.pdf import seal_pdf
from reports.render import draw_report, program_versions, render_page
from reports.scan import scan
from reports.signers import Signer
from reports.words import load_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Where everything is, and what the run came to."""

    verdict: Verdict
    evidence: Path
    report_pdf: Path
    report_html: Path
    attestation: Path
    bundle: Path


def seal(run_directory: Path, *, signer: Signer, certificate: Certificate, language: Language) -> Sealed:
    """Make what is missing of a run's evidence and sign it. On a run that is sealed, changes nothing.

    Args:
        run_directory: Holds `plan.json`, `journal.jsonl`, `drill.yml` and `samples/`, all closed.
        signer: Whose key signs.
        certificate: The certificate of that key.
        language: Of the reports. A run that is sealed keeps its own.

    Raises:
        EvidenceError: Something is missing or altered, holds health data or a secret, or cannot be signed.
        StoreError: The directory cannot be written.
    """
    check_pair(signer, certificate)
    files = read_directory(run_directory)
    if ATTESTATION not in files:
        made = _make(sources(files), signer=signer, certificate=certificate, language=language)
        for name, content in made.items():
            write_durably(run_directory / name, content)
        files = sources(files) | made
    _check_bound(files, certificate=certificate)
    _write_bundle(run_directory / BUNDLE, build_bundle(files, certificate=certificate))
    return _sealed(run_directory, parse_evidence(files[EVIDENCE]))


def _make(
    run: Mapping[str, bytes], *, signer: Signer, certificate: Certificate, language: Language
) -> dict[str, bytes]:
    """Every file that sealing adds, in the order in which they may appear on disk: the attestation last."""
    materials, scanned = read_materials(run), scan(run)
    drill = materials.plan.drill
    evidence = build_evidence(
        materials,
        language=language,
        mapping=load_catalogue().mapping(kind=drill.kind, perimeters=drill.perimeters),
        signature=state_signature(certificate),
        scan=scanned,
        versions=program_versions(),
    )
    made = {VERDICT: canonical(build_verdict(materials)), EVIDENCE: canonical(evidence)}
    # The reports are drawn from what is on disk, as a verifier will: canonical form sorts the names within an object.
    evidence = parse_evidence(made[EVIDENCE])
    made[REPORT_HTML] = render_page(evidence).encode()
    scan(made)
    drawn = draw_report(evidence, files={**run, EVIDENCE: made[EVIDENCE]})
    reason = load_words(language)("seal.reason", run=evidence.run_id)
    made[REPORT_PDF] = seal_pdf(drawn, signer=signer, certificate=certificate, reason=reason)
    statement = build_statement(evidence, files={**run, **made})
    return made | {ATTESTATION: sign_statement(statement, signer=signer)}


def _check_bound(files: Mapping[str, bytes], *, certificate: Certificate) -> None:
    """What is called sealed is what was signed: a bundle is never made of anything else."""
    attestation = parse_attestation(files[ATTESTATION])
    if attestation.signed_by([certificate]) is None:
        raise EvidenceError(f"{ATTESTATION}: it was not signed with this key", hint="use the key that sealed the run")
    for subject in attestation.statement.subject:
        if sha256(files.get(subject.name, b"")) != subject.digest.sha256:
            raise EvidenceError(f"{subject.name}: it is not the file that was sealed")


def _write_bundle(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        write_durably(path, content)


def _sealed(run_directory: Path, evidence: Evidence) -> Sealed:
    return Sealed(
        verdict=evidence.judgement.verdict,
        evidence=run_directory / EVIDENCE,
        report_pdf=run_directory / REPORT_PDF,
        report_html=run_directory / REPORT_HTML,
        attestation=run_directory / ATTESTATION,
        bundle=run_directory / BUNDLE,
    )
