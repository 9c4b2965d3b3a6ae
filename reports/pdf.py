"""Makes the PDF/A-3a of a report and seals it with one invisible, certifying PAdES signature in one revision.

Deterministic up to the signature: a verifier draws the page again and finds the same bytes. No visible stamp, since
pyHanko's fonts break PDF/A; no object streams, since validators parse them again for every object (EVIDENCE.md 2.3).
"""

import functools
import io
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import IO, Any, Literal

import pydyf
import weasyprint
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse, URLFetchingError

from orchestrator.errors import EvidenceError
from reports.signers import PublicKey, Signer

SIGNATURE_FIELD = "Seal"
_FONT_PLACE = "reprise://fonts/"
"""No place on any disk: a checkout's path may hold what no address may, and must not be in a report."""
_FONTS = {
    ("Report Sans", 400): "Inter-Regular.otf",
    ("Report Sans", 600): "Inter-SemiBold.otf",
    ("Report Sans", 700): "Inter-Bold.otf",
    ("Report Mono", 400): "DejaVuSansMono.ttf",
}


def draw_pdf(page: str, *, attachments: Mapping[str, bytes], identifier: str, moment: datetime) -> bytes:
    """The unsigned PDF/A-3a of a page of HTML, with files inside. The same arguments give the same bytes.

    Args:
        page: A whole HTML document that needs nothing from outside.
        attachments: The files that go inside, by name.
        identifier: The run, from which the document's own identifier is made.
        moment: The date of the document and its attachments, in UTC.
    """
    fonts = FontConfiguration()
    fetcher = _OwnFontsOnly()
    sheet = weasyprint.CSS(string=_font_faces(), font_config=fonts, url_fetcher=fetcher)
    html = weasyprint.HTML(string=page, url_fetcher=fetcher)
    document = html.render(stylesheets=[sheet], font_config=fonts)
    document.metadata.attachments = [
        weasyprint.Attachment(string=content, name=name, relationship="Source", created=moment, modified=moment)
        for name, content in attachments.items()
    ]
    with warnings.catch_warnings():
        # WeasyPrint 70 leaves it to the garbage collector to close its own colour profile.
        warnings.simplefilter("ignore", ResourceWarning)
        drawn = document.write_pdf(
            pdf_variant="pdf/a-3a", pdf_identifier=identifier.encode(), finisher=_no_object_streams
        )
    return bytes(drawn)


def seal_pdf(drawn: bytes, *, signer: Signer, certificate: Certificate, reason: str) -> bytes:
    """Add the seal: PAdES B-B, certifying, no change permitted afterwards.

    Args:
        drawn: The PDF as `draw_pdf` made it; it is kept as it is, at the beginning of the result.
        signer: Whose key signs.
        certificate: What goes inside for readers to show; verifiers bring their own.
        reason: What PDF readers print beside the signature.

    Raises:
        EvidenceError: The key could not sign this.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=SIGNATURE_FIELD,
        md_algorithm=_digest_of(signer.public_key),
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
    )
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(drawn))
        sealed = signers.PdfSigner(metadata, _PortSigner(signer, certificate)).sign_pdf(writer)
    except (PdfError, ValueError) as error:
        raise EvidenceError("report.pdf: it could not be signed", hint="see the signing key") from error
    return bytes(sealed.getbuffer())


class _PortSigner(signers.Signer):
    """pyHanko's idea of a signer, over ours: a key in a token signs a PDF as one in a file does."""

    def __init__(self, signer: Signer, certificate: Certificate) -> None:
        der = certificate.public_bytes(serialization.Encoding.DER)
        super().__init__(signing_cert=asn1_x509.Certificate.load(der), cert_registry=_no_other_certificates())
        self._port = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Our signer hashes by itself, with the digest that its key goes with; a dry run is a real signature."""
        del digest_algorithm, dry_run
        return self._port.sign(data)


def _no_other_certificates() -> SimpleCertificateStore:
    return SimpleCertificateStore()  # type: ignore[no-untyped-call]


class _OwnFontsOnly(URLFetcher):  # type: ignore[misc]
    """Answers for the fonts that are shipped with the product, and for nothing else on this machine or beyond."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        del headers
        if url in _font_urls().values():
            name = url.removeprefix(_FONT_PLACE)
            return URLFetcherResponse(url, body=files("reports").joinpath("fonts", name).read_bytes())
        raise URLFetchingError(f"a report has nothing from outside: {url}")


@cache
def _font_urls() -> dict[tuple[str, int], str]:
    return {face: f"{_FONT_PLACE}{name}" for face, name in _FONTS.items()}


def _font_faces() -> str:
    return "".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url('{url}') }}\n"
        for (family, weight), url in _font_urls().items()
    )


def _no_object_streams(document: object, pdf: pydyf.PDF) -> None:
    """WeasyPrint asks for object streams whenever the variant allows them; there is no option for it."""
    del document
    pdf.write = functools.partial(_write_plainly, pdf.write)


def _write_plainly(
    write: Callable[..., None], output: IO[bytes], version: bytes, identifier: bytes, compress: bool
) -> None:
    del compress
    write(output, version, identifier, False)


def _digest_of(key: PublicKey) -> Literal["sha256", "sha512"]:
    # RFC 8419: with Ed25519, the CMS digest is SHA-512.
    return "sha512" if isinstance(key, ed25519.Ed25519PublicKey) else "sha256"
