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
from reports.catalogue import Catalogue, load_catalogue
from reports.claims import claims_of
from reports.completion import Completed, complete
from reports.envelope import attest, build_statement, parse_attestation
from reports.evidence import Evidence, build_evidence, build_verdict, parse_evidence
from reports.keys import check_pair
from reports.layout import ATTESTATION, BUNDLE, EVIDENCE, REPORT_HTML, REPORT_PDF, VERDICT, read_directory, sources
from reports.materials import Materials, read_materials
from reports.pdf import seal_pdf
from reports.register.proof import RunProof
from reports.render import draw_report, program_versions, render_page
from reports.scan import NO_RULES_OF_OUR_OWN, OwnRules, scan
from reports.signing.sealer import Prepared, Sealer, seal_with, stamper_of
from reports.vouchers import Vouchers
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
    awaited: str | None
    """Why the time-stamp that the project asks for is missing. None: it is there, or none is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """What the organisation chose of what is made."""

    language: Language
    own: OwnRules
    catalogue: Catalogue
    registration: RunProof | None


def seal(
    run_directory: Path,
    *,
    sealer: Sealer,
    language: Language,
    own: OwnRules = NO_RULES_OF_OUR_OWN,
    catalogue: Catalogue | None = None,
    registration: RunProof | None = None,
    materials: Materials | None = None,
) -> Sealed:
    """Make what is missing of a run's evidence and sign it. On a run that is sealed, changes nothing that was sealed.

    A run that was sealed while the time-stamp authority was away gets its time-stamp as soon as it is back.

    Args:
        run_directory: Holds `plan.json`, `journal.jsonl`, `drill.yml` and `samples/`, all closed.
        sealer: Whose key signs, and who tells the time.
        language: Of the reports. A run that is sealed keeps its own.
        own: What the organisation scans for beside what everybody does.
        catalogue: With the organisation's choices. None: the shipped one, without its optional frameworks.
        registration: The proof that the run was begun and ended in the register. None: it is in none.
        materials: What was read of this directory already. None: it is read here.

    Raises:
        EvidenceError: Something is missing or altered, holds health data or a secret, or cannot be signed.
        StoreError: The directory cannot be written.
    """
    check_pair(sealer.signer, sealer.certificate)
    files = read_directory(run_directory)
    if ATTESTATION in files:
        _check_bound(files, certificate=sealer.certificate)
        completed = _complete(files, sealer=sealer)
        added, awaited = completed.files, completed.away
    else:
        files = sources(files)
        choices = _Choices(
            language=language, own=own, catalogue=catalogue or load_catalogue(), registration=registration
        )
        read = _read(files, already=materials)
        added, awaited = _make(files, read, sealer=sealer, choices=choices)
    write_evidence(run_directory, files=files, added=added, certificate=sealer.certificate)
    return _sealed(run_directory, parse_evidence({**files, **added}[EVIDENCE]), awaited=awaited)


def write_evidence(
    run_directory: Path, *, files: Mapping[str, bytes], added: Mapping[str, bytes], certificate: Certificate
) -> None:
    """Write what is new, in its order, then the bundle of everything.

    Args:
        run_directory: Where.
        files: What is there.
        added: What is new, or takes the place of what is there.
        certificate: That of the seal.

    Raises:
        EvidenceError: What is there is not what was sealed.
        StoreError: The directory cannot be written.
    """
    everything = {**files, **added}
    _check_bound(everything, certificate=certificate)
    for name, content in added.items():
        write_durably(run_directory / name, content)
    _write_bundle(run_directory / BUNDLE, build_bundle(everything, certificate=certificate))


def _complete(files: Mapping[str, bytes], *, sealer: Sealer) -> Completed:
    evidence = parse_evidence(files[EVIDENCE])
    if sealer.authority is None:
        return Completed(files={}, away="no authority is set now" if evidence.signature.awaited else None)
    vouchers = Vouchers(
        authority=sealer.authority, certificate=sealer.certificate, chain=sealer.chain, roots=sealer.roots
    )
    return complete(files, claims=claims_of(evidence), vouchers=vouchers)


def _read(run: Mapping[str, bytes], *, already: Materials | None) -> Materials:
    """What is sealed is computed from the files that are signed, whoever read them first."""
    if already is None:
        return read_materials(run)
    if not already.is_of(run):
        raise EvidenceError("the files of the run changed while it was sealed", hint="`reprise seal` reads them again")
    return already


def _make(
    run: Mapping[str, bytes], materials: Materials, *, sealer: Sealer, choices: _Choices
) -> tuple[dict[str, bytes], str | None]:
    """Every file that sealing adds, and why the time-stamp is missing."""
    return seal_with(
        sealer,
        lambda prepared: _draw(run, materials, sealer=sealer, prepared=prepared, choices=choices),
        ended_at=materials.entries[-1].at,
    )


def _draw(
    run: Mapping[str, bytes], materials: Materials, *, sealer: Sealer, prepared: Prepared, choices: _Choices
) -> dict[str, bytes]:
    """Every file that sealing adds, in the order in which they may appear on disk: the attestation last."""
    scanned = scan(run, own=choices.own)
    drill = materials.plan.drill
    evidence = build_evidence(
        materials,
        language=choices.language,
        mapping=choices.catalogue.mapping(kind=drill.kind, perimeters=drill.perimeters),
        signature=prepared.statement,
        scan=scanned,
        registration=choices.registration,
        versions=program_versions(),
    )
    made = {VERDICT: canonical(build_verdict(materials)), EVIDENCE: canonical(evidence)}
    # The reports are drawn from what is on disk, as a verifier will: canonical form sorts the names within an object.
    evidence = parse_evidence(made[EVIDENCE])
    made[REPORT_HTML] = render_page(evidence).encode()
    # What a self-test saw is in the journal alone, and the reason that repeats it is here.
    scan({**made, EVIDENCE: canonical(_without_proof(evidence))}, own=choices.own, beside=run)
    drawn = draw_report(evidence, files={**run, EVIDENCE: made[EVIDENCE]})
    reason = load_words(choices.language)("seal.reason", run=evidence.run_id)
    made[REPORT_PDF] = seal_pdf(
        drawn,
        signer=sealer.signer,
        certificate=sealer.certificate,
        reason=reason,
        chain=sealer.chain,
        stamper=stamper_of(sealer, prepared),
        revocation=prepared.stored,
    )
    statement = build_statement(evidence, files={**run, **made})
    return made | {ATTESTATION: attest(statement, sealer=sealer, prepared=prepared)}


def _without_proof(evidence: Evidence) -> Evidence:
    """The words of the entries are the plan's and the request's, which are looked at there; the rest is digests."""
    return evidence.model_copy(update={"registration": None})


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


def _sealed(run_directory: Path, evidence: Evidence, *, awaited: str | None) -> Sealed:
    return Sealed(
        verdict=evidence.judgement.verdict,
        evidence=run_directory / EVIDENCE,
        report_pdf=run_directory / REPORT_PDF,
        report_html=run_directory / REPORT_HTML,
        attestation=run_directory / ATTESTATION,
        bundle=run_directory / BUNDLE,
        awaited=awaited,
    )
