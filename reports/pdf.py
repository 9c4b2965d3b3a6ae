"""Makes the PDF/A-3a and PDF/UA-1 of a report, with one invisible, certifying PAdES signature in one revision.

Deterministic up to the signature: a verifier draws the page again and finds the same bytes. No visible stamp, since
pyHanko's fonts break PDF/A; no object streams, since validators parse them again for every object (EVIDENCE.md 2.3).
"""

import functools
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

import pydyf
import weasyprint
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse, URLFetchingError

from orchestrator.errors import EvidenceError
from reports.signers import Signer, digest_of
from reports.signing.authority import Stamper
from reports.signing.paths import as_asn1
from reports.signing.quiet import quiet
from reports.signing.revocation import Revocation, supply
from reports.tagging import tag_for_everybody
from reports.typefaces import FACES, font_faces, read_face

SIGNATURE_FIELD = "Seal"
_FONT_PLACE = "reprise://fonts/"
"""No place on any disk: a checkout's path may hold what no address may, and must not be in a report."""


def draw_pdf(page: str, *, attachments: Mapping[str, bytes], identifier: str, moment: datetime) -> bytes:
    """The unsigned PDF/A-3a and PDF/UA-1 of a page of HTML, with files inside. The same arguments give the same bytes.

    Args:
        page: A whole HTML document that needs nothing from outside.
        attachments: The files that go inside, by name.
        identifier: The run, from which the document's own identifier is made.
        moment: The date of the document and its attachments, in UTC.
    """
    fonts = FontConfiguration()
    fetcher = _OwnFontsOnly()
    sheet = weasyprint.CSS(string=font_faces(_place), font_config=fonts, url_fetcher=fetcher)
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
            pdf_variant="pdf/a-3a",
            pdf_identifier=identifier.encode(),
            finisher=functools.partial(_finish, headings=_headings(html)),
        )
    return bytes(drawn)


def seal_pdf(
    drawn: bytes,
    *,
    signer: Signer,
    certificate: Certificate,
    reason: str,
    chain: Sequence[Certificate] = (),
    stamper: Stamper | None = None,
    revocation: Revocation | None = None,
) -> bytes:
    """Add the seal: PAdES, certifying, no change permitted afterwards, in one revision over the whole file.

    B-B by itself; B-T with a time-stamp; B-LT with a time-stamp and what is known of revocation, which goes into the
    same revision: the seal covers it, and readers still find the total document signed.

    Args:
        drawn: The PDF as `draw_pdf` made it; it is kept as it is, at the beginning of the result.
        signer: Whose key signs.
        certificate: What goes inside for readers to show; verifiers bring their own.
        reason: What PDF readers print beside the signature.
        chain: The certificates between that one and its root.
        stamper: Who time-stamps.
        revocation: What goes into the file's security store.

    Raises:
        EvidenceError: The key could not sign this.
        AuthorityError: There is no time-stamp to be had.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=SIGNATURE_FIELD,
        md_algorithm=digest_of(signer.public_key),
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
    )
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(drawn))
        if revocation is not None:
            supply(writer, revocation)
        port = _PortSigner(signer, certificate, chain=chain)
        with quiet():
            sealed = signers.PdfSigner(metadata, port, timestamper=stamper).sign_pdf(writer)
    except (PdfError, ValueError) as error:
        raise EvidenceError("report.pdf: it could not be signed", hint="see the signing key") from error
    return bytes(sealed.getbuffer())


class _PortSigner(signers.Signer):
    """pyHanko's idea of a signer, over ours: a key in a token signs a PDF as one in a file does."""

    def __init__(self, signer: Signer, certificate: Certificate, *, chain: Sequence[Certificate]) -> None:
        super().__init__(signing_cert=as_asn1(certificate), cert_registry=_store_of(chain))
        self._port = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Our signer hashes by itself, with the digest that its key goes with; a dry run is a real signature."""
        del digest_algorithm, dry_run
        return self._port.sign(data)


def _store_of(chain: Sequence[Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(as_asn1(one) for one in chain)
    return store


class _OwnFontsOnly(URLFetcher):  # type: ignore[misc]
    """Answers for the fonts that are shipped with the product, and for nothing else on this machine or beyond."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        del headers
        if url in map(_place, FACES.values()):
            return URLFetcherResponse(url, body=read_face(url.removeprefix(_FONT_PLACE)))
        raise URLFetchingError(f"a report has nothing from outside: {url}")


def _place(name: str) -> str:
    return f"{_FONT_PLACE}{name}"


def _finish(document: object, pdf: pydyf.PDF, *, headings: Mapping[str, str]) -> None:
    del document
    tag_for_everybody(pdf, headings=headings)
    _no_object_streams(pdf)


def _headings(html: weasyprint.HTML) -> dict[str, str]:
    """The words of everything in a page that has a name, to which a link may lead."""
    named = ((element.get("id"), element.itertext()) for element in html.etree_element.iter())
    return {name: " ".join(part.strip() for part in parts) for name, parts in named if name}


def _no_object_streams(pdf: pydyf.PDF) -> None:
    """WeasyPrint asks for object streams whenever the variant allows them; there is no option for it."""
    pdf.write = functools.partial(_write_plainly, pdf.write)


def _write_plainly(
    write: Callable[..., None], output: IO[bytes], version: bytes, identifier: bytes, compress: bool
) -> None:
    del compress
    write(output, version, identifier, False)
