"""What a report says, before it is sealed, of the seal that it will bear. A verifier finds out whether it is so."""

from collections.abc import Sequence
from typing import Literal

from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID

from orchestrator.core.model import SHA256, Record
from reports.keys import fingerprint, subject_name
from reports.signers import algorithm_name, public_key_of
from reports.signing.timestamps import TimeStamp
from reports.signing.worth import Level, is_independent, level_of

Profile = Literal["PAdES-B-B", "PAdES-B-T", "PAdES-B-LT"]
"""A signature; with a time-stamp; with a time-stamp and everything that is needed to verify both later."""


class AuthorityStatement(Record):
    """Whose time-stamp the seal bears."""

    name: str
    root_sha256: SHA256
    independent: bool
    """False: it belongs to whoever seals, or both were issued by the same authority."""
    qualified: bool
    """Whether it says that it is qualified, and leads to a root that the project named as one of a trusted list."""


class SignatureStatement(Record):
    """Who seals and what that is worth (docs/how-to/signing.md)."""

    level: Level
    profile: Profile
    signer: str
    algorithm: str
    certificate_sha256: SHA256
    self_signed: bool
    issuer: str | None
    """Who vouches for the name of the signer; None where nobody does."""
    chain_sha256: tuple[SHA256, ...]
    """The certificates between the seal's and its root, that are in the seal with it."""
    qualified: bool
    """As for the authority."""
    authority: AuthorityStatement | None
    awaited: bool
    """Whether a time-stamp was wanted and could not be had when this was sealed. It is completed later."""


def state_signature(
    certificate: Certificate,
    *,
    chain: Sequence[Certificate] = (),
    profile: Profile = "PAdES-B-B",
    authority: AuthorityStatement | None = None,
    qualified: bool = False,
    awaited: bool = False,
) -> SignatureStatement:
    """The statement; its level follows from the rest."""
    issued = certificate.issuer != certificate.subject
    independent = authority is not None and authority.independent
    return SignatureStatement(
        level=level_of(independent=independent, qualified=qualified and authority is not None and authority.qualified),
        profile=profile,
        signer=subject_name(certificate),
        algorithm=algorithm_name(public_key_of(certificate)),
        certificate_sha256=fingerprint(certificate),
        self_signed=not issued,
        issuer=_issuer_name(certificate) if issued else None,
        chain_sha256=tuple(fingerprint(one) for one in chain),
        qualified=qualified,
        authority=authority,
        awaited=awaited,
    )


def restate_signature(certificate: Certificate, *, said: SignatureStatement) -> SignatureStatement:
    """What follows from the certificate, and the level that follows from all of it. The rest is asked of the seal."""
    again = state_signature(
        certificate,
        profile=said.profile,
        authority=said.authority,
        qualified=said.qualified,
        awaited=said.awaited and said.authority is None,
    )
    return again.model_copy(update={"chain_sha256": said.chain_sha256})


def state_authority(stamp: TimeStamp, *, sealed_with: Sequence[Certificate], qualified: bool) -> AuthorityStatement:
    """What is said of an authority, from one of its time-stamps; any other of the same authority gives the same."""
    return AuthorityStatement(
        name=_authority_name(stamp),
        root_sha256=stamp.root_sha256,
        independent=is_independent(stamp, sealed_with=sealed_with),
        qualified=qualified,
    )


def _authority_name(stamp: TimeStamp) -> str:
    names = stamp.path[0].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else subject_name(stamp.path[-1])


def _issuer_name(certificate: Certificate) -> str:
    names = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.issuer.rfc4514_string()
