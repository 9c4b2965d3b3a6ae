"""Verifies a dossier: signatures and digests, each bundle, the register; then builds all of it again and compares.

Offline, and with no trust in anything inside. Of each bundle everything is asked but whether its drawings are what its
evidence looks like: their signature covers them, and drawing hundreds of reports again would take an hour.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.assessment import Assessment, Trust
from reports.authorship import check_authorship
from reports.bundle import CERTIFICATE, INSTRUCTIONS, instructions
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.extract import REGISTER
from reports.dossier.layout import (
    DOSSIER_ARCHIVED,
    DOSSIER_JSON,
    DOSSIER_PDF,
    SEALED,
    Archive,
    archive_names,
    open_archive,
)
from reports.dossier.recompute import check_archive
from reports.dossier.render import draw_dossier
from reports.dossier.seal import GUIDE, claims_of, state_dossier
from reports.envelope import Attestation, parse_attestation
from reports.keys import certificate_pem, subject_name
from reports.layout import ATTESTATION, RENEWALS
from reports.pades import check_seal, read_attachments
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

_BESIDE = (ATTESTATION, DOSSIER_ARCHIVED, RENEWALS, CERTIFICATE, INSTRUCTIONS)
"""What the attestation does not bind: itself, what later time-stamps bind, and two files that are always the same."""


def is_dossier(path: Path) -> bool:
    """Whether a file says of itself that it is a dossier: nothing more is known of it."""
    try:
        if path.suffix == ".zip":
            return DOSSIER_JSON in archive_names(path)
        return path.suffix == ".pdf" and DOSSIER_JSON in read_attachments(path.read_bytes())
    except (OSError, EvidenceError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An archive that was opened, and the dossier in it. `digests`: of every member."""

    archive: Archive
    dossier: Dossier
    digests: Mapping[str, str]
    assessment: Assessment

    @property
    def certificate(self) -> Certificate | None:
        """The trusted certificate that the dossier says it is sealed with."""
        return self.assessment.certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What was asked about a dossier, and whose seal it is."""

    assessment: Assessment
    checks: tuple[Check, ...]


def verify_dossier(path: Path, *, trust: Trust) -> VerificationReport:
    """Check everything that can be checked about the archive or the PDF of a dossier.

    Args:
        path: `dossier.zip`, or a sealed or an archived PDF alone, which cannot be computed again without the bundles.
        trust: Whom the caller trusts, for the dossier and for its reports. With no certificate, nothing is valid.

    Returns:
        The answers. Nothing is raised for what is at the path, whatever it is.
    """
    kind = Kind.DOSSIER_PDF if path.suffix == ".pdf" else Kind.DOSSIER
    verify = _verify_pdf if kind is Kind.DOSSIER_PDF else _verify_archive
    try:
        answers = verify(path, trust)
    except (EvidenceError, OSError) as error:
        checks = (failed(CheckCode.READABLE, path.name, str(error)),)
        return VerificationReport(kind=kind, name=path.name, run_id=None, verdict=None, signer=None, checks=checks)
    assessment = answers.assessment
    return VerificationReport(
        kind=kind,
        name=path.name,
        run_id=None,
        verdict=None,
        signer=subject_name(assessment.certificate) if assessment.certificate else None,
        checks=answers.checks,
        level=assessment.level,
        proved_at=assessment.pdf_moment or assessment.attestation_moment,
    )


def _verify_pdf(path: Path, trust: Trust) -> _Answers:
    content = path.read_bytes()
    pdf = sealed_part(content)
    attached = read_attachments(pdf)
    dossier = parse_dossier(attached.get(DOSSIER_JSON, b""))
    archived = {DOSSIER_ARCHIVED: content} if len(pdf) < len(content) else {}
    assessment = Assessment(files={DOSSIER_PDF: pdf, **archived}, claims=claims_of(dossier), trust=trust)
    only = compared(
        CheckCode.PDF_ATTACHMENTS, path.name, same=list(attached) == [DOSSIER_JSON], otherwise="there are other files"
    )
    checks = (
        passed(CheckCode.READABLE, DOSSIER_JSON),
        *check_authorship(assessment),
        only,
        *_sealed(pdf, assessment, name=path.name),
        noted(CheckCode.DOSSIER, path.name, "the bundles and the register are not inside: verify dossier.zip"),
    )
    drawn = _with_drawing(checks, dossier, pdf=pdf, document=attached[DOSSIER_JSON], name=path.name)
    return _Answers(assessment=assessment, checks=drawn)


def _verify_archive(path: Path, trust: Trust) -> _Answers:
    with open_archive(path) as archive:
        document = archive.read(DOSSIER_JSON)
        dossier = parse_dossier(document)
        digests = {name: sha256(archive.read(name)) for name in archive.names}
        sealed = {name: archive.read(name) for name in SEALED if name in digests}
        assessment = Assessment(files=sealed, claims=claims_of(dossier), trust=trust)
        found = _Found(archive=archive, dossier=dossier, digests=digests, assessment=assessment)
        checks = tuple(_checks(found))
    drawn = _with_drawing(checks, dossier, pdf=sealed.get(DOSSIER_PDF, b""), document=document, name=DOSSIER_PDF)
    return _Answers(assessment=assessment, checks=drawn)


def _checks(found: _Found) -> Iterator[Check]:
    yield passed(CheckCode.READABLE, DOSSIER_JSON)
    yield from check_authorship(found.assessment)
    yield from attempted(CheckCode.ATTESTATION_SIGNATURE, ATTESTATION, lambda: _attested(found))
    yield from attempted(CheckCode.PDF_ATTACHMENTS, DOSSIER_PDF, lambda: _pdf(found))
    yield from attempted(CheckCode.REGISTER_CHAIN, REGISTER, lambda: _computed(found))


def _computed(found: _Found) -> Iterator[Check]:
    trust = found.assessment.trust
    return check_archive(found.archive, dossier=found.dossier, certificate=found.certificate, trust=trust)


def _attested(found: _Found) -> Iterator[Check]:
    attestation = parse_attestation(found.archive.read(ATTESTATION))
    acceptable = [found.certificate] if found.certificate else []
    signed = attestation.signed_by(acceptable) is not None
    otherwise = "no trusted certificate signed it"
    yield compared(CheckCode.ATTESTATION_SIGNATURE, ATTESTATION, same=signed, otherwise=otherwise)
    yield from _digests(found, attestation)
    yield from _unbound(found, attestation)
    covered = {name: digest for name, digest in found.digests.items() if name not in _BESIDE}
    same = state_dossier(found.dossier, digests=covered) == attestation.statement
    yield compared(CheckCode.STATEMENT, ATTESTATION, same=same, otherwise="it is not what these files give")


def _digests(found: _Found, attestation: Attestation) -> Iterator[Check]:
    """One answer for all files where they are as they were signed; else one for each that is not."""
    wrong = False
    for subject in attestation.statement.subject:
        digest = found.digests.get(subject.name)
        if digest != subject.digest.sha256:
            wrong = True
            yield failed(CheckCode.FILE_DIGEST, subject.name, "it was altered" if digest else "it is missing")
    if not wrong:
        yield passed(CheckCode.FILE_DIGEST, ATTESTATION, f"{len(attestation.statement.subject)} files")


def _unbound(found: _Found, attestation: Attestation) -> Iterator[Check]:
    bound = {subject.name for subject in attestation.statement.subject}
    for name in found.archive.names:
        if name not in bound and name not in _BESIDE:
            yield failed(CheckCode.FILE_UNBOUND, name, "the attestation does not cover it")
    yield from _convenience(found)


def _convenience(found: _Found) -> Iterator[Check]:
    """The certificate and the instructions, which nothing signs, are what this version writes."""
    trusted = found.certificate
    for name in (CERTIFICATE, INSTRUCTIONS):
        if trusted is None:
            yield noted(CheckCode.FILE_UNBOUND, name, "nothing trusted to compare it with")
        elif name == INSTRUCTIONS and found.dossier.versions != program_versions():
            yield noted(CheckCode.FILE_UNBOUND, name, "made by another version, whose words are not known here")
        else:
            guide = instructions(trusted, signature=found.dossier.signature, guide=GUIDE).encode()
            expected = certificate_pem(trusted) if name == CERTIFICATE else guide
            same = found.digests.get(name) == sha256(expected)
            yield compared(CheckCode.FILE_UNBOUND, name, same=same, otherwise="it is not as this version writes it")


def _pdf(found: _Found) -> Iterator[Check]:
    pdf = found.archive.read(DOSSIER_PDF)
    same = read_attachments(pdf) == {DOSSIER_JSON: found.archive.read(DOSSIER_JSON)}
    yield compared(CheckCode.PDF_ATTACHMENTS, DOSSIER_PDF, same=same, otherwise="it is not dossier.json, and it alone")
    yield from _sealed(pdf, found.assessment, name=DOSSIER_PDF)


def _sealed(pdf: bytes, assessment: Assessment, *, name: str) -> Iterator[Check]:
    checks = check_seal(
        pdf,
        certificates=[assessment.certificate] if assessment.certificate else [],
        moment=assessment.pdf_moment or assessment.claims.ended_at,
        chain=assessment.chain,
        stamp=assessment.pdf_stamp,
    )
    yield from (replace(check, subject=name) for check in checks)


def _with_drawing(
    checks: tuple[Check, ...], dossier: Dossier, *, pdf: bytes, document: bytes, name: str
) -> tuple[Check, ...]:
    """Drawing again takes up to a minute, and says nothing more about files that are known to be wrong."""
    if any(check.status is Status.FAILED for check in checks):
        return (*checks, noted(CheckCode.PDF_REDRAWN, name, "not asked: something else is wrong already"))
    if dossier.versions != program_versions():
        detail = "made with other versions: not comparable here; the signature covers it all the same"
        return (*checks, noted(CheckCode.PDF_REDRAWN, name, detail))
    same = pdf.startswith(draw_dossier(dossier, document=document))
    return (*checks, compared(CheckCode.PDF_REDRAWN, name, same=same, otherwise="it says something else"))
