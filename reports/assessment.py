"""Finds out who sealed and when: which certificate is trusted and why, which instants are proved, what that is worth.

Of a run as of an audit file: it asks for what both have. `authorship` compares what is found here with what is claimed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.claims import Claims
from reports.envelope import parse_attestation
from reports.keys import fingerprint
from reports.layout import SealedNames
from reports.pades import SealInside, read_seal
from reports.signing.archive import read_archive
from reports.signing.paths import CertificatePath, Purpose, find_path, is_authority, leads_to, pick
from reports.signing.quiet import refusing
from reports.signing.renewals import check_order, read_renewals
from reports.signing.revocation import Revocation, read_revocation
from reports.signing.timestamps import TimeStamp, read_time_stamp
from reports.signing.worth import Level, is_independent, is_qualified_seal, is_qualified_time, level_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom the verifier trusts, and for what. All of it came to him by another way than with the files."""

    certificates: tuple[Certificate, ...] = ()
    """Of seals, by themselves; and of certification authorities, for every seal that leads to them."""
    authorities: tuple[Certificate, ...] = ()
    """Of time-stamp authorities, or of who issues theirs."""
    qualified: tuple[Certificate, ...] = ()
    """Roots that he takes for those of qualified providers, from a trusted list."""
    register_keys: tuple[Ed25519PublicKey, ...] = ()
    """Of registers, for the proof that a run was entered in one."""
    without_register: bool = False
    """Whether he accepts evidence with no proof at all that its run was entered in a register."""
    now: datetime | None = None
    """The wall clock, in UTC, to tell which time-stamps age. None: not asked."""

    @property
    def time_roots(self) -> tuple[Certificate, ...]:
        """Whose time-stamps are believed."""
        return (*self.authorities, *self.qualified)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The answers about one seal. Each is found out once."""

    files: Mapping[str, bytes]
    """Without an attestation where only a PDF is at hand."""
    claims: Claims
    trust: Trust
    faults: dict[str, str] = field(default_factory=dict)
    """Why something could not be believed, by the file, or by `certificate`."""

    @property
    def _names(self) -> SealedNames:
        return self.claims.names

    @cached_property
    def inside(self) -> SealInside | None:
        """What the PDF's seal brings with it; None where that cannot be read, which is told elsewhere."""
        try:
            return read_seal(self.files[self._names.pdf])
        except (KeyError, EvidenceError):
            return None

    @cached_property
    def revocation(self) -> Revocation:
        """Everything that the files know of revocation."""
        known = (self.inside.revocation if self.inside else None) or Revocation()
        with_archive = self.files.get(self._names.archived)
        if with_archive is None:
            return known
        try:
            with refusing("its security store cannot be read"):
                return known | (read_revocation(with_archive) or Revocation())
        except EvidenceError:
            return known

    @cached_property
    def pdf_stamp(self) -> TimeStamp | None:
        """The time-stamp inside the PDF's seal, where it is one."""
        if self.inside is None or self.inside.token is None:
            return None
        return self.read(self._names.pdf, self.inside.token, over=self.inside.signature)

    @cached_property
    def attestation_stamp(self) -> TimeStamp | None:
        """The time-stamp beside the attestation, where it is one."""
        try:
            attestation = parse_attestation(self.files[self._names.attestation])
        except (KeyError, EvidenceError):
            return None
        if attestation.token is None:
            return None
        return self.read(self._names.attestation, attestation.token, over=attestation.signature)

    @cached_property
    def archive_stamps(self) -> tuple[TimeStamp, ...]:
        """The archive time-stamps, oldest first."""
        if self._names.archived not in self.files or self._names.pdf not in self.files:
            return ()
        try:
            return read_archive(
                self.files[self._names.archived], sealed=self.files[self._names.pdf], roots=self.trust.time_roots
            )
        except EvidenceError as error:
            self.faults[self._names.archived] = str(error)
            return ()

    @cached_property
    def renewals(self) -> tuple[TimeStamp, ...]:
        """The renewals of the attestation's time-stamp, oldest first; none where they do not follow it."""
        if self._names.renewals not in self.files or self._names.attestation not in self.files:
            return ()
        try:
            return self._read_renewals()
        except EvidenceError as error:
            self.faults[self._names.renewals] = str(error)
            return ()

    @cached_property
    def pdf_moment(self) -> datetime | None:
        """The earliest instant at which the seal is proved to have been there."""
        stamps = [stamp.at for stamp in (self.pdf_stamp, *self.archive_stamps) if stamp]
        return min(stamps, default=None)

    @cached_property
    def attestation_moment(self) -> datetime | None:
        """The same for the attestation's signature; that of the PDF where it has none of its own."""
        return self.attestation_stamp.at if self.attestation_stamp else self.pdf_moment

    @cached_property
    def path(self) -> CertificatePath | None:
        """The path of the certificate that is named; itself alone where it is trusted by itself."""
        try:
            return self._trusted_path()
        except EvidenceError as error:
            self.faults["certificate"] = str(error)
            return None

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that is trusted; None where there is no such."""
        return self.path[0] if self.path else None

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What is said to be in the seal beside the certificate, if it is; nothing where one is missing."""
        inside = self.inside.certificates if self.inside else ()
        return pick(self.claims.signature.chain_sha256, inside) or ()

    @cached_property
    def level(self) -> Level:
        """What all of it is worth."""
        try:
            with refusing("what the seal is worth cannot be found out"):
                return max((self._level_with(stamp) for stamp in self._counted()), default=1)
        except EvidenceError:
            return 1

    def read(self, name: str, token: bytes, *, over: bytes) -> TimeStamp | None:
        """A token that is verified; None where it is not, and `faults` says why under this name."""
        try:
            return read_time_stamp(token, digested=over, roots=self.trust.time_roots, revocation=self.revocation)
        except EvidenceError as error:
            self.faults[name] = str(error)
            return None

    def _read_renewals(self) -> tuple[TimeStamp, ...]:
        found = read_renewals(
            self.files[self._names.renewals],
            attestation=self.files[self._names.attestation],
            roots=self.trust.time_roots,
            revocation=self.revocation,
        )
        if self.attestation_stamp is None:
            raise EvidenceError("there is no time-stamp in the attestation that it could renew")
        check_order((self.attestation_stamp, *found))
        return found

    def _trusted_path(self) -> CertificatePath:
        """A certificate is judged as of when it signed, as far as that is proved; else as of the end."""
        named = self.claims.signature.certificate_sha256
        pinned = [one for one in self.trust.certificates if fingerprint(one) == named and not is_authority(one)]
        if pinned:
            return self._pinned(pinned[0])
        roots = [one for one in self.trust.certificates if is_authority(one)]
        if not roots:
            known = "it is not among the trusted ones" if self.trust.certificates else "none is trusted here"
            raise EvidenceError(f"certificate {named}: {known}")
        return self._through(roots)

    def _pinned(self, certificate: Certificate) -> CertificatePath:
        if not self._moments and self.claims.ended_at > certificate.not_valid_after_utc:
            raise EvidenceError(f"it had expired by {self.claims.ending}")
        for moment in self._moments:
            find_path(
                certificate,
                others=(),
                roots=[certificate],
                moment=moment,
                revocation=Revocation(),
                purpose=Purpose.SEAL,
            )
        return (certificate,)

    def _through(self, roots: Sequence[Certificate]) -> CertificatePath:
        named, inside = self.claims.signature.certificate_sha256, self.inside
        certificate = next((one for one in (inside.certificates if inside else ()) if fingerprint(one) == named), None)
        if certificate is None:
            raise EvidenceError(f"certificate {named}: it is not in the seal of the PDF")
        ended = max(self.claims.ended_at, certificate.not_valid_before_utc)
        paths = [
            find_path(
                certificate,
                others=inside.certificates if inside else (),
                roots=roots,
                moment=moment,
                revocation=self.revocation,
                purpose=Purpose.SEAL,
            )
            for moment in self._moments or [ended]
        ]
        return paths[0]

    @property
    def _moments(self) -> list[datetime]:
        return [moment for moment in (self.pdf_moment, self.attestation_moment) if moment is not None]

    def _counted(self) -> Iterator[TimeStamp]:
        """A PDF alone has its own time; a run or a bundle has those of everything in it too."""
        stamps = (self.pdf_stamp, *self.archive_stamps)
        yield from (one for one in stamps if one)
        if self.attestation_stamp:
            yield self.attestation_stamp

    def _level_with(self, stamp: TimeStamp) -> Level:
        independent = is_independent(stamp, sealed_with=self.sealed_with)
        return level_of(independent=independent, qualified=self._is_qualified(stamp))

    def _is_qualified(self, stamp: TimeStamp) -> bool:
        roots, certificate = self.trust.qualified, self.certificate
        if not roots or certificate is None or not is_qualified_time(stamp) or not leads_to(stamp.path, roots):
            return False
        return is_qualified_seal(certificate) and self._leads_to_qualified(certificate, stamp)

    def _leads_to_qualified(self, certificate: Certificate, stamp: TimeStamp) -> bool:
        try:
            find_path(
                certificate,
                others=self.inside.certificates if self.inside else (),
                roots=self.trust.qualified,
                moment=stamp.at,
                revocation=self.revocation,
                purpose=Purpose.SEAL,
            )
        except EvidenceError:
            return False
        return True

    @property
    def sealed_with(self) -> tuple[Certificate, ...]:
        """The certificate that is named and those between it and its root, whether or not they are trusted."""
        named = self.claims.signature.certificate_sha256
        inside = self.inside.certificates if self.inside else ()
        own = tuple(one for one in (*inside, *self.trust.certificates) if fingerprint(one) == named)[:1]
        return (*own, *self.chain)
