"""Asks who issued the seal's and the authority's certificates whether they revoked them, and keeps the answers."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.x509 import Certificate
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from reports.signing.authority import Authority, AuthorityError
from reports.signing.bounded import within
from reports.signing.paths import CertificatePath, Purpose, UnknownIssuerError, as_asn1, is_authority, validate_path
from reports.signing.quiet import quiet
from reports.signing.revocation import Revocation
from reports.signing.timestamps import TimeStamp, is_too_early

SAMPLE = b"reprise"
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_ONE_REQUEST_S = 10


class Asking:
    """One round of questions. Everything that is answered is kept, as bytes that anybody can check."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._contexts: list[ValidationContext] = []
        self._paths: list[CertificatePath] = []

    def about_time(self, *, ended_at: datetime | None = None) -> TimeStamp:
        """A time-stamp over nothing in particular, to see whose it is, and the path of who signed it, now.

        Args:
            ended_at: When all that will be time-stamped was there, in UTC. None: not asked.

        Raises:
            AuthorityError: There is none that could be used.
        """
        sample = self.stamp(SAMPLE)
        if ended_at is not None and is_too_early(sample, ended_at=ended_at):
            hint = "set the clock of the machine that is wrong, and complete this when the authority's is past that"
            raise AuthorityError(f"its time, {sample.at:{_INSTANT}}, is before {ended_at:{_INSTANT}}", hint=hint)
        return sample

    def stamp(self, content: bytes) -> TimeStamp:
        """A time-stamp over some bytes, its authority's certificate asked about.

        Raises:
            AuthorityError: There is none that could be used.
        """

        def find(own: Certificate, others: Sequence[Certificate], _: datetime) -> CertificatePath:
            return self._validate(own, others=others, roots=self._authority.roots, purpose=Purpose.TIME)

        return self._authority.stamp(content, find=find)

    def about_seal(
        self, certificate: Certificate, *, chain: Sequence[Certificate], roots: Sequence[Certificate]
    ) -> CertificatePath:
        """The path of the seal's certificate, now; itself alone where it leads to none of the roots.

        Raises:
            EvidenceError: It has one, and must not be used: revoked, expired, made for something else.
            RevocationUnknownError: Who issued it does not answer.
        """
        authorities = [one for one in roots if is_authority(one)]
        try:
            return self._validate(certificate, others=chain, roots=authorities, purpose=Purpose.SEAL)
        except UnknownIssuerError:
            return self._validate(certificate, others=(), roots=[certificate], purpose=Purpose.SEAL)

    def answers(self) -> Revocation:
        """Everything that was answered, and the certificates on the paths but for the roots."""
        return Revocation(
            ocsps=tuple(bytes(one.dump()) for context in self._contexts for one in context.ocsps),
            crls=tuple(bytes(one.dump()) for context in self._contexts for one in context.crls),
            certificates=tuple(as_asn1(one).dump() for path in self._paths for one in path[:-1]),
        )

    def _validate(
        self, own: Certificate, *, others: Sequence[Certificate], roots: Sequence[Certificate], purpose: Purpose
    ) -> CertificatePath:
        context = ValidationContext(
            trust_roots=[as_asn1(root) for root in roots],
            other_certs=[as_asn1(one) for one in others],
            allow_fetching=True,
            fetcher_backend=RequestsFetcherBackend(per_request_timeout=_ONE_REQUEST_S),
            revocation_mode="hard-fail",
        )
        try:
            with quiet():
                path = within(self._authority.timeout_s, lambda: validate_path(own, context, purpose=purpose))
        except TimeoutError as error:
            raise AuthorityError(f"who issued the certificates does not answer: {error}") from error
        self._contexts.append(context)
        self._paths.append(path)
        return path
