"""What a catalogue file may say, a shipped one and an organisation's own alike. Text in, value or faults out."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.core.definition import validate
from orchestrator.core.model import Identifier, Title
from orchestrator.core.written import Definition
from orchestrator.core.yaml_text import Document, read_yaml
from reports.catalogue.mapping import Basis

Text = Annotated[str, Field(min_length=1, max_length=300)]
Reference = Annotated[str, Field(min_length=1, max_length=60)]
PerimeterNumber = Annotated[str, Field(pattern=r"^[1-6]$")]
"""As a drill says it. Its number is the article's and never printed: the law counts otherwise."""


def _in_words(title: Title) -> Title:
    if not (title.fr.strip() and title.en.strip()):
        raise ValueError("must say something in both languages")
    return title


Words = Annotated[Title, AfterValidator(_in_words)]


class Link(Definition):
    """One control that a kind of drill contributes to."""

    control: Reference
    primary: bool = False
    basis: Basis | None = None


class FrameworkDefinition(Definition):
    """A framework, or what is changed of one that is known already: then no title is needed.

    `optional`: printed only where a project chooses it. A list under `kinds` or `common` replaces the one before it.
    """

    title: Words | None = None
    optional: bool | None = None
    controls: dict[Reference, Words] = {}
    common: tuple[Link, ...] | None = None
    kinds: dict[Identifier, tuple[Link, ...]] = {}


class KindDefinition(Definition):
    """A kind of drill. One that is known already is given another title."""

    title: Words


class PerimeterDefinition(Definition):
    """A perimeter of the article, in words, with the official activities that it stands for, by their names here."""

    title: Words
    activities: tuple[Identifier, ...]


class CatalogueFile(Definition):
    """One file of the catalogue."""

    format: Literal["reprise/catalogue/v1"]
    version: Text
    activities: dict[Identifier, Words] = {}
    perimeters: dict[PerimeterNumber, PerimeterDefinition] = {}
    frameworks: dict[Identifier, FrameworkDefinition] = {}
    kinds: dict[Identifier, KindDefinition] = {}


def parse_catalogue_file(text: str, *, file: str) -> tuple[CatalogueFile, Document]:
    """Read one file, with the lines of its places.

    Raises:
        DefinitionError: With every fault of the file, each with its line, key and what would be right.
    """
    document = read_yaml(text, file=file)
    return validate(document, CatalogueFile), document
