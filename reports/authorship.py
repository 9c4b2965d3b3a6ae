"""Compares what something sealed says of its seal with what `assessment` found out: who, when, and what that is worth.

Nothing that it says is believed; each answer is a check. Whether the seal covers the file is asked by `pades`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reports.assessment import Assessment
from reports.claims import Claims
from reports.envelope import parse_attestation
from reports.layout import SealedNames
from reports.signing.quiet import refusing
from reports.signing.renewals import was_late
from reports.signing.statement import AuthorityStatement, state_authority
from reports.signing.timestamps import TimeStamp, is_too_early
from reports.signing.worth import is_qualified_seal, is_qualified_time
from reports.verification import Check, CheckCode, attempted, failed, noted, passed

_REGISTER = "checkpoint of the register"


def check_authorship(found: Assessment) -> Iterator[Check]:
    """Who and when, one answer each.

    Args:
        found: What certificates and time-stamps say.
    """
    yield from _Telling(found=found).checks()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    """One assessment, and the words for it."""

    found: Assessment

    @property
    def _claims(self) -> Claims:
        return self.found.claims

    @property
    def _names(self) -> SealedNames:
        return self.found.claims.names

    def checks(self) -> Iterator[Check]:
        names, files = self._names, self.found.files
        yield from _guarded(CheckCode.CERTIFICATE, self._claims.signature.signer, self._certificate)
        yield from _guarded(CheckCode.TIMESTAMP, names.pdf, self._times)
        if names.archived in files:
            yield from _guarded(CheckCode.ARCHIVE, names.archived, self._archive)
        if names.renewals in files:
            yield from _guarded(CheckCode.ARCHIVE, names.renewals, self._renewed)
        yield from _guarded(CheckCode.LEVEL, names.pdf, self._level)

    def _certificate(self) -> Iterator[Check]:
        subject, path = self._claims.signature.signer, self.found.path
        if path is None:
            yield failed(CheckCode.CERTIFICATE, subject, self.found.faults["certificate"])
        else:
            detail = f"issued by {self._claims.signature.issuer}" if len(path) > 1 else "trusted by itself"
            yield passed(CheckCode.CERTIFICATE, subject, detail)

    def _times(self) -> Iterator[Check]:
        inside, attestation = self.found.inside, self._names.attestation
        if inside is not None:
            yield self._time(self._names.pdf, inside.token, self.found.pdf_stamp)
            yield from self._profile(timed=inside.token is not None, stored=inside.revocation is not None)
        if attestation in self.found.files:
            yield from attempted(CheckCode.TIMESTAMP, attestation, self._attestation_time)
        yield from self._register_time()

    def _attestation_time(self) -> Iterator[Check]:
        name = self._names.attestation
        token = parse_attestation(self.found.files[name]).token
        yield self._time(name, token, self.found.attestation_stamp)

    def _register_time(self) -> Iterator[Check]:
        """That of the register's checkpoint, which travels in the evidence.

        One that is too early is noted: it dates no seal, and what was sealed with it can bear no other any more.
        """
        proof = self._claims.registration
        if proof is None or proof.token is None:
            return
        if not self.found.trust.time_roots:
            yield noted(CheckCode.TIMESTAMP, _REGISTER, "not asked: no authority is trusted here")
            return
        stamp = self.found.read(_REGISTER, proof.token, over=proof.checkpoint.encode())
        if stamp is None:
            yield failed(CheckCode.TIMESTAMP, _REGISTER, self.found.faults[_REGISTER])
        else:
            answer = noted if self._is_too_early(stamp) else passed
            yield answer(CheckCode.TIMESTAMP, _REGISTER, self._told(stamp))

    def _time(self, name: str, token: bytes | None, stamp: TimeStamp | None) -> Check:
        signature = self._claims.signature
        if token is None and signature.authority is not None:
            return failed(CheckCode.TIMESTAMP, name, "it says that it bears one, and has none")
        if token is None:
            wanted = f"wanted, and not to be had when this was sealed: {self._claims.completed_by} adds it"
            return noted(CheckCode.TIMESTAMP, name, wanted if signature.awaited else "none was asked for")
        if stamp is None:
            return failed(CheckCode.TIMESTAMP, name, self.found.faults[name])
        if signature.authority is not None and self._about(stamp) != signature.authority:
            return failed(CheckCode.TIMESTAMP, name, "it is not of the authority that is named")
        answer = failed if self._is_too_early(stamp) else passed
        return answer(CheckCode.TIMESTAMP, name, self._told(stamp))

    def _about(self, stamp: TimeStamp) -> AuthorityStatement:
        """What must be said of it. Whether it is qualified is the verifier's trust, and asked by itself."""
        claimed = self._claims.signature.authority
        qualified = claimed is not None and claimed.qualified and is_qualified_time(stamp)
        return state_authority(stamp, sealed_with=self.found.sealed_with, qualified=qualified)

    def _is_too_early(self, stamp: TimeStamp) -> bool:
        return is_too_early(stamp, ended_at=self._claims.ended_at)

    def _told(self, stamp: TimeStamp) -> str:
        gap = (stamp.at - self._claims.ended_at).total_seconds()
        after = f"{_span(gap)} {'after' if gap >= 0 else 'BEFORE'} {self._claims.ending}"
        return f"{stamp.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}, {after}{self._ageing(stamp)}"

    def _ageing(self, stamp: TimeStamp) -> str:
        ends_at = stamp.path[0].not_valid_after_utc
        return f"; its certificate ended on {ends_at:%Y-%m-%d}" if self._has_ended(stamp) else ""

    def _has_ended(self, stamp: TimeStamp) -> bool:
        now = self.found.trust.now
        return now is not None and now > stamp.path[0].not_valid_after_utc

    def _profile(self, *, timed: bool, stored: bool) -> Iterator[Check]:
        has = "PAdES-B-B" if not timed else "PAdES-B-LT" if stored else "PAdES-B-T"
        said = self._claims.signature.profile
        if has != said or (stored and not timed):
            yield failed(CheckCode.TIMESTAMP, self._names.pdf, f"it is {has}, and says that it is {said}")

    def _archive(self) -> Iterator[Check]:
        stamps, name = self.found.archive_stamps, self._names.archived
        if not stamps:
            yield failed(CheckCode.ARCHIVE, name, self.found.faults.get(name, "there is no sealed PDF beside it"))
            return
        yield self._added(name, stamps, detail=f"{len(stamps)}, the first one {self._told(stamps[0])}", late=False)

    def _renewed(self) -> Iterator[Check]:
        stamps, name, first = self.found.renewals, self._names.renewals, self.found.attestation_stamp
        if not stamps or first is None:
            yield failed(CheckCode.ARCHIVE, name, self.found.faults.get(name, "there is no attestation beside it"))
            return
        detail = f"{len(stamps)}, the newest one {self._told(stamps[-1])}"
        yield self._added(name, stamps, detail=detail, late=was_late((first, *stamps)))

    def _added(self, name: str, stamps: tuple[TimeStamp, ...], *, detail: str, late: bool) -> Check:
        if any(self._is_too_early(stamp) for stamp in stamps):
            return failed(CheckCode.ARCHIVE, name, detail)
        if late or self._has_ended(stamps[-1]):
            return noted(CheckCode.ARCHIVE, name, f"{detail}: not renewed in time")
        return passed(CheckCode.ARCHIVE, name, detail)

    def _level(self) -> Iterator[Check]:
        said, found, name = self._claims.signature.level, self.found.level, self._names.pdf
        certificate = self.found.certificate
        if self._claims.signature.qualified and not (certificate and is_qualified_seal(certificate)):
            yield failed(CheckCode.LEVEL, name, "its certificate does not state that it is qualified")
        elif found >= said:
            yield passed(CheckCode.LEVEL, name, f"level {found}")
        elif said == 3 and not self.found.trust.qualified:
            detail = f"it says 3; here it is {found}, as no root of a trusted list is named"
            yield noted(CheckCode.LEVEL, name, detail)
        else:
            yield failed(CheckCode.LEVEL, name, f"it says {said}, and is {found}")


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
