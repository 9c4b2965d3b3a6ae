"""How people write what they define: keys in kebab-case, durations with their unit."""

import re
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from orchestrator.core.model import Microseconds, Record

_UNITS = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")


def parse_duration(text: object) -> int:
    """A duration as people write it (`50ms`, `90s`, `15m`, `4h`, `7d`), in microseconds.

    Raises:
        ValueError: It is not a whole number followed by one of these units.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a duration is a whole number and a unit: 50ms, 90s, 15m, 4h or 7d")
    return int(match[1]) * _UNITS[match[2]]


WRITTEN = {"written": True}
"""The context of a validation that reads what a person wrote, where a bare number is no duration."""


def _read_duration(value: object, info: ValidationInfo) -> object:
    kept = isinstance(value, int) and not isinstance(value, bool) and info.context != WRITTEN
    return value if kept else parse_duration(value)


Duration = Annotated[
    Microseconds,
    BeforeValidator(_read_duration),
    PlainSerializer(int),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}, mode="validation"),
    WithJsonSchema({"type": "integer", "minimum": 0, "exclusiveMaximum": 2**53}, mode="serialization"),
]
"""Written `15m` in a drill file, kept in microseconds."""

Period = Annotated[Duration, Field(gt=0)]
"""A duration that is not zero."""


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class Definition(Record):
    """A part of a drill file: keys in kebab-case, none that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab, validate_by_name=True)


def is_none(value: object) -> bool:
    """Left out where it says nothing, so that plans which were sealed before there was such a key keep their digest."""
    return value is None


def is_empty(value: object) -> bool:
    """As for `is_none`, of what is a list, a mapping or a count."""
    return not value
