"""Everything that seals, and what is asked of others before anything is drawn: the authority, and who issued what.

A report must say what its seal will be worth; so the authority answers first, and what certification authorities say
about revocation is gathered once. Where one of them is away, it is sealed without, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography.x509 import Certificate

from reports.keys import check_pair
from reports.signers import Signer
from reports.signing.asking import Asking
from reports.signing.authority import Authority, AuthorityError, Stamper
from reports.signing.paths import CertificatePath, RevocationUnknownError, as_asn1, leads_to
from reports.signing.revocation import Revocation, declares_revocation
from reports.signing.statement import Profile, SignatureStatement, state_authority, state_signature
from reports.signing.timestamps import PathFinder, TimeStamp, offline
from reports.signing.worth import is_qualified_seal, is_qualified_time

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """A key with its certificate, who issued it, and who tells the time."""

    signer: Signer
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
    """Between the certificate and its root, in that order, without the root."""
    roots: tuple[Certificate, ...] = ()
    """Of certification authorities: to which the certificate should lead. None: verifiers know it by itself."""
    authority: Authority | None = None
    qualified: tuple[Certificate, ...] = ()
    """Roots that the project takes for those of qualified providers (a trusted list)."""

    @property
    def certificates(self) -> CertificatePath:
        """What goes inside a seal."""
        return (self.certificate, *self.chain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known before a report is drawn."""

    statement: SignatureStatement
    sample: TimeStamp | None
    """A time-stamp of the authority that is going to be asked; None: nobody is."""
    revocation: Revocation
    """Goes inside the PDF where a certificate on either path declares that it can be asked about."""
    away: str | None = None
    """Why there is no time-stamp although one was wanted, for a person."""

    @property
    def finder(self) -> PathFinder:
        """How the authority's certificate is verified from now on: as a verifier will, and it must be the same one."""
        return offline(roots=self.sample.path[-1:] if self.sample else (), revocation=self.revocation)

    @property
    def stored(self) -> Revocation | None:
        """What goes into the PDF."""
        return self.revocation if self.statement.profile == "PAdES-B-LT" else None


def seal_with(sealer: Sealer, make: Callable[[Prepared], Made], *, ended_at: datetime) -> tuple[Made, str | None]:
    """Make something sealed with a time-stamp, or with none, and say why where one was wanted.

    An authority that goes away in the middle is one that is away: either all of it bears a time-stamp, or nothing does.

    Args:
        sealer: Whose key signs, and who tells the time.
        make: Makes all of it, with what is known before; once more where the authority went away.
        ended_at: When all that is sealed was there, in UTC.

    Raises:
        EvidenceError: As `prepare`, and what `make` raises.
    """
    prepared = prepare(sealer, ended_at=ended_at)
    try:
        return make(prepared), prepared.away
    except AuthorityError as error:
        prepared = without_time(sealer, away=str(error))
        return make(prepared), prepared.away


def stamper_of(sealer: Sealer, prepared: Prepared) -> Stamper | None:
    """Who time-stamps the PDF; None where nobody does."""
    if sealer.authority is None or prepared.sample is None:
        return None
    return Stamper(sealer.authority, find=prepared.finder, sample=prepared.sample.token)


def prepare(sealer: Sealer, *, ended_at: datetime | None = None) -> Prepared:
    """Ask the authority once, and who issued the certificates of both.

    Args:
        sealer: Whose key signs, and who tells the time.
        ended_at: When all that is sealed was there, in UTC: an authority whose clock is not there yet is of no use now.

    Raises:
        EvidenceError: The certificate is not that of the key, or is revoked, expired or made for something else.
    """
    check_pair(sealer.signer, sealer.certificate)
    if sealer.authority is None:
        return without_time(sealer, away=None)
    try:
        return _timed(sealer, sealer.authority, ended_at=ended_at)
    except (AuthorityError, RevocationUnknownError) as error:
        return without_time(sealer, away=str(error))


def without_time(sealer: Sealer, *, away: str | None) -> Prepared:
    """A seal with no time-stamp: where no authority is set (`away` is None), or where it cannot be had now."""
    statement = state_signature(sealer.certificate, chain=sealer.chain, awaited=away is not None)
    return Prepared(statement=statement, sample=None, revocation=Revocation(), away=away)


def _timed(sealer: Sealer, authority: Authority, *, ended_at: datetime | None) -> Prepared:
    asking = Asking(authority)
    sample = asking.about_time(ended_at=ended_at)
    path = asking.about_seal(sealer.certificate, chain=sealer.chain, roots=sealer.roots)
    asked = (*path[:-1], *sample.path[:-1])
    profile: Profile = "PAdES-B-LT" if any(declares_revocation(as_asn1(one)) for one in asked) else "PAdES-B-T"
    time_qualified = is_qualified_time(sample) and leads_to(sample.path, sealer.qualified)
    statement = state_signature(
        sealer.certificate,
        chain=sealer.chain,
        profile=profile,
        authority=state_authority(sample, sealed_with=sealer.certificates, qualified=time_qualified),
        qualified=is_qualified_seal(sealer.certificate) and leads_to(path, sealer.qualified),
    )
    return Prepared(statement=statement, sample=sample, revocation=asking.answers())
