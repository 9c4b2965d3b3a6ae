"""Finds out who sealed and when: which certificate is trusted and why, which instants are proved, what that is worth.

Nothing that the evidence says of its own seal is believed: it is compared with the certificates and time-stamps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.envelope import parse_attestation
from reports.evidence import Evidence
from reports.keys import fingerprint
from reports.layout import ARCHIVED, ATTESTATION, RENEWALS, REPORT_PDF
from reports.pades import SealInside, read_seal
from reports.signing.archive import read_archive
from reports.signing.paths import CertificatePath, Purpose, find_path, is_authority, leads_to, pick
from reports.signing.quiet import refusing
from reports.signing.renewals import check_order, read_renewals, was_late
from reports.signing.revocation import Revocation, read_revocation
from reports.signing.statement import AuthorityStatement, state_authority
from reports.signing.timestamps import TimeStamp, read_time_stamp
from reports.signing.worth import Level, is_independent, is_qualified_seal, is_qualified_time, level_of
from reports.verification import Check, CheckCode, Kind, attempted, failed, noted, passed


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
    """The answers about one sealed run. Each is found out once."""

    kind: Kind
    files: Mapping[str, bytes]
    evidence: Evidence
    trust: Trust
    _faults: dict[str, str] = field(default_factory=dict)

    @cached_property
    def inside(self) -> SealInside | None:
        """What the PDF's seal brings with it; None where that cannot be read, which is told elsewhere."""
        try:
            return read_seal(self.files[REPORT_PDF])
        except (KeyError, EvidenceError):
            return None

    @cached_property
    def revocation(self) -> Revocation:
        """Everything that the files know of revocation."""
        known = (self.inside.revocation if self.inside else None) or Revocation()
        with_archive = self.files.get(ARCHIVED)
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
        return self._read(REPORT_PDF, self.inside.token, over=self.inside.signature)

    @cached_property
    def attestation_stamp(self) -> TimeStamp | None:
        """The time-stamp beside the attestation, where it is one."""
        try:
            attestation = parse_attestation(self.files[ATTESTATION])
        except (KeyError, EvidenceError):
            return None
        if attestation.token is None:
            return None
        return self._read(ATTESTATION, attestation.token, over=attestation.signature)

    @cached_property
    def archive_stamps(self) -> tuple[TimeStamp, ...]:
        """The archive time-stamps, oldest first."""
        if ARCHIVED not in self.files or REPORT_PDF not in self.files:
            return ()
        try:
            return read_archive(self.files[ARCHIVED], sealed=self.files[REPORT_PDF], roots=self.trust.time_roots)
        except EvidenceError as error:
            self._faults[ARCHIVED] = str(error)
            return ()

    @cached_property
    def renewals(self) -> tuple[TimeStamp, ...]:
        """The renewals of the attestation's time-stamp, oldest first; none where they do not follow it."""
        if RENEWALS not in self.files or ATTESTATION not in self.files:
            return ()
        try:
            return self._read_renewals()
        except EvidenceError as error:
            self._faults[RENEWALS] = str(error)
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
        """The path of the certificate that the evidence names; itself alone where it is trusted by itself."""
        try:
            return self._trusted_path()
        except EvidenceError as error:
            self._faults["certificate"] = str(error)
            return None

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that is trusted; None where there is no such."""
        return self.path[0] if self.path else None

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What the evidence says is in the seal beside the certificate, if it is; nothing where one is missing."""
        inside = self.inside.certificates if self.inside else ()
        return pick(self.evidence.signature.chain_sha256, inside) or ()

    @cached_property
    def level(self) -> Level:
        """What all of it is worth."""
        try:
            with refusing("what the seal is worth cannot be found out"):
                return max((self._level_with(stamp) for stamp in self._counted()), default=1)
        except EvidenceError:
            return 1

    def checks(self) -> Iterator[Check]:
        """Who and when, one answer each."""
        yield from _guarded(CheckCode.CERTIFICATE, self.evidence.signature.signer, self._certificate)
        yield from _guarded(CheckCode.TIMESTAMP, REPORT_PDF, self._times)
        if ARCHIVED in self.files:
            yield from _guarded(CheckCode.ARCHIVE, ARCHIVED, self._archive)
        if RENEWALS in self.files:
            yield from _guarded(CheckCode.ARCHIVE, RENEWALS, self._renewed)
        yield from _guarded(CheckCode.LEVEL, REPORT_PDF, self._level)

    def _read(self, name: str, token: bytes, *, over: bytes) -> TimeStamp | None:
        try:
            return read_time_stamp(token, digested=over, roots=self.trust.time_roots, revocation=self.revocation)
        except EvidenceError as error:
            self._faults[name] = str(error)
            return None

    def _read_renewals(self) -> tuple[TimeStamp, ...]:
        found = read_renewals(
            self.files[RENEWALS],
            attestation=self.files[ATTESTATION],
            roots=self.trust.time_roots,
            revocation=self.revocation,
        )
        if self.attestation_stamp is None:
            raise EvidenceError("there is no time-stamp in the attestation that it could renew")
        check_order((self.attestation_stamp, *found))
        return found

    def _trusted_path(self) -> CertificatePath:
        """A certificate is judged as of when it signed, as far as that is proved; else as of the end of the run."""
        named = self.evidence.signature.certificate_sha256
        pinned = [one for one in self.trust.certificates if fingerprint(one) == named and not is_authority(one)]
        if pinned:
            return self._pinned(pinned[0])
        roots = [one for one in self.trust.certificates if is_authority(one)]
        if not roots:
            known = "it is not among the trusted ones" if self.trust.certificates else "none is trusted here"
            raise EvidenceError(f"certificate {named}: {known}")
        return self._through(roots)

    def _pinned(self, certificate: Certificate) -> CertificatePath:
        if not self._moments and self.evidence.journal.ended_at > certificate.not_valid_after_utc:
            raise EvidenceError("it had expired when the run ended")
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
        named, inside = self.evidence.signature.certificate_sha256, self.inside
        certificate = next((one for one in (inside.certificates if inside else ()) if fingerprint(one) == named), None)
        if certificate is None:
            raise EvidenceError(f"certificate {named}: it is not in the seal of the PDF")
        ended = max(self.evidence.journal.ended_at, certificate.not_valid_before_utc)
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

    def _certificate(self) -> Iterator[Check]:
        subject = self.evidence.signature.signer
        if self.path is None:
            yield failed(CheckCode.CERTIFICATE, subject, self._faults["certificate"])
        else:
            detail = f"issued by {self.evidence.signature.issuer}" if len(self.path) > 1 else "trusted by itself"
            yield passed(CheckCode.CERTIFICATE, subject, detail)

    def _times(self) -> Iterator[Check]:
        if self.inside is not None:
            token, stored = self.inside.token, self.inside.revocation is not None
            yield self._time(REPORT_PDF, token, self.pdf_stamp)
            yield from self._profile(timed=token is not None, stored=stored)
        if self.kind is not Kind.PDF and ATTESTATION in self.files:
            yield from attempted(CheckCode.TIMESTAMP, ATTESTATION, self._attestation_time)
        yield from self._register_time()

    def _register_time(self) -> Iterator[Check]:
        """That of the register's checkpoint, which travels in the evidence."""
        proof, name = self.evidence.registration, "checkpoint of the register"
        if proof is None or proof.token is None:
            return
        if not self.trust.time_roots:
            yield noted(CheckCode.TIMESTAMP, name, "not asked: no authority is trusted here")
            return
        stamp = self._read(name, proof.token, over=proof.checkpoint.encode())
        if stamp is None:
            yield failed(CheckCode.TIMESTAMP, name, self._faults[name])
        else:
            yield passed(CheckCode.TIMESTAMP, name, f"{stamp.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}")

    def _attestation_time(self) -> Iterator[Check]:
        token = parse_attestation(self.files[ATTESTATION]).token
        yield self._time(ATTESTATION, token, self.attestation_stamp)

    def _time(self, name: str, token: bytes | None, stamp: TimeStamp | None) -> Check:
        signature = self.evidence.signature
        if token is None and signature.authority is not None:
            return failed(CheckCode.TIMESTAMP, name, "it says that it bears one, and has none")
        if token is None:
            wanted = "wanted, and not to be had when this was sealed: `reprise seal` adds it"
            return noted(CheckCode.TIMESTAMP, name, wanted if signature.awaited else "none was asked for")
        if stamp is None:
            return failed(CheckCode.TIMESTAMP, name, self._faults[name])
        if signature.authority is not None and self._about(stamp) != signature.authority:
            return failed(CheckCode.TIMESTAMP, name, "it is not of the authority that the evidence names")
        return passed(CheckCode.TIMESTAMP, name, self._told(stamp))

    def _about(self, stamp: TimeStamp) -> AuthorityStatement:
        """What the evidence must say of it. Whether it is qualified is the verifier's trust, and asked by itself."""
        claimed = self.evidence.signature.authority
        qualified = claimed is not None and claimed.qualified and is_qualified_time(stamp)
        return state_authority(stamp, sealed_with=self._sealed_with(), qualified=qualified)

    def _told(self, stamp: TimeStamp) -> str:
        gap = stamp.at - self.evidence.journal.ended_at
        after = f"{_span(gap.total_seconds())} {'after' if gap.total_seconds() >= 0 else 'BEFORE'} the end of the run"
        return f"{stamp.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}, {after}{self._ageing(stamp)}"

    def _ageing(self, stamp: TimeStamp) -> str:
        ends_at = stamp.path[0].not_valid_after_utc
        over = self.trust.now is not None and self.trust.now > ends_at
        return f"; its certificate ended on {ends_at:%Y-%m-%d}" if over else ""

    def _profile(self, *, timed: bool, stored: bool) -> Iterator[Check]:
        has = "PAdES-B-B" if not timed else "PAdES-B-LT" if stored else "PAdES-B-T"
        said = self.evidence.signature.profile
        if has != said or (stored and not timed):
            yield failed(CheckCode.TIMESTAMP, REPORT_PDF, f"it is {has}, and says that it is {said}")

    def _archive(self) -> Iterator[Check]:
        stamps = self.archive_stamps
        if not stamps:
            yield failed(CheckCode.ARCHIVE, ARCHIVED, self._faults.get(ARCHIVED, "there is no report beside it"))
            return
        newest, detail = stamps[-1], f"{len(stamps)}, the first one {self._told(stamps[0])}"
        if self.trust.now is not None and self.trust.now > newest.path[0].not_valid_after_utc:
            yield noted(CheckCode.ARCHIVE, ARCHIVED, f"{detail}: not renewed in time")
        else:
            yield passed(CheckCode.ARCHIVE, ARCHIVED, detail)

    def _renewed(self) -> Iterator[Check]:
        if not self.renewals or self.attestation_stamp is None:
            yield failed(CheckCode.ARCHIVE, RENEWALS, self._faults.get(RENEWALS, "there is no attestation beside it"))
            return
        newest, detail = self.renewals[-1], f"{len(self.renewals)}, the newest one {self._told(self.renewals[-1])}"
        over = self.trust.now is not None and self.trust.now > newest.path[0].not_valid_after_utc
        if over or was_late((self.attestation_stamp, *self.renewals)):
            yield noted(CheckCode.ARCHIVE, RENEWALS, f"{detail}: not renewed in time")
        else:
            yield passed(CheckCode.ARCHIVE, RENEWALS, detail)

    def _level(self) -> Iterator[Check]:
        said, found = self.evidence.signature.level, self.level
        if self.evidence.signature.qualified and not (self.certificate and is_qualified_seal(self.certificate)):
            yield failed(CheckCode.LEVEL, REPORT_PDF, "its certificate does not state that it is qualified")
        elif found >= said:
            yield passed(CheckCode.LEVEL, REPORT_PDF, f"level {found}")
        elif said == 3 and not self.trust.qualified:
            detail = f"it says 3; here it is {found}, as no root of a trusted list is named"
            yield noted(CheckCode.LEVEL, REPORT_PDF, detail)
        else:
            yield failed(CheckCode.LEVEL, REPORT_PDF, f"it says {said}, and is {found}")

    def _counted(self) -> Iterator[TimeStamp]:
        """A PDF alone has its own time; a run or a bundle has those of everything in it too."""
        stamps = (self.pdf_stamp, *self.archive_stamps)
        yield from (one for one in stamps if one)
        if self.kind is not Kind.PDF and self.attestation_stamp:
            yield self.attestation_stamp

    def _level_with(self, stamp: TimeStamp) -> Level:
        independent = is_independent(stamp, sealed_with=self._sealed_with())
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

    def _sealed_with(self) -> tuple[Certificate, ...]:
        named = self.evidence.signature.certificate_sha256
        inside = self.inside.certificates if self.inside else ()
        own = tuple(one for one in (*inside, *self.trust.certificates) if fingerprint(one) == named)[:1]
        return (*own, *self.chain)


def _guarded(code: CheckCode, subject: str, ask: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Ask; certificates that no library can read are an answer too."""

    def answers() -> Iterator[Check]:
        with refusing("it cannot be judged"):
            yield from list(ask())

    yield from attempted(code, subject, answers)


def _span(seconds: float) -> str:
    """A duration in the two largest units that it has."""
    left, parts = abs(round(seconds)), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
