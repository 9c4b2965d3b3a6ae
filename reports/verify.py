"""Verifies a PDF, a run, a bundle or an attestation: signatures, digests, chain; then computes everything again.

Offline, and with no trust in anything that comes with the files: not their certificate, not their figures.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import canonical, sha256
from orchestrator.errors import EvidenceError
from reports.assessment import Assessment, Trust
from reports.authorship import check_authorship
from reports.bundle import CERTIFICATE, INSTRUCTIONS, instructions
from reports.claims import claims_of
from reports.envelope import Attestation, build_statement, parse_attestation
from reports.evidence import Evidence, build_verdict, parse_evidence
from reports.keys import certificate_pem, subject_name
from reports.layout import (
    ARCHIVED,
    ATTESTATION,
    EVIDENCE,
    RENEWALS,
    REPORT_PDF,
    VERDICT,
    attachment_names,
    read_bundle,
    read_directory,
    sources,
)
from reports.materials import DRILL, JOURNAL, PLAN, read_materials
from reports.pades import check_seal, read_attachments
from reports.recompute import check_contents, check_drawings
from reports.render import program_versions
from reports.signing.archive import sealed_part
from reports.verification import (
    Check,
    CheckCode,
    Kind,
    Status,
    VerificationReport,
    attempted,
    compared,
    failed,
    noted,
    passed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is at a path: its files by their names in a run directory, and the evidence, where it can be read."""

    kind: Kind
    files: Mapping[str, bytes]
    evidence: Evidence
    assessment: Assessment

    @property
    def certificate(self) -> Certificate | None:
        """The trusted certificate that the evidence says it is sealed with."""
        return self.assessment.certificate

    @property
    def acceptable(self) -> Sequence[Certificate]:
        """Who may have signed: the one that the evidence names; where it names none that is trusted, nobody."""
        return [self.certificate] if self.certificate else []


def verify(path: Path, *, trust: Trust) -> VerificationReport:
    """Check everything that can be checked about what is at a path.

    Args:
        path: A sealed or an archived PDF, a run directory, a bundle, or an attestation beside its files.
        trust: Whom the caller trusts, and for what. With no certificate, nothing is valid.

    Returns:
        The answers. Nothing is raised for what is at the path, whatever it is.
    """
    kind = _kind(path)
    try:
        files = _read(path, kind=kind)
        found = _found(files, kind=kind, trust=trust)
    except EvidenceError as error:
        return _unreadable(path, kind=kind, error=error)
    return _report(found, name=path.name, checks=_with_drawings(tuple(_checks(found)), found))


def verify_undrawn(files: Mapping[str, bytes], *, name: str, trust: Trust) -> VerificationReport:
    """Check a bundle's files as `verify` does, but draw nothing again: for hundreds of bundles at once.

    Their drawings are signed like everything else; what is not asked is whether they are what the evidence looks like.

    Args:
        files: What `read_bundle` found.
        name: What the report calls it.
        trust: Whom the caller trusts, and for what.

    Raises:
        EvidenceError: There is no evidence document among the files.
    """
    found = _found(files, kind=Kind.BUNDLE, trust=trust)
    left = noted(CheckCode.PDF_REDRAWN, REPORT_PDF, "not asked")
    return _report(found, name=name, checks=(*_checks(found), left))


def _found(files: Mapping[str, bytes], *, kind: Kind, trust: Trust) -> _Found:
    evidence = parse_evidence(_needed(files, EVIDENCE))
    assessment = Assessment(files=files, claims=claims_of(evidence), trust=trust)
    return _Found(kind=kind, files=files, evidence=evidence, assessment=assessment)


def _report(found: _Found, *, name: str, checks: tuple[Check, ...]) -> VerificationReport:
    return VerificationReport(
        kind=found.kind,
        name=name,
        run_id=found.evidence.run_id,
        verdict=found.evidence.judgement.verdict,
        signer=subject_name(found.certificate) if found.certificate else None,
        checks=checks,
        level=found.assessment.level,
        proved_at=found.assessment.pdf_moment or found.assessment.attestation_moment,
    )


def _kind(path: Path) -> Kind:
    if path.is_dir():
        return Kind.DIRECTORY
    return {".pdf": Kind.PDF, ".zip": Kind.BUNDLE}.get(path.suffix, Kind.ATTESTATION)


def _read(path: Path, *, kind: Kind) -> dict[str, bytes]:
    if kind is Kind.DIRECTORY:
        return read_directory(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path.name}: it cannot be read: {error.strerror}") from error
    if kind is Kind.BUNDLE:
        return read_bundle(content)
    return _from_pdf(content) if kind is Kind.PDF else {**read_directory(path.parent), ATTESTATION: content}


def _from_pdf(content: bytes) -> dict[str, bytes]:
    """The files inside what was sealed, under the names that they have in the run, with the PDF itself."""
    sealed = sealed_part(content)
    attached = read_attachments(sealed)
    evidence = parse_evidence(_needed(attached, EVIDENCE))
    run = (EVIDENCE, PLAN, JOURNAL, DRILL, *(series.file for series in evidence.series))
    inside = attachment_names(run)
    archived = {ARCHIVED: content} if len(sealed) < len(content) else {}
    return {name: attached[inside[name]] for name in run if inside[name] in attached} | {REPORT_PDF: sealed} | archived


def _unreadable(path: Path, *, kind: Kind, error: EvidenceError) -> VerificationReport:
    checks = (failed(CheckCode.READABLE, path.name, str(error)),)
    return VerificationReport(kind=kind, name=path.name, run_id=None, verdict=None, signer=None, checks=checks)


def _checks(found: _Found) -> Iterator[Check]:
    yield passed(CheckCode.READABLE, EVIDENCE)
    yield from check_authorship(found.assessment)
    if found.kind is not Kind.PDF:
        yield from attempted(CheckCode.ATTESTATION_SIGNATURE, ATTESTATION, lambda: _attested(found))
        yield from attempted(CheckCode.PDF_ATTACHMENTS, REPORT_PDF, lambda: _attachments(found))
    if REPORT_PDF in found.files:
        assessment = found.assessment
        yield from check_seal(
            found.files[REPORT_PDF],
            certificates=found.acceptable,
            moment=assessment.pdf_moment or found.evidence.journal.ended_at,
            chain=assessment.chain,
            stamp=assessment.pdf_stamp,
        )
    yield from check_contents(
        found.files,
        evidence=found.evidence,
        certificate=found.certificate,
        trust=found.assessment.trust,
    )


def _with_drawings(checks: tuple[Check, ...], found: _Found) -> tuple[Check, ...]:
    """Drawing again takes seconds, and says nothing more about files that are known to be wrong."""
    if any(check.status is Status.FAILED for check in checks):
        return (*checks, noted(CheckCode.PDF_REDRAWN, REPORT_PDF, "not asked: something else is wrong already"))
    drawn = attempted(CheckCode.PDF_REDRAWN, REPORT_PDF, lambda: check_drawings(found.files, evidence=found.evidence))
    return (*checks, *drawn)


def _attested(found: _Found) -> Iterator[Check]:
    attestation = parse_attestation(_needed(found.files, ATTESTATION))
    signed = attestation.signed_by(found.acceptable) is not None
    otherwise = "no trusted certificate signed it"
    yield compared(CheckCode.ATTESTATION_SIGNATURE, ATTESTATION, same=signed, otherwise=otherwise)
    yield from check_digests(found.files, attestation)
    yield from _unbound(found, attestation)
    yield _stated(found, attestation)


def check_digests(files: Mapping[str, bytes], attestation: Attestation) -> Iterator[Check]:
    """Whether each file that an attestation names is there, byte for byte; who signed it is another question."""
    for subject in attestation.statement.subject:
        content = files.get(subject.name)
        if content is None:
            yield failed(CheckCode.FILE_DIGEST, subject.name, "it is missing")
        else:
            same = sha256(content) == subject.digest.sha256
            yield compared(CheckCode.FILE_DIGEST, subject.name, same=same, otherwise="it was altered")


def _unbound(found: _Found, attestation: Attestation) -> Iterator[Check]:
    """What came along without being signed. In a bundle, two files may, and must be what they always are."""
    bound = {ATTESTATION, ARCHIVED, RENEWALS, *(subject.name for subject in attestation.statement.subject)}
    for name in sorted(found.files.keys() - bound):
        if found.kind is not Kind.BUNDLE or name not in {CERTIFICATE, INSTRUCTIONS}:
            yield failed(CheckCode.FILE_UNBOUND, name, "the attestation does not cover it")
        elif found.certificate is None:
            yield noted(CheckCode.FILE_UNBOUND, name, "nothing trusted to compare it with")
        elif name == INSTRUCTIONS and found.evidence.versions != program_versions():
            yield noted(CheckCode.FILE_UNBOUND, name, "made by another version, whose words are not known here")
        else:
            trusted = found.certificate
            guide = instructions(trusted, signature=found.evidence.signature)
            expected = certificate_pem(trusted) if name == CERTIFICATE else guide.encode()
            same = found.files[name] == expected
            yield compared(CheckCode.FILE_UNBOUND, name, same=same, otherwise="it is not as this version writes it")


def _stated(found: _Found, attestation: Attestation) -> Check:
    """The statement made again from the evidence and the files: nothing is left out of it, nothing added."""
    beside = {ATTESTATION, ARCHIVED, RENEWALS, CERTIFICATE, INSTRUCTIONS}
    covered = {name: content for name, content in found.files.items() if name not in beside}
    again = build_statement(found.evidence, files=covered)
    verdict = canonical(build_verdict(read_materials(sources(found.files)))) == found.files.get(VERDICT)
    same = again == attestation.statement and verdict
    return compared(CheckCode.STATEMENT, ATTESTATION, same=same, otherwise="it is not what these files give")


def _attachments(found: _Found) -> Iterator[Check]:
    expected = {**sources(found.files), EVIDENCE: found.files[EVIDENCE]}
    inside = attachment_names(expected)
    same = read_attachments(_needed(found.files, REPORT_PDF)) == {inside[name]: expected[name] for name in expected}
    yield compared(CheckCode.PDF_ATTACHMENTS, REPORT_PDF, same=same, otherwise="they are not the files of the run")


def _needed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise EvidenceError(f"{name}: it is missing")
    return files[name]
