"""The catalogue: which activities and controls a kind of drill contributes to. Data in `*.yml`, one file a framework.

It never says that anything conforms: a drill is one piece of evidence among others. An organisation adds files of the
same format, with frameworks, kinds and titles of its own, and needs no code for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources

import yaml

from orchestrator.core.canonical import sha256
from orchestrator.core.yaml_text import Document
from orchestrator.errors import DefinitionError, Fault
from reports.catalogue.catalogue import Catalogue, Framework
from reports.catalogue.definition import CatalogueFile, parse_catalogue_file
from reports.catalogue.mapping import Activity, Basis, Control, FrameworkTitle, Mapping, OwnFile

__all__ = [
    "SHIPPED",
    "Activity",
    "Basis",
    "Catalogue",
    "CatalogueFile",
    "Control",
    "Framework",
    "FrameworkTitle",
    "Mapping",
    "OwnFile",
    "OwnText",
    "load_catalogue",
    "load_whole_catalogue",
    "parse_catalogue_file",
    "shipped_text",
]

SHIPPED = (
    "activities",
    "kinds",
    "iso27001",
    "iso22301",
    "rgpd",
    "hds",
    "pgssi-s",
    "care",
    "recyf",
    "secnumcloud",
    "eu-2024-2690",
    "dora",
)
"""The files of this version, in the order in which they are read and printed."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText:
    """A file of the organisation's own, as it was read. `name`: as the project calls it."""

    name: str
    content: bytes


def load_catalogue(*, frameworks: Iterable[str] = (), files: Iterable[OwnText] = ()) -> Catalogue:
    """The catalogue as a project prints it.

    Args:
        frameworks: The optional frameworks that are printed too.
        files: The organisation's own files, each able to change what those before it say.

    Raises:
        DefinitionError: A file says something that cannot be meant. Every fault, with its line.
        EvidenceError: There is no such framework.
    """
    return load_whole_catalogue(files=files).choosing(frameworks)


def load_whole_catalogue(*, files: Iterable[OwnText] = ()) -> Catalogue:
    """The catalogue with all its frameworks, those too that nobody chose.

    Raises:
        DefinitionError: A file says something that cannot be meant.
    """
    catalogue = _shipped()
    for own in files:
        file, document = parse_catalogue_file(_text(own), file=own.name)
        merged = catalogue.with_file(file, document=document)
        added = OwnFile(name=own.name, version=file.version, sha256=sha256(own.content))
        catalogue = merged.model_copy(update={"own": (*catalogue.own, added)})
    return catalogue


@cache
def _shipped() -> Catalogue:
    catalogue = Catalogue(version="")
    for name in SHIPPED:
        value = yaml.load(shipped_text(name), Loader=_LOADER)  # noqa: S506  a safe one, in C where there is one
        document, file = Document(file=f"{name}.yml", value=value, lines={}), CatalogueFile.model_validate(value)
        catalogue = catalogue.with_file(file, document=document).model_copy(update={"version": file.version})
    return catalogue


def shipped_text(name: str) -> str:
    """The text of a file of this version. Read without a look for traps, which a test has: that takes half a second."""
    return resources("reports.catalogue").joinpath(f"{name}.yml").read_text(encoding="utf-8")


def _text(own: OwnText) -> str:
    try:
        return own.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError((Fault(file=own.name, line=None, key="", message="is no text in UTF-8"),)) from error
