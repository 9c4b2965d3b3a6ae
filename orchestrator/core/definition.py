"""From the text of a file to a typed definition, or to every fault of it with its line and what would be right."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.core.consistency import inconsistencies
from orchestrator.core.drill import Drill
from orchestrator.core.placeholder import left_over
from orchestrator.core.step_definition import TAGS
from orchestrator.core.written import WRITTEN
from orchestrator.core.yaml_text import Document, Place, read_yaml
from orchestrator.errors import DefinitionError, Fault

Definition = TypeVar("Definition", bound=BaseModel)

_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a key that is known here",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "bool_type": "must be true or false",
}

_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""How pydantic names what may be written, where that is a member of an enum: nobody writes it so."""


def parse_drill(text: str, *, file: str) -> Drill:
    """Read a drill file.

    Args:
        text: What the file says.
        file: How the person calls it; its name without the ending must be the drill's id.

    Raises:
        DefinitionError: With every fault that was found, each with its line, key and what would be right.
    """
    document = read_yaml(text, file=file)
    drill = validate(document, Drill)
    faults = [document.fault(place, message) for place, message in inconsistencies(drill)]
    name = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if drill.id != name:
        message = f"is {drill.id!r}, but the file is called {name!r}"
        faults.append(document.fault(("id",), message, hint="make them equal"))
    if faults:
        raise DefinitionError(tuple(faults))
    return drill


def validate(document: Document, kind: type[Definition]) -> Definition:
    """Read a document as one kind of definition.

    Raises:
        DefinitionError: With one fault for each place that is not as it must be, or that nobody has filled in yet.
    """
    unfilled = [
        document.fault(place, "nobody has filled it in yet", hint=f"put there: {what}")
        for place, what in left_over(document.value)
    ]
    if unfilled:
        raise DefinitionError(tuple(unfilled))
    try:
        return kind.model_validate(document.value, context=WRITTEN, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = tuple(_fault(document, details, kind=kind) for details in _causes(error.errors()))
        raise DefinitionError(faults) from error


def _causes(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without those that only follow from another: a list is not too short because its items are wrong."""
    for details in errors:
        place = details["loc"]
        inner = any(other["loc"][: len(place)] == place and other is not details for other in errors)
        if details["type"] != "too_short" or not inner:
            yield details


def _fault(document: Document, details: ErrorDetails, *, kind: type[BaseModel]) -> Fault:
    place = _written_place(document, details["loc"])
    said = _ENUM_MEMBER.sub(r"\1", details["msg"]).removeprefix("Value error, ")
    message = _MESSAGES.get(details["type"]) or said
    return document.fault(place, message, hint=_hint(place, details=details, kind=kind))


def _written_place(document: Document, location: tuple[int | str, ...]) -> Place:
    """Pydantic's location without the names of union members, which no file has in it."""
    place: Place = ()
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if (*place, part) in document.lines or (last and part not in TAGS):
            place = (*place, part)
    return place


def _hint(place: Place, *, details: ErrorDetails, kind: type[BaseModel]) -> str | None:
    if details["type"] != "extra_forbidden":
        return None
    known = sorted(set(_known_keys(kind)) - {place[-1] if place else ""})
    close = get_close_matches(str(place[-1]), known, n=1) if place else []
    return f"did you mean {close[0]}?" if close else None


def _known_keys(kind: Any) -> Iterator[str]:
    """Every key of a definition and of those within it."""
    schema = kind.model_json_schema(by_alias=True)
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {})
