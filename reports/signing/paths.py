"""Whether a certificate leads to a root that is trusted, for a purpose, at an instant, by what is given.

pyHanko's validator (RFC 5280) decides; here its answers become sentences.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import NoReturn

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
)

from orchestrator.errors import EvidenceError
from reports.keys import fingerprint, subject_name
from reports.signing.quiet import refusing
from reports.signing.revocation import Revocation

CertificatePath = tuple[Certificate, ...]
"""From the certificate itself to the trusted one, both included. One certificate long where it is trusted itself."""


class RevocationUnknownError(EvidenceError):
    """Nothing says whether a certificate was revoked: it may be good."""


class UnknownIssuerError(EvidenceError):
    """A certificate leads to nobody who is trusted."""


class Purpose(Enum):
    """What a certificate is used for, and which usages it must therefore bear."""

    SEAL = KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"},
        match_all_key_usages=False,
        # E-mail protection, any of the three names under which document signing is known.
        extd_key_usage={
            "email_protection",
            "1.3.6.1.5.5.7.3.36",
            "1.3.6.1.4.1.311.10.3.12",
            "microsoft_document_signing",
            "adobe_authentic_documents_trust",
        },
        explicit_extd_key_usage_required=False,
    )
    TIME = KeyUsageConstraints(extd_key_usage={"time_stamping"}, explicit_extd_key_usage_required=True)


def find_path(
    certificate: Certificate,
    *,
    others: Sequence[Certificate],
    roots: Sequence[Certificate],
    moment: datetime,
    revocation: Revocation,
    purpose: Purpose,
) -> CertificatePath:
    """The path from a certificate to a trusted root.

    Args:
        certificate: The one that signed.
        others: Those that may be between it and the root. Nothing is trusted because it is in here.
        roots: The trusted ones. The certificate itself may be one: then nobody is asked about it.
        moment: As of when it is judged, in UTC.
        revocation: What is known; where a certificate says that its issuer can be asked, an answer must be in here.
        purpose: What it was used for.

    Raises:
        EvidenceError: There is none, with the reason: expired, not yet valid, revoked, unknown issuer, wrong purpose,
            or revocation unknown.
    """
    with refusing("certificate: it cannot be validated"):
        context = _context(others=others, roots=roots, moment=moment, revocation=revocation)
        return validate_path(certificate, context, purpose=purpose)


def validate_path(certificate: Certificate, context: ValidationContext, *, purpose: Purpose) -> CertificatePath:
    """As `find_path`, in a context of pyHanko's, which may be one that asks the issuers.

    Raises:
        EvidenceError: As there.
    """
    name, moment = subject_name(certificate), context.moment
    if purpose is Purpose.TIME and not _only_tells_time(certificate):
        raise EvidenceError(f"certificate {name}: it is not made for this purpose")
    path = asyncio.run(_validated(as_asn1(certificate), context, purpose=purpose, name=name))
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        _out_of_time(name, certificate, moment=moment)
    return path


def as_asn1(certificate: Certificate) -> asn1_x509.Certificate:
    """The same certificate, for pyHanko."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def from_asn1(certificate: asn1_x509.Certificate) -> Certificate:
    """The same certificate, for everybody else."""
    return x509.load_der_x509_certificate(certificate.dump())


def is_authority(certificate: Certificate) -> bool:
    """Whether a certificate may issue others."""
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def is_issued_by(certificate: Certificate, issuers: Sequence[Certificate]) -> bool:
    """Whether the key of one of these signed a certificate. Nothing is asked about time, purpose or revocation."""

    def signed(issuer: Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    return any(signed(issuer) for issuer in issuers)


def leads_to(path: CertificatePath, roots: Sequence[Certificate]) -> bool:
    """Whether a verified path ends in one of these roots."""
    return fingerprint(path[-1]) in {fingerprint(root) for root in roots}


def _only_tells_time(certificate: Certificate) -> bool:
    """RFC 3161, section 2.3: one purpose, and critical. pyHanko asks for the purpose, openssl for all of this."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.critical and list(found.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _context(
    *, others: Sequence[Certificate], roots: Sequence[Certificate], moment: datetime, revocation: Revocation
) -> ValidationContext:
    helpful = [asn1_x509.Certificate.load(one) for one in revocation.certificates]
    return ValidationContext(
        trust_roots=[as_asn1(root) for root in roots],
        other_certs=[*(as_asn1(one) for one in others), *helpful],
        moment=moment,
        allow_fetching=False,
        crls=list(revocation.crls),
        ocsps=list(revocation.ocsps),
        revocation_mode="hard-fail",
    )


async def _validated(
    certificate: asn1_x509.Certificate, context: ValidationContext, *, purpose: Purpose, name: str
) -> CertificatePath:
    try:
        purpose.value.validate(certificate)
        found = await CertificateValidator(certificate, validation_context=context).async_validate_path()
    # pyHanko raises what hostile bytes make it raise, and not only its own errors; all of it means no.
    except Exception as error:  # noqa: BLE001
        _explain(error, name=name, moment=context.moment)
    certificates = list(found.iter_certs(include_root=True))
    return tuple(from_asn1(one) for one in reversed(certificates))


def _explain(error: Exception, *, name: str, moment: datetime) -> NoReturn:
    at = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    kind: type[EvidenceError] = EvidenceError
    match error:
        case ExpiredError():
            reason = f"a certificate on its path had expired at {at}"
        case NotYetValidError():
            reason = f"a certificate on its path was not valid yet at {at}"
        case RevokedError():
            reason = f"it, or one that issued it, was revoked at {at}"
        case InsufficientRevinfoError():
            kind = RevocationUnknownError
            reason = f"nothing here says whether it was revoked at {at}"
        case PathBuildingError():
            kind = UnknownIssuerError
            reason = "it was not issued by anybody who is trusted here"
        case InvalidCertificateError():
            reason = "it is not made for this purpose"
        case _:
            reason = "it cannot be validated"
    raise kind(f"certificate {name}: {reason}") from error


def _out_of_time(name: str, certificate: Certificate, *, moment: datetime) -> NoReturn:
    early = moment < certificate.not_valid_before_utc
    what = "was not valid yet" if early else "had expired"
    raise EvidenceError(f"certificate {name}: it {what} at {moment:%Y-%m-%dT%H:%M:%SZ}")


def pick(fingerprints: Sequence[str], certificates: Sequence[Certificate]) -> CertificatePath | None:
    """The certificates of these fingerprints, in this order; None where one is missing."""
    known = {fingerprint(one): one for one in certificates}
    return tuple(known[each] for each in fingerprints) if known.keys() >= set(fingerprints) else None
