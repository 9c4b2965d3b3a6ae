"""What certification authorities said about revocation, as bytes that travel inside a PDF. Judges nothing."""

import io
from dataclasses import dataclass

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """OCSP responses and revocation lists, with certificates that may be needed to check them. All DER."""

    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()

    def __or__(self, other: "Revocation") -> "Revocation":
        """Both."""
        return Revocation(
            ocsps=(*self.ocsps, *other.ocsps),
            crls=(*self.crls, *other.crls),
            certificates=(*self.certificates, *other.certificates),
        )

    def __bool__(self) -> bool:
        return bool(self.ocsps or self.crls)


def read_revocation(pdf: bytes) -> Revocation | None:
    """What the security store (DSS) of a PDF holds; None where there is no store.

    Whatever is in there is signed by who issued it: it needs no trust, only to be checked when it is used.
    """
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return None
    return Revocation(
        ocsps=tuple(bytes(reference.get_object().data) for reference in store.ocsps),
        crls=tuple(bytes(reference.get_object().data) for reference in store.crls),
        certificates=tuple(certificate.dump() for certificate in store.load_certs()),
    )


def supply(writer: IncrementalPdfFileWriter, revocation: Revocation) -> None:
    """Put it into a PDF that is being written, in the revision that is being written."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(one) for one in revocation.certificates],
        ocsps=[ocsp.OCSPResponse.load(one) for one in revocation.ocsps],
        crls=[crl.CertificateList.load(one) for one in revocation.crls],
    )


def declares_revocation(certificate: asn1_x509.Certificate) -> bool:
    """Whether a certificate says where its issuer publishes what it revokes."""
    return bool(certificate.crl_distribution_points or certificate.ocsp_urls)
