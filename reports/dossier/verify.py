"""Verifies a dossier: signatures and digests, each bundle, the register; then builds all of it again and compares.

Offline, and with no trust in anything inside. Of each bundle everything is asked but whether its drawings are what its
evidence looks like: their signature covers them, and drawing hundreds of reports again would take an hour.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.x509 import Certificate

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.bundle import CERTIFICATE, INSTRUCTIONS, instructions
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.extract import REGISTER
from reports.dossier.layout import (
    DOSSIER_JSON,
    DOSSIER_PDF,
    Archive,
    archive_names,
    open_archive,
)
from reports.dossier.recompute import check_archive
from reports.dossier.render import draw_dossier
from reports.dossier.seal import GUIDE, state_dossier
from reports.envelope import Attestation, parse_attestation
from reports.keys import certificate_pem, fingerprint, subject_name
from reports.layout import ATTESTATION
from reports.pades import check_seal, read_attachments
from reports.render import program_versions
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

_BESIDE = (ATTESTATION, CERTIFICATE, INSTRUCTIONS)
"""What the attestation does not bind: itself, and two files that must be what they always are."""


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
    trust: Trust

    @property
    def certificate(self) -> Certificate | None:
        """The trusted certificate that the dossier says it is sealed with."""
        return _named(self.dossier, self.trust.certificates)


def verify_dossier(path: Path, *, trust: Trust) -> VerificationReport:
    """Check everything that can be checked about the archive or the PDF of a dossier.

    Args:
        path: `dossier.zip`, or `dossier.pdf` alone, which cannot be computed again without the bundles.
        trust: Whom the caller trusts, for the dossier and for its reports. With no certificate, nothing is valid.

    Returns:
        The answers. Nothing is raised for what is at the path, whatever it is.
    """
    kind = Kind.DOSSIER_PDF if path.suffix == ".pdf" else Kind.DOSSIER
    verify = _verify_pdf if kind is Kind.DOSSIER_PDF else _verify_archive
    try:
        dossier, checks = verify(path, trust)
    except (EvidenceError, OSError) as error:
        checks = (failed(CheckCode.READABLE, path.name, str(error)),)
        return VerificationReport(kind=kind, name=path.name, run_id=None, verdict=None, signer=None, checks=checks)
    trusted = _named(dossier, trust.certificates)
    signer = subject_name(trusted) if trusted else None
    return VerificationReport(kind=kind, name=path.name, run_id=None, verdict=None, signer=signer, checks=checks)


def _verify_pdf(path: Path, trust: Trust) -> tuple[Dossier, tuple[Check, ...]]:
    pdf = path.read_bytes()
    attached = read_attachments(pdf)
    dossier = parse_dossier(attached.get(DOSSIER_JSON, b""))
    only = compared(
        CheckCode.PDF_ATTACHMENTS, path.name, same=list(attached) == [DOSSIER_JSON], otherwise="there are other files"
    )
    checks = (
        passed(CheckCode.READABLE, DOSSIER_JSON),
        _certificate(dossier, trust.certificates),
        only,
        *_sealed(pdf, dossier, trust.certificates, name=path.name),
        noted(CheckCode.DOSSIER, path.name, "the bundles and the register are not inside: verify dossier.zip"),
    )
    return dossier, _with_drawing(checks, dossier, pdf=pdf, document=attached[DOSSIER_JSON], name=path.name)


def _verify_archive(path: Path, trust: Trust) -> tuple[Dossier, tuple[Check, ...]]:
    with open_archive(path) as archive:
        document = archive.read(DOSSIER_JSON)
        dossier = parse_dossier(document)
        digests = {name: sha256(archive.read(name)) for name in archive.names}
        found = _Found(archive=archive, dossier=dossier, digests=digests, trust=trust)
        checks = tuple(_checks(found))
        pdf = archive.read(DOSSIER_PDF) if DOSSIER_PDF in digests else b""
    return dossier, _with_drawing(checks, dossier, pdf=pdf, document=document, name=DOSSIER_PDF)


def _checks(found: _Found) -> Iterator[Check]:
    yield passed(CheckCode.READABLE, DOSSIER_JSON)
    yield _certificate(found.dossier, found.trust.certificates)
    yield from attempted(CheckCode.ATTESTATION_SIGNATURE, ATTESTATION, lambda: _attested(found))
    yield from attempted(CheckCode.PDF_ATTACHMENTS, DOSSIER_PDF, lambda: _pdf(found))
    yield from attempted(CheckCode.REGISTER_CHAIN, REGISTER, lambda: _computed(found))


def _computed(found: _Found) -> Iterator[Check]:
    return check_archive(found.archive, dossier=found.dossier, certificate=found.certificate, trust=found.trust)


def _certificate(dossier: Dossier, certificates: Sequence[Certificate]) -> Check:
    """Whether a trusted certificate is named that had not expired when the dossier says that it was made."""
    trusted, subject = _named(dossier, certificates), dossier.signature.signer
    if trusted is None:
        known = "none is trusted here" if not certificates else "it is not among the trusted ones"
        return failed(CheckCode.CERTIFICATE, subject, f"certificate {dossier.signature.certificate_sha256}: {known}")
    alive = dossier.scope.made_at <= trusted.not_valid_after_utc
    return compared(CheckCode.CERTIFICATE, subject, same=alive, otherwise="it had expired when the dossier was made")


def _named(dossier: Dossier, certificates: Sequence[Certificate]) -> Certificate | None:
    return next((one for one in certificates if fingerprint(one) == dossier.signature.certificate_sha256), None)


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
    yield from _sealed(pdf, found.dossier, found.trust.certificates, name=DOSSIER_PDF)


def _sealed(pdf: bytes, dossier: Dossier, certificates: Sequence[Certificate], *, name: str) -> Iterator[Check]:
    trusted = _named(dossier, certificates)
    acceptable = [trusted] if trusted else []
    for check in check_seal(pdf, certificates=acceptable, moment=dossier.scope.made_at):
        yield replace(check, subject=name)


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
