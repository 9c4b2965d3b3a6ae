"""Makes the tagged PDF that WeasyPrint gives a PDF/UA-1 one: the scope of header cells, the words of links, the mark.

It changes what is in memory before anything is written, from what is there alone: the same page, the same bytes.
The texts of drawings are the templates' own: WeasyPrint takes them from the `title` of an SVG.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files

import pydyf

_END_OF_METADATA = b"</rdf:RDF>"


def tag_for_everybody(pdf: pydyf.PDF, *, headings: Mapping[str, str]) -> None:
    """Add what PDF/UA-1 asks for and WeasyPrint 70 leaves out.

    Args:
        pdf: What WeasyPrint is about to write; it is changed.
        headings: The words of each place in the document that a link leads to, by its name.
    """
    for found in _dictionaries(pdf):
        if found.get("S") == "/TH":
            # Every header cell of our templates is above what it names.
            found["A"]["Scope"] = "/Column"
        elif found.get("Subtype") == "/Link" and "Dest" in found:
            _name_link(found, headings)
    _claim(pdf)


def _dictionaries(pdf: pydyf.PDF) -> Iterator[pydyf.Dictionary]:
    return (one for one in pdf.objects if isinstance(one, pydyf.Dictionary))


def _name_link(link: pydyf.Dictionary, headings: Mapping[str, str]) -> None:
    """WeasyPrint says where a link leads by the name of the anchor, which is a word of the machine."""
    words = headings.get(link["Dest"].string)
    if words is not None:
        link["Contents"] = pydyf.String(words)


def _claim(pdf: pydyf.PDF) -> None:
    """PDF/A wants the extension schema of every namespace that is not its own, so both go into the one RDF."""
    number = int(pdf.catalog["Metadata"].split()[0])
    metadata = pdf.objects[number]
    claim = files("reports").joinpath("templates", "pdfua.xmp").read_bytes()
    metadata.stream = [part.replace(_END_OF_METADATA, claim + _END_OF_METADATA) for part in metadata.stream]
