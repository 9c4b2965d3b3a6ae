"""Time-stamps (RFC 3161): which instant a token proves, by which authority. Asks no authority; `authority` does.

A token is kept in one form only: written again from what its signature and its path cover (its content, its signed
attributes, its signature, its certificates). A token in any other form is refused, so that no byte of it can change.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, tsp
from cryptography.x509 import Certificate
from pyhanko.sign.ades.qualified_asn1 import QcStatements
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from orchestrator.errors import EvidenceError
from reports.keys import fingerprint, subject_name
from reports.signing.container import write_token
from reports.signing.paths import CertificatePath, Purpose, as_asn1, find_path, from_asn1
from reports.signing.quiet import refusing
from reports.signing.revocation import Revocation

Imprint = Callable[[str], bytes]
"""The digest of what is time-stamped, by the name of the algorithm (`sha256`)."""
PathFinder = Callable[[Certificate, Sequence[Certificate], datetime], CertificatePath]
"""The path of an authority's certificate, from it, those that came with it, and the instant of its token."""
DIGESTS = frozenset({"sha256", "sha384", "sha512"})
QUALIFIED_TIME_STAMP = "0.4.0.19422.1.1"
"""esi4-qtstStatement-1 (ETSI EN 319 422): the token calls itself a qualified time-stamp."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of whoever seals may be ahead of the authority's: a time-stamp that is older than what it covers
by more than this was not made for it. As much as Kerberos lets two clocks differ."""
STATEMENTS = "1.3.6.1.5.5.7.1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """A token that was verified: these bytes existed at that instant, says this authority."""

    token: bytes
    """DER of the CMS, in the one form in which it is accepted."""
    at: datetime
    path: CertificatePath
    policy: str
    calls_itself_qualified: bool

    @property
    def authority(self) -> str:
        """The name on the certificate that signed it."""
        return subject_name(self.path[0])

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the trusted certificate that it leads to."""
        return fingerprint(self.path[-1])


def read_time_stamp(
    token: bytes, *, digested: bytes, roots: Sequence[Certificate], revocation: Revocation
) -> TimeStamp:
    """Verify a token over some bytes.

    Args:
        token: DER of the CMS (`TimeStampToken`).
        digested: The bytes whose existence it proves.
        roots: The authorities that are trusted.
        revocation: What is known about revocation.

    Raises:
        EvidenceError: It is not a token, is over other bytes, was altered, or comes from nobody who is trusted.
    """
    return verify_time_stamp(token, imprint=imprint_of(digested), roots=roots, revocation=revocation)


def imprint_of(content: bytes) -> Imprint:
    """The digests of some bytes."""
    return lambda name: hashlib.new(name, content).digest()


def verify_time_stamp(
    token: bytes, *, imprint: Imprint, roots: Sequence[Certificate], revocation: Revocation
) -> TimeStamp:
    """As `read_time_stamp`, where the digest is computed by the caller.

    Raises:
        EvidenceError: As there.
    """
    found = examine(token, imprint=imprint, find=offline(roots=roots, revocation=revocation))
    if found.token != token:
        raise EvidenceError("time-stamp: it is not written as it must be")
    return found


def offline(*, roots: Sequence[Certificate], revocation: Revocation) -> PathFinder:
    """Finds paths to these roots, as of the instant of the token, by what is known of revocation."""
    return lambda own, others, at: find_path(
        own, others=others, roots=roots, moment=at, revocation=revocation, purpose=Purpose.TIME
    )


def examine(token: bytes, *, imprint: Imprint, find: PathFinder) -> TimeStamp:
    """As `verify_time_stamp`, of a token in whatever form an authority writes it; the result is in ours.

    Raises:
        EvidenceError: As there.
    """
    signed, content = _read(token)
    own, others = _signed_by(signed, imprint=imprint)
    at = content["gen_time"].native
    path = find(own, others, at)
    chain = path[1:-1] if len(path) > 1 else ()
    return TimeStamp(
        token=write_token(signed, own=as_asn1(own), chain=[as_asn1(one) for one in chain]),
        at=at,
        path=path,
        policy=content["policy"].dotted,
        calls_itself_qualified=_calls_itself_qualified(content),
    )


def is_too_early(stamp: TimeStamp, *, ended_at: datetime) -> bool:
    """Whether a time-stamp is older than what it is over, by more than clocks differ.

    Args:
        stamp: Over something that holds everything up to `ended_at`.
        ended_at: As the clock of whoever sealed had it, in UTC.
    """
    return stamp.at + CLOCK_TOLERANCE < ended_at


def write_response(token: bytes) -> bytes:
    """The whole answer of an authority (`TimeStampResp`), as Sigstore bundles carry it, from its token."""
    response = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(response).dump(force=True))


def read_response(response: bytes) -> bytes:
    """The token of an answer in the one form in which it is written. Nothing of the token is verified.

    Raises:
        EvidenceError: It is not in this form.
    """
    with refusing("time-stamp: it is not an answer that can be read"):
        token = bytes(tsp.TimeStampResp.load(response, strict=True)["time_stamp_token"].dump())
        if write_response(token) != response:
            raise EvidenceError("time-stamp: the answer is not written as it must be")
        return token


def _read(token: bytes) -> tuple[cms.SignedData, tsp.TSTInfo]:
    with refusing("time-stamp: it is not a token that can be read"):
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        content = signed["encap_content_info"]["content"].parsed
        if not isinstance(content, tsp.TSTInfo) or len(signed["signer_infos"]) != 1:
            raise EvidenceError("time-stamp: it is not a token")
        return signed, content


def _signed_by(signed: cms.SignedData, *, imprint: Imprint) -> tuple[Certificate, tuple[Certificate, ...]]:
    """Whose key signed the token over these bytes. Whether he may is not asked here."""

    def expected(algorithm: str) -> bytes:
        if algorithm not in DIGESTS:
            raise EvidenceError(f"time-stamp: the digest {algorithm} is not used here")
        return imprint(algorithm)

    nobody = ValidationContext(trust_roots=[], allow_fetching=False)
    with refusing("time-stamp: its signature cannot be verified"):
        answer = asyncio.run(validate_tst_signed_data(signed, nobody, expected))
        found = extract_certs_for_validation(signed)
        others = tuple(from_asn1(one) for one in found.other_certs)
    if not answer["valid"]:
        raise EvidenceError("time-stamp: its signature is wrong")
    if not answer["intact"]:
        raise EvidenceError("time-stamp: it is over other bytes than these")
    return from_asn1(found.signer_cert), others


def _calls_itself_qualified(content: tsp.TSTInfo) -> bool:
    for extension in content["extensions"] or ():
        if extension["extn_id"].dotted == STATEMENTS:
            read = QcStatements.load(bytes(extension["extn_value"]))
            return any(statement["statement_id"].dotted == QUALIFIED_TIME_STAMP for statement in read)
    return False
