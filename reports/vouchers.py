"""Who is asked when a seal gets one more time-stamp, and whose seal it is: of the certificate of now or of before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.keys import fingerprint
from reports.pades import read_seal
from reports.signing.authority import Authority
from reports.signing.paths import is_authority, is_issued_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    """Who is asked, and about whom."""

    authority: Authority
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
    roots: tuple[Certificate, ...] = ()


def vouchers_about(named: str, *, pdf: bytes, vouchers: Vouchers) -> Vouchers:
    """The same vouchers, about the certificate that something was sealed with: the one of now, or an earlier one.

    An earlier one is among the roots, or is inside the PDF's seal and was issued by somebody who is.

    Args:
        named: The SHA-256 of the certificate that what is sealed names.
        pdf: As it was sealed.
        vouchers: About the certificate of now.

    Raises:
        EvidenceError: It is not trusted here any more.
    """
    if named == fingerprint(vouchers.certificate):
        return vouchers
    inside = read_seal(pdf).certificates
    earlier = next((one for one in (*vouchers.roots, *inside) if fingerprint(one) == named), None)
    if earlier is None or not (earlier in vouchers.roots or _is_issued(earlier, inside, vouchers=vouchers)):
        hint = "put the certificate that sealed it back into trust/, if you trust it still"
        raise EvidenceError(f"it was sealed with a certificate that is not trusted here: {named}", hint=hint)
    chain = tuple(one for one in inside if one != earlier)
    return replace(vouchers, certificate=earlier, chain=chain)


def _is_issued(certificate: Certificate, others: Sequence[Certificate], *, vouchers: Vouchers) -> bool:
    """Whether a path of right signatures leads from a certificate to one of the roots. When it was valid is not asked.

    Whether it was revoked, and when, is asked by who verifies: here it is only a matter of whose seal this is.
    """
    issuers = [one for one in vouchers.roots if is_authority(one)]
    for _ in range(len(others) + 1):
        issuers += [one for one in others if one not in issuers and is_authority(one) and is_issued_by(one, issuers)]
    return is_issued_by(certificate, issuers)
