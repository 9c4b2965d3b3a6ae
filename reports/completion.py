"""Adds a time-stamp to evidence that was sealed without one, or before the newest one ages. What was sealed stays.

The PDF gets an archived copy beside it; the attestation gets a time-stamp in its unsigned part, and where it has one
a renewal in a file beside it. The gap between the end of the run and the time-stamp stays visible: nobody can date it
back. An audit file is completed and renewed as a run is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.errors import EvidenceError
from reports.claims import Claims
from reports.envelope import add_time_stamp, parse_attestation
from reports.layout import RUN_NAMES, SealedNames
from reports.pades import read_seal
from reports.signing.archive import add_archive_stamp, read_archive
from reports.signing.asking import Asking
from reports.signing.authority import Authority, AuthorityError, Stamper
from reports.signing.paths import RevocationUnknownError
from reports.signing.renewals import add_renewal, covered_by_next, read_renewals
from reports.signing.revocation import Revocation, read_revocation
from reports.signing.timestamps import PathFinder, TimeStamp, offline, read_time_stamp
from reports.vouchers import Vouchers

RENEW_BEFORE = timedelta(days=180)
"""How long before the certificate of the newest time-stamp ends a new one is added: a year has two chances to do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What is to be written, in this order; empty where there was nothing to add or nobody to ask."""

    files: Mapping[str, bytes]
    away: str | None = None
    """Why nothing could be added although something was missing."""


def complete(files: Mapping[str, bytes], *, claims: Claims, vouchers: Vouchers) -> Completed:
    """Add what was wanted and could not be had when this was sealed; nothing where nothing is missing.

    Args:
        files: What the seal is in, and what was added.
        claims: What is said of the seal.
        vouchers: Who is asked.
    """
    if not is_incomplete(files, claims=claims):
        return Completed(files={})
    return _stamped(files, claims=claims, vouchers=vouchers)


def is_incomplete(files: Mapping[str, bytes], *, claims: Claims) -> bool:
    """Whether a time-stamp was wanted and is still missing."""
    names = claims.names
    return claims.signature.awaited and not (names.archived in files and _attestation_is_timed(files, names=names))


def renew(files: Mapping[str, bytes], *, claims: Claims, vouchers: Vouchers, now: datetime, force: bool) -> Completed:
    """Add time-stamps to PDF and attestation where one has none, where the newest one ages, or where it is forced.

    Args:
        files: What the seal is in, and what was added.
        claims: What is said of the seal.
        vouchers: Who is asked.
        now: The wall clock, in UTC.
        force: Whether to add one in any case.
    """
    ends_at = newest_ends_at(files, names=claims.names, authority=vouchers.authority)
    if not force and ends_at is not None and now < ends_at - RENEW_BEFORE:
        return Completed(files={})
    return _stamped(files, claims=claims, vouchers=vouchers)


def newest_ends_at(
    files: Mapping[str, bytes], *, authority: Authority, names: SealedNames = RUN_NAMES
) -> datetime | None:
    """Until when the newest time-stamps of PDF and attestation are both valid; None where one of them has none.

    Raises:
        EvidenceError: What is there is not a time-stamp of an authority that is trusted.
    """
    known = _known(files, names=names)
    newest = (
        _newest_of_pdf(files, names=names, authority=authority, known=known),
        _newest_of_attestation(files, names=names, authority=authority, known=known),
    )
    ends = [stamp.path[0].not_valid_after_utc for stamp in newest if stamp is not None]
    return min(ends) if len(ends) == len(newest) else None


def _newest_of_pdf(
    files: Mapping[str, bytes], *, names: SealedNames, authority: Authority, known: Revocation
) -> TimeStamp | None:
    sealed = files[names.pdf]
    if names.archived in files:
        return read_archive(files[names.archived], sealed=sealed, roots=authority.roots)[-1]
    inside = read_seal(sealed)
    if inside.token is None:
        return None
    return read_time_stamp(inside.token, digested=inside.signature, roots=authority.roots, revocation=known)


def _newest_of_attestation(
    files: Mapping[str, bytes], *, names: SealedNames, authority: Authority, known: Revocation
) -> TimeStamp | None:
    content = files[names.attestation]
    attestation = parse_attestation(content)
    if attestation.token is None:
        return None
    if names.renewals in files:
        return read_renewals(files[names.renewals], attestation=content, roots=authority.roots, revocation=known)[-1]
    return read_time_stamp(attestation.token, digested=attestation.signature, roots=authority.roots, revocation=known)


def _known(files: Mapping[str, bytes], *, names: SealedNames) -> Revocation:
    """What the PDF knows of revocation; what was learnt when something was added is in the archived one."""
    inside = read_seal(files[names.pdf]).revocation or Revocation()
    later = read_revocation(files[names.archived]) if names.archived in files else None
    return inside | (later or Revocation())


def _stamped(files: Mapping[str, bytes], *, claims: Claims, vouchers: Vouchers) -> Completed:
    try:
        return Completed(files=dict(_additions(files, claims=claims, vouchers=vouchers)))
    except (AuthorityError, RevocationUnknownError) as error:
        return Completed(files={}, away=str(error))


def _additions(files: Mapping[str, bytes], *, claims: Claims, vouchers: Vouchers) -> list[tuple[str, bytes]]:
    asking, names = Asking(vouchers.authority), claims.names
    sample = asking.about_time(ended_at=claims.ended_at)
    _ask_about_seal(asking, vouchers)
    revocation = asking.answers()
    find = offline(roots=sample.path[-1:], revocation=revocation)
    stamper = Stamper(vouchers.authority, find=find, sample=sample.token)
    before = files.get(names.archived, files[names.pdf])
    added = [(names.archived, add_archive_stamp(before, stamper=stamper, revocation=revocation))]
    return [*added, _addition_to_attestation(files, authority=vouchers.authority, find=find, names=names)]


def _addition_to_attestation(
    files: Mapping[str, bytes], *, authority: Authority, find: PathFinder, names: SealedNames
) -> tuple[str, bytes]:
    """Its first time-stamp goes into it; what renews that goes beside it, since what was time-stamped must stay."""
    attestation, renewals = files[names.attestation], files.get(names.renewals)
    if not _attestation_is_timed(files, names=names):
        token = authority.stamp(parse_attestation(attestation).signature, find=find).token
        return names.attestation, add_time_stamp(attestation, token=token)
    token = authority.stamp(covered_by_next(attestation, renewals), find=find).token
    return names.renewals, add_renewal(renewals, token=token)


def _ask_about_seal(asking: Asking, vouchers: Vouchers) -> None:
    """What can still be known of the seal's certificate. That it has expired meanwhile is no reason not to archive."""
    try:
        asking.about_seal(vouchers.certificate, chain=vouchers.chain, roots=vouchers.roots)
    except (AuthorityError, RevocationUnknownError):
        raise
    except EvidenceError:
        return


def _attestation_is_timed(files: Mapping[str, bytes], *, names: SealedNames) -> bool:
    return parse_attestation(files[names.attestation]).token is not None
