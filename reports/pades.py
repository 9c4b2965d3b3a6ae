"""Checks the seal of a PDF and takes out what is attached to it. Hostile input gives a failed check, never a traceback.

pyHanko decides on the CMS and its certificate; what it lets pass (bytes after the end, bytes of the signature's own
container that mean nothing) is checked here, so that no byte of the file can change unseen.
"""

import contextlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from orchestrator.errors import EvidenceError
from reports.verification import Check, CheckCode, compared, failed, passed

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_UPPER_HEX = re.compile(rb"[0-9A-F]*")


def read_attachments(pdf: bytes) -> dict[str, bytes]:
    """The files inside a PDF, by name.

    Raises:
        EvidenceError: It is not a PDF that can be read, or it holds a name twice.
    """
    with _quiet(), _translated("report.pdf: what is attached to it cannot be read"):
        tree = PdfFileReader(io.BytesIO(pdf), strict=True).root["/Names"]["/EmbeddedFiles"]["/Names"]
        names = [str(tree[index]) for index in range(0, len(tree), 2)]
        contents = [bytes(tree[index]["/EF"]["/F"].data) for index in range(1, len(tree), 2)]
    if len(set(names)) != len(names):
        raise EvidenceError("report.pdf: two attachments have the same name")
    return dict(zip(names, contents, strict=True))


def check_seal(pdf: bytes, *, certificates: Sequence[Certificate], moment: datetime | None) -> Iterator[Check]:
    """Whether one of the trusted certificates sealed exactly this file.

    Args:
        pdf: The whole file.
        certificates: Those that are trusted; the one inside the file is not looked at.
        moment: When the run ended, in UTC; a certificate is judged as of then. None: nobody knows.
    """
    try:
        container = _container(pdf)
    except EvidenceError as error:
        yield failed(CheckCode.PDF_WHOLE, "report.pdf", str(error))
        container = b""
    else:
        yield passed(CheckCode.PDF_WHOLE, "report.pdf")
    trusted = any(_sealed_by(pdf, certificate, container=container, moment=moment) for certificate in certificates)
    yield compared(CheckCode.PDF_SIGNATURE, "report.pdf", same=trusted, otherwise="no trusted certificate sealed it")


def _container(pdf: bytes) -> bytes:
    """One signature, over every byte but its own digits; and no digit of it that could be another.

    Raises:
        EvidenceError: It is not so.
    """
    ranges = _RANGE.findall(pdf)
    if len(ranges) != 1:
        raise EvidenceError(f"{len(ranges)} signatures instead of one")
    start, length, resumed, rest = (int(number) for number in ranges[0])
    if start != 0 or resumed + rest != len(pdf) or length >= resumed:
        raise EvidenceError(f"the signature does not cover the whole file ({resumed + rest} of {len(pdf)} bytes)")
    digits = pdf[length + 1 : resumed - 1]
    if pdf[length : length + 1] != b"<" or pdf[resumed - 1 : resumed] != b">" or not _UPPER_HEX.fullmatch(digits):
        raise EvidenceError("the signature's container is not as it is written")
    return bytes.fromhex(digits.decode("ascii"))


def _is_written_as(container: bytes, certificate: Certificate) -> bool:
    """Whether the container is what this certificate's holder writes and nothing else, down to the last byte.

    A CMS has places that no signature covers (algorithm parameters, names, padding). It is written again here from
    the trusted certificate and the two parts that the mathematics cover: the signed attributes and the signature.
    """
    read = cms.ContentInfo.load(container)["content"]["signer_infos"][0]
    own = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    digest = read["digest_algorithm"]["algorithm"].native
    written = _write_again(read, own, digest=digest).dump()
    return bool(container == written + bytes(len(container) - len(written)))


def _write_again(read: cms.SignerInfo, own: asn1_x509.Certificate, *, digest: str) -> cms.ContentInfo:
    issuer = {"issuer": own.issuer, "serial_number": own.serial_number}
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
        "digest_algorithm": {"algorithm": digest},
        "signed_attrs": read["signed_attrs"],
        "signature_algorithm": {"algorithm": _mechanism(own, digest=digest)},
        "signature": read["signature"].native,
    }
    signed = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": {"content_type": "data"},
        "certificates": [own],
        "signer_infos": [signer],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _mechanism(own: asn1_x509.Certificate, *, digest: str) -> str:
    kind = str(own.public_key.algorithm)
    return {"ec": f"{digest}_ecdsa", "rsa": f"{digest}_rsa"}.get(kind, kind)


def _sealed_by(pdf: bytes, certificate: Certificate, *, container: bytes, moment: datetime | None) -> bool:
    try:
        if not _is_written_as(container, certificate):
            return False
        with _quiet():
            status = _validate(pdf, certificate, moment=moment)
    # pyHanko and asn1crypto raise whatever hostile bytes make them raise (EVIDENCE.md 2.4); all of it means no.
    except Exception:  # noqa: BLE001
        return False
    return bool(status.bottom_line) and status.coverage is not None and status.coverage.name == "ENTIRE_FILE"


def _validate(pdf: bytes, certificate: Certificate, *, moment: datetime | None) -> PdfSignatureStatus:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    (signature,) = reader.embedded_signatures
    own = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    issued = certificate.not_valid_before_utc
    context = ValidationContext(
        trust_roots=[own], allow_fetching=False, moment=max(moment, issued) if moment else issued
    )
    return validate_pdf_signature(signature, signer_validation_context=context)


@contextlib.contextmanager
def _translated(message: str) -> Iterator[None]:
    try:
        yield
    except EvidenceError:
        raise
    # As above: the parsers' own errors are many and undocumented.
    except Exception as error:
        raise EvidenceError(message) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """pyHanko logs a traceback for every file that it rejects; a rejected file is an answer, not an incident."""
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
