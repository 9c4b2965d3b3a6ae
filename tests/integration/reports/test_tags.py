"""What the tags of a real report say, read from the file that was sealed: headers, links, the claim of its metadata."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from orchestrator.core.model import Language
from reports.layout import REPORT_PDF
from reports.words import load_words

SECTIONS = ("timeline", "measures", "steps", "checks", "findings", "guard", "file", "mapping", "proof")
PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"


@pytest.fixture(scope="module")
def report(sealed_once: Path) -> Iterator[PdfFileReader]:
    """The sealed report, open."""
    with (sealed_once / REPORT_PDF).open("rb") as file:
        yield PdfFileReader(file, strict=False)


def _dictionaries(report: PdfFileReader) -> list[DictionaryObject]:
    numbers = range(1, int(report.trailer["/Size"]))
    found = (IndirectObject(number, 0, report).get_object() for number in numbers)  # type: ignore[no-untyped-call]
    return [one for one in found if isinstance(one, DictionaryObject)]


def test_every_header_cell_is_of_a_column(report: PdfFileReader) -> None:
    heads = [one for one in _dictionaries(report) if one.get("/S") == "/TH"]
    assert len(heads) > 40
    assert {str(one["/A"]["/Scope"]) for one in heads} == {"/Column"}


def test_the_contents_lead_to_headings_by_their_words(report: PdfFileReader) -> None:
    words = load_words(Language.FRENCH)
    links = [one for one in _dictionaries(report) if one.get("/Subtype") == "/Link"]
    wanted = {key: f"{number} {words(f'section.{key}')}" for number, key in enumerate(SECTIONS, start=1)}
    assert {str(one["/Dest"]): str(one["/Contents"]) for one in links} == wanted


def test_the_metadata_claims_pdfua_beside_pdfa(report: PdfFileReader) -> None:
    metadata = ET.fromstring(report.root["/Metadata"].data)
    claims = [one.text for one in metadata.iter(f"{PDFUA}part")]
    claims += [one.attrib[f"{PDFUA}part"] for one in metadata.iter() if f"{PDFUA}part" in one.attrib]
    assert claims == ["1"]
