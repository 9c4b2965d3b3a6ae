"""A PDF that somebody changed: bytes, later revisions, what is attached to it. Nothing here says what is found."""

import io
import re
from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def flip(content: bytes, position: int, *, bit: int = 0) -> bytes:
    """The content with one bit of one byte turned over; 0 is the lowest bit."""
    return content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]


def byte_range(pdf: bytes) -> tuple[int, int]:
    """Where the digits of the signature begin and end."""
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) \d+\s*\]", pdf)
    assert found is not None
    return int(found[1]) + 1, int(found[2]) - 1


def unsealed(pdf: bytes) -> bytes:
    """The PDF as it was drawn, before it was sealed."""
    return pdf[: pdf.index(b"%%EOF") + 6]


def _stream(marker: bytes) -> Callable[[bytes], bytes]:
    return lambda pdf: flip(pdf, pdf.index(b"stream\n", pdf.index(marker)) + 40)


def _in_signature(offset: int) -> Callable[[bytes], bytes]:
    return lambda pdf: flip(pdf, byte_range(pdf)[0] + offset)


def _at_end_of_padding(pdf: bytes) -> bytes:
    position = byte_range(pdf)[1] - 4
    return pdf[:position] + b"1" + pdf[position + 1 :]


def _lower_case_digit(pdf: bytes) -> bytes:
    start, end = byte_range(pdf)
    return pdf[:start] + pdf[start:end].lower() + pdf[end:]


def _rewritten(change: Callable[[IncrementalPdfFileWriter], None]) -> Callable[[bytes], bytes]:
    def update(pdf: bytes) -> bytes:
        writer, output = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
        change(writer)
        writer.write(output)  # type: ignore[no-untyped-call]
        return output.getvalue()

    return update


def _paint_over(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0].get_object()  # type: ignore[no-untyped-call]
    painted = writer.add_object(generic.StreamObject(stream_data=b"q 0 1 0 rg 50 700 200 40 re f Q"))
    page[pdf_name("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), painted])
    writer.update_container(page)


def _attached(writer: IncrementalPdfFileWriter) -> generic.ArrayObject:
    """Names and file specifications, in turn."""
    attached: generic.ArrayObject = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    return attached


def _swap_attachment(writer: IncrementalPdfFileWriter) -> None:
    specification = _attached(writer)[3]["/EF"]
    other = generic.StreamObject(stream_data=b"{}", dict_data={pdf_name("/Type"): pdf_name("/EmbeddedFile")})
    specification[pdf_name("/F")] = writer.add_object(other)
    writer.update_container(specification)


def _exchange_attachments(writer: IncrementalPdfFileWriter) -> None:
    one, other = (_attached(writer)[index]["/EF"] for index in (1, 3))
    one[pdf_name("/F")], other[pdf_name("/F")] = other.raw_get("/F"), one.raw_get("/F")
    writer.update_container(one)
    writer.update_container(other)


def _annotate(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0].get_object()  # type: ignore[no-untyped-call]
    box = generic.ArrayObject(map(generic.NumberObject, (50, 700, 250, 740)))
    note = {"/Type": "/Annot", "/Subtype": "/FreeText"}
    described = {pdf_name(key): pdf_name(value) for key, value in note.items()}
    words = {pdf_name("/Rect"): box, pdf_name("/Contents"): generic.pdf_string("approved")}
    annotation = writer.add_object(generic.DictionaryObject({**described, **words}))  # type: ignore[no-untyped-call]
    page[pdf_name("/Annots")] = generic.ArrayObject([*page.get("/Annots", ()), annotation])
    writer.update_container(page)


def _change_language(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/Lang")] = generic.pdf_string("en")
    writer.update_root()  # type: ignore[no-untyped-call]


def _change_nothing(writer: IncrementalPdfFileWriter) -> None:
    writer.update_root()  # type: ignore[no-untyped-call]


PDF_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "header": lambda pdf: flip(pdf, 6),
    "page": _stream(b"/Filter"),
    "attachment": _stream(b"/EmbeddedFile"),
    "metadata": _stream(b"/Subtype /XML"),
    "cross-references": lambda pdf: flip(pdf, pdf.rindex(b"startxref") - 60),
    "cms begin": _in_signature(10),
    "cms certificate": _in_signature(400),
    "cms end": _in_signature(2_000),
    "padding": _at_end_of_padding,
    "case of the digits": _lower_case_digit,
}
"""Bytes that are changed where they are."""
PDF_UPDATES: dict[str, Callable[[bytes], bytes]] = {
    "junk after the end": lambda pdf: pdf + b"\n% hello\n",
    "one byte after the end": lambda pdf: pdf + b"\n",
    "cut short": lambda pdf: pdf[:-3],
    "painted over in a later revision": _rewritten(_paint_over),
    "annotated in a later revision": _rewritten(_annotate),
    "attachment swapped in a later revision": _rewritten(_swap_attachment),
    "attachments exchanged in a later revision": _rewritten(_exchange_attachments),
    "language changed in a later revision": _rewritten(_change_language),
    "nothing changed in a later revision": _rewritten(_change_nothing),
    "not a PDF": lambda pdf: b"%PDF-1.7\n" + b"(" * 20_000,
    "empty": lambda pdf: b"",
}
"""What is added behind the seal, or taken away."""
PDF_CHANGES = PDF_BYTES | PDF_UPDATES
ATTACHMENT_SWAPS: dict[str, Callable[[bytes], bytes]] = {
    "another content": _rewritten(_swap_attachment),
    "two exchanged": _rewritten(_exchange_attachments),
}
