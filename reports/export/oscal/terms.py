"""The small parts of an OSCAL document: identifiers, properties, tokens, instants. No evidence here."""

import re
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from reports.export.text import line

Json = dict[str, Any]

NAMESPACE = "https://reprise.invalid/ns/oscal"
"""Of our own properties. A name, not a place: `.invalid` never resolves (RFC 2606)."""
_OBJECTS = uuid5(NAMESPACE_URL, NAMESPACE)
_NOT_IN_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")


def identify(*path: str) -> str:
    """The UUID (version 5) of an object by its path, such as a run's name and a check's: the same one for ever."""
    return str(uuid5(_OBJECTS, "/".join(path)))


def token(*parts: str) -> str:
    """An OSCAL token: `iso27001`, `A.5.30` give `iso27001_A.5.30`; what a token may not hold becomes a hyphen."""
    written = "_".join(_NOT_IN_TOKEN.sub("-", part).strip("-") for part in parts)
    return written if written[:1].isalpha() else f"_{written}"


def properties(**values: object) -> list[Json]:
    """Our own properties, in the order given; what is None or empty is left out.

    The name is the keyword with hyphens: `run_id` is `run-id`.
    """
    known = ((name.replace("_", "-"), line(_written(value))) for name, value in values.items() if value is not None)
    return [{"name": name, "ns": NAMESPACE, "value": value} for name, value in known if value]


def instant(moment: datetime) -> str:
    """An instant in UTC, as the journal writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def without_empty(value: Json) -> Json:
    """The object without members that hold nothing: OSCAL has no empty array, string or object."""
    return {name: member for name, member in value.items() if member not in (None, "", [], {})}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
