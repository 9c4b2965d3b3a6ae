"""Renewals of the attestation's time-stamp: tokens in a file of their own, each over everything before it.

The attestation's own token ages as its authority's certificate does. The first renewal is over the bytes of
`attestation.sigstore.json`, that token included; each later one over those bytes and every renewal before it.
"""

import base64
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from cryptography.x509 import Certificate

from orchestrator.core.canonical import canonical
from orchestrator.core.model import Record
from orchestrator.errors import EvidenceError
from reports.signing.quiet import refusing
from reports.signing.revocation import Revocation
from reports.signing.timestamps import TimeStamp, read_response, read_time_stamp, write_response


class Renewals(Record):
    """The file: whole answers of authorities (`TimeStampResp`), in base64, oldest first."""

    format: Literal["reprise/renewals/v1"] = "reprise/renewals/v1"
    timestamps: tuple[str, ...]


def covered_by_next(attestation: bytes, renewals: bytes | None) -> bytes:
    """What the next renewal is over: the attestation's bytes, then those of each answer so far.

    Raises:
        EvidenceError: The renewals are not a file of this format.
    """
    return b"".join((attestation, *_answers(renewals)))


def add_renewal(renewals: bytes | None, *, token: bytes) -> bytes:
    """The same file with one renewal more.

    Args:
        renewals: The file; None where there is none yet.
        token: A verified time-stamp over `covered_by_next`.

    Raises:
        EvidenceError: The renewals are not a file of this format.
    """
    answers = (*_answers(renewals), write_response(token))
    return canonical(Renewals(timestamps=tuple(base64.b64encode(one).decode("ascii") for one in answers)))


def read_renewals(
    renewals: bytes, *, attestation: bytes, roots: Sequence[Certificate], revocation: Revocation
) -> tuple[TimeStamp, ...]:
    """Verify every renewal, oldest first.

    Args:
        renewals: The file.
        attestation: The bytes of the attestation as it is now, with its own time-stamp.
        roots: The authorities that are trusted.
        revocation: What is known about revocation.

    Raises:
        EvidenceError: It is not a file of this format, a renewal is over other bytes or of nobody who is trusted, or
            one is older than the one before it.
    """
    stamps, covered = [], attestation
    for answer in _answers(renewals):
        token = read_response(answer)
        stamps.append(read_time_stamp(token, digested=covered, roots=roots, revocation=revocation))
        covered += answer
    check_order(stamps)
    return tuple(stamps)


def check_order(stamps: Sequence[TimeStamp]) -> None:
    """Refuse what was not made one after the other.

    Raises:
        EvidenceError: One is older than the one before it.
    """
    if any(later.at < earlier.at for earlier, later in pairwise(stamps)):
        raise EvidenceError("a renewal is older than the time-stamp that it renews")


def was_late(stamps: Sequence[TimeStamp]) -> bool:
    """Whether one was made only when the certificate behind the one before it had ended."""
    return any(later.at > earlier.path[0].not_valid_after_utc for earlier, later in pairwise(stamps))


def _answers(renewals: bytes | None) -> tuple[bytes, ...]:
    if renewals is None:
        return ()
    with refusing("it is not a file of renewals"):
        read = Renewals.model_validate(json.loads(renewals))
        answers = tuple(base64.b64decode(one, validate=True) for one in read.timestamps)
        again = canonical(Renewals(timestamps=tuple(base64.b64encode(one).decode("ascii") for one in answers)))
        if not answers or again != renewals:
            raise EvidenceError("it is not a file of renewals in canonical form")
        return answers
