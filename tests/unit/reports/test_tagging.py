"""What PDF/UA-1 asks for and WeasyPrint leaves out, in a document not yet written: scopes, links, the mark."""

import xml.etree.ElementTree as ET

import pydyf
import pytest

from reports.tagging import tag_for_everybody

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
BEFORE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def pdf() -> pydyf.PDF:
    """A document that has metadata, and nothing else yet."""
    made = pydyf.PDF()
    metadata = pydyf.Stream([BEFORE], extra={"Type": "/Metadata", "Subtype": "/XML"})
    made.add_object(metadata)
    made.catalog["Metadata"] = metadata.reference
    return made


def _element(pdf: pydyf.PDF, kind: str) -> pydyf.Dictionary:
    cell = pydyf.Dictionary({"S": kind, "A": pydyf.Dictionary({"O": "/Table"})})
    pdf.add_object(cell)
    return cell


def _link(pdf: pydyf.PDF, **target: object) -> pydyf.Dictionary:
    link = pydyf.Dictionary({"Subtype": "/Link", "Contents": pydyf.String("proof"), **target})
    pdf.add_object(link)
    return link


def _metadata(pdf: pydyf.PDF) -> bytes:
    number = int(pdf.catalog["Metadata"].split()[0])
    return b"".join(pdf.objects[number].stream)


def test_a_header_cell_says_that_it_is_above_its_column_and_keeps_what_it_said(pdf: pydyf.PDF) -> None:
    head, cell = _element(pdf, "/TH"), _element(pdf, "/TD")
    tag_for_everybody(pdf, headings={})
    assert head["A"] == {"O": "/Table", "Scope": "/Column"}
    assert cell["A"] == {"O": "/Table"}


def test_a_link_is_named_by_the_heading_that_it_leads_to(pdf: pydyf.PDF) -> None:
    link = _link(pdf, Dest=pydyf.String("proof"))
    tag_for_everybody(pdf, headings={"proof": "Preuve et vérification", "steps": "Étapes"})
    assert link["Contents"].string == "Preuve et vérification"


def test_a_link_that_leads_elsewhere_keeps_its_words(pdf: pydyf.PDF) -> None:
    unknown, outside = _link(pdf, Dest=pydyf.String("other")), _link(pdf, A=pydyf.Dictionary({"S": "/URI"}))
    tag_for_everybody(pdf, headings={"proof": "Preuve"})
    assert unknown["Contents"].string == outside["Contents"].string == "proof"


def test_the_claim_is_in_the_one_rdf_with_the_schema_of_its_namespace(pdf: pydyf.PDF) -> None:
    tag_for_everybody(pdf, headings={})
    (rdf,) = ET.fromstring(_metadata(pdf))
    assert rdf.tag == f"{RDF}RDF"
    assert [part.text for part in rdf.iter(f"{PDFUA}part")] == ["1"]
    assert [one.text for one in rdf.iter(f"{SCHEMA}namespaceURI")] == [PDFUA.strip("{}")]
    assert [one.text for one in rdf.iter(f"{SCHEMA}prefix")] == ["pdfuaid"]
    assert len(rdf) == 3, "what was there is kept"
