"""The archived report: the sealed PDF as it is, then revisions that each add one document time-stamp, and nothing else.

Made when a report was sealed without a time-stamp, and again before the newest time-stamp ages. What was sealed is the
beginning of the file, byte for byte.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.signers import PdfTimeStamper

from orchestrator.errors import EvidenceError
from reports.signing.authority import Stamper
from reports.signing.quiet import refusing
from reports.signing.revocation import Revocation, read_revocation, supply
from reports.signing.timestamps import TimeStamp, imprint_of, verify_time_stamp

RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_UPPER_HEX = re.compile(rb"[0-9A-F]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What one signature of a PDF covers, and the bytes of its container."""

    content: bytes
    container: bytes
    end: int
    """Where the revision ends that it covers."""


def signatures_of(pdf: bytes) -> tuple[Covered, ...]:
    """The signatures of a PDF in the order of their revisions: each from the first byte to the end of its revision.

    Raises:
        EvidenceError: One of them leaves something out but its own digits, or they overlap, or a digit of one could be
            another.
    """
    found, before = [], 0
    for match in RANGE.finditer(pdf):
        start, length, resumed, rest = (int(number) for number in match.groups())
        end = resumed + rest
        if start != 0 or not (before <= length < resumed <= end <= len(pdf) and before <= match.start() < end):
            raise EvidenceError(f"a signature does not cover its whole revision ({end} of {len(pdf)} bytes)")
        digits = pdf[length + 1 : resumed - 1]
        if pdf[length : length + 1] != b"<" or pdf[resumed - 1 : resumed] != b">" or not _UPPER_HEX.fullmatch(digits):
            raise EvidenceError("the container of a signature is not as it is written")
        container = bytes.fromhex(digits.decode("ascii"))
        found.append(Covered(content=pdf[:length] + pdf[resumed:end], container=container, end=end))
        before = end
    return tuple(found)


def sealed_part(pdf: bytes) -> bytes:
    """What was sealed, of a PDF that may have revisions after it. The whole file, where it has no seal."""
    try:
        first = signatures_of(pdf)[:1]
    except (EvidenceError, ValueError):
        return pdf
    return pdf[: first[0].end] if first else pdf


def add_archive_stamp(pdf: bytes, *, stamper: Stamper, revocation: Revocation) -> bytes:
    """One more revision: what is known of revocation now, and a time-stamp over everything.

    Args:
        pdf: A sealed or an archived report; it is the beginning of the result.
        stamper: Who time-stamps.
        revocation: Of the certificates of the seal and the authority.

    Raises:
        AuthorityError: There is no time-stamp to be had.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    supply(writer, revocation)
    number = len(RANGE.findall(pdf))
    archived = PdfTimeStamper(stamper, field_name=f"Archive{number}").timestamp_pdf(writer, "sha256")
    return bytes(archived.getbuffer())


def read_archive(archived: bytes, *, sealed: bytes, roots: Sequence[Certificate]) -> tuple[TimeStamp, ...]:
    """The archive time-stamps, oldest first, of a file that holds nothing else beside what was sealed.

    Args:
        archived: The whole file.
        sealed: The report as it was sealed.
        roots: The authorities that are trusted.

    Raises:
        EvidenceError: It begins with another report, something else was added, a byte is not covered, or a time-stamp
            is not one.
    """
    if not archived.startswith(sealed) or len(archived) == len(sealed):
        raise EvidenceError("it does not begin with the report that was sealed")
    found = signatures_of(archived)
    if len(found) < 2 or found[0].end != len(sealed) or found[-1].end != len(archived):
        raise EvidenceError("its last time-stamp does not cover the whole file")
    _check_additions(archived, sealed=sealed, stamps=len(found) - 1)
    revocation = read_revocation(archived) or Revocation()
    return tuple(_stamp(one, roots=roots, revocation=revocation) for one in found[1:])


def _stamp(covered: Covered, *, roots: Sequence[Certificate], revocation: Revocation) -> TimeStamp:
    token = _without_padding(covered.container)
    return verify_time_stamp(token, imprint=imprint_of(covered.content), roots=roots, revocation=revocation)


def _without_padding(container: bytes) -> bytes:
    """A token says its own length; what follows must be zeros."""
    with refusing("time-stamp: it is not a token that can be read"):
        size = 2 + (container[1] if container[1] < 0x80 else (container[1] & 0x7F) + _long(container))
        if container[size:].strip(b"\x00"):
            raise EvidenceError("time-stamp: something follows it")
        return container[:size]


def _long(container: bytes) -> int:
    return int.from_bytes(container[2 : 2 + (container[1] & 0x7F)], "big")


def _check_additions(archived: bytes, *, sealed: bytes, stamps: int) -> None:
    """Nothing was added but time-stamps: pyHanko compares every revision with the one before it, object by object.

    A revision that changes nothing has nothing to do there either: each must be that of a time-stamp.
    """
    with refusing("something was added to it that is not a time-stamp"):
        reader = PdfFileReader(io.BytesIO(archived), strict=True)
        before = PdfFileReader(io.BytesIO(sealed), strict=True).xrefs.total_revisions
        if reader.xrefs.total_revisions != before + stamps:
            raise EvidenceError("something was added to it that is not a time-stamp")
        (seal,) = reader.embedded_regular_signatures
        if len(reader.embedded_timestamp_signatures) != stamps:
            raise EvidenceError("something was added to it that is not a time-stamp")
        seal.compute_integrity_info(diff_policy=DEFAULT_DIFF_POLICY)
        difference = seal.diff_result
        known = isinstance(difference, DiffResult) and difference.modification_level is ModificationLevel.LTA_UPDATES
        if not known:
            raise EvidenceError("something was added to it that is not a time-stamp")
