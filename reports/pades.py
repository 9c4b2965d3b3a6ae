"""Checks the seal of a PDF and takes out what is attached to it. Hostile input gives a failed check, never a traceback.

pyHanko decides on the CMS and its certificate; what it lets pass (bytes after the end, bytes of the signature's own
container that mean nothing) is checked here, so that no byte of the file can change unseen.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from orchestrator.errors import EvidenceError
from reports.signing.archive import signatures_of
from reports.signing.container import write_seal
from reports.signing.paths import as_asn1, from_asn1
from reports.signing.quiet import quiet, refusing
from reports.signing.revocation import Revocation, read_revocation
from reports.signing.timestamps import TimeStamp
from reports.verification import Check, CheckCode, compared, failed, passed


def read_attachments(pdf: bytes) -> dict[str, bytes]:
    """The files inside a PDF, by name.

    Raises:
        EvidenceError: It is not a PDF that can be read, or it holds a name twice.
    """
    with refusing("report.pdf: what is attached to it cannot be read"):
        tree = PdfFileReader(io.BytesIO(pdf), strict=True).root["/Names"]["/EmbeddedFiles"]["/Names"]
        names = [str(tree[index]) for index in range(0, len(tree), 2)]
        contents = [bytes(tree[index]["/EF"]["/F"].data) for index in range(1, len(tree), 2)]
    if len(set(names)) != len(names):
        raise EvidenceError("report.pdf: two attachments have the same name")
    return dict(zip(names, contents, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealInside:
    """What a PDF's seal brings with it. Nothing is known of any of it yet."""

    certificates: tuple[Certificate, ...]
    signature: bytes
    token: bytes | None
    """A time-stamp over the signature."""
    revocation: Revocation | None
    """What is in the security store (DSS) of the file; None where there is no store."""


def read_seal(pdf: bytes) -> SealInside:
    """Take out what a seal brings with it.

    Raises:
        EvidenceError: It is not one seal over the whole file.
    """
    with refusing("report.pdf: its seal cannot be read"):
        signed = _signed_data(_container(pdf))
        (signer,) = signed["signer_infos"]
        tokens = [
            value.dump()
            for attribute in signer["unsigned_attrs"] or ()
            for value in attribute["values"]
            if attribute["type"].native == "signature_time_stamp_token"
        ]
        return SealInside(
            certificates=tuple(from_asn1(one.chosen) for one in signed["certificates"]),
            signature=signer["signature"].native,
            token=bytes(tokens[0]) if tokens else None,
            revocation=read_revocation(pdf),
        )


def check_seal(
    pdf: bytes,
    *,
    certificates: Sequence[Certificate],
    moment: datetime | None,
    chain: Sequence[Certificate] = (),
    stamp: TimeStamp | None = None,
) -> Iterator[Check]:
    """Whether one of the trusted certificates sealed exactly this file.

    Args:
        pdf: The whole file.
        certificates: Those that are trusted, by themselves or by their path; the one inside the file is not looked at.
        moment: When it was sealed, as far as that is proved, in UTC; a certificate is judged as of then. None: nobody
            knows.
        chain: What must be in the seal beside the certificate, verified by the caller.
        stamp: The time-stamp that must be in the seal, verified by the caller.
    """
    try:
        container = _container(pdf)
    except EvidenceError as error:
        yield failed(CheckCode.PDF_WHOLE, "report.pdf", str(error))
        container = b""
    else:
        yield passed(CheckCode.PDF_WHOLE, "report.pdf")
    trusted = any(
        _sealed_by(pdf, one, container=container, moment=moment, chain=chain, stamp=stamp) for one in certificates
    )
    yield compared(CheckCode.PDF_SIGNATURE, "report.pdf", same=trusted, otherwise="no trusted certificate sealed it")


def _container(pdf: bytes) -> bytes:
    """One signature, over every byte but its own digits; and no digit of it that could be another.

    Raises:
        EvidenceError: It is not so.
    """
    found = signatures_of(pdf)
    if len(found) != 1:
        raise EvidenceError(f"{len(found)} signatures instead of one")
    if found[0].end != len(pdf):
        raise EvidenceError(f"the signature does not cover the whole file ({found[0].end} of {len(pdf)} bytes)")
    return found[0].container


def _signed_data(container: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(container)["content"]


def _is_written_as(
    container: bytes, certificate: Certificate, *, chain: Sequence[Certificate], stamp: TimeStamp | None
) -> bool:
    """Whether the container is what this certificate's holder writes and nothing else, down to the last byte."""
    written = write_seal(
        _signed_data(container),
        own=as_asn1(certificate),
        chain=[as_asn1(one) for one in chain],
        token=stamp.token if stamp else None,
    )
    return container == written + bytes(len(container) - len(written))


def _sealed_by(
    pdf: bytes,
    certificate: Certificate,
    *,
    container: bytes,
    moment: datetime | None,
    chain: Sequence[Certificate],
    stamp: TimeStamp | None,
) -> bool:
    try:
        if not _is_written_as(container, certificate, chain=chain, stamp=stamp):
            return False
        with quiet():
            status = _validate(pdf, certificate, moment=moment, stamp=stamp)
    # pyHanko and asn1crypto raise whatever hostile bytes make them raise (EVIDENCE.md 2.4); all of it means no.
    except Exception:  # noqa: BLE001
        return False
    return bool(status.bottom_line) and status.coverage is not None and status.coverage.name == "ENTIRE_FILE"


def _validate(
    pdf: bytes, certificate: Certificate, *, moment: datetime | None, stamp: TimeStamp | None
) -> PdfSignatureStatus:
    """pyHanko's own judgement, for whom these two certificates are trusted by themselves: their paths are known."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    (signature,) = reader.embedded_signatures
    issued = certificate.not_valid_before_utc
    sealed = _trusting(certificate, moment=max(moment, issued) if moment else issued)
    timed = _trusting(stamp.path[0], moment=stamp.at) if stamp else None
    return validate_pdf_signature(signature, signer_validation_context=sealed, ts_validation_context=timed)


def _trusting(certificate: Certificate, *, moment: datetime) -> ValidationContext:
    return ValidationContext(trust_roots=[as_asn1(certificate)], allow_fetching=False, moment=moment)
