"""The French national numbers of people: INS and NIR, told from other numbers by their key."""

import re
from collections.abc import Iterator

_GAP = r"[ ._/-]{0,3}"
_NIR = re.compile(
    # Every place is tried: a longer match that has no key must not hide one that begins within it.
    r"(?<!\d)(?="
    + _GAP.join((r"([123478])", r"(\d{2})", r"(\d{2})", r"(\d[\dABab])", r"(\d{3})", r"(\d{3})", r"(\d{2})"))
    + r"(?!\d))"
)
_MONTHS = frozenset((*range(1, 13), *range(20, 43), *range(50, 100)))
"""Real months, and those that stand for one that is not known."""


def has_nir(text: str) -> bool:
    """Whether a NIR with its key is there: written together or in groups, and whatever letters are next to it."""
    return any(_has_key(parts) for parts in _candidates(text))


def _candidates(text: str) -> Iterator[tuple[str, ...]]:
    for match in _NIR.finditer(text):
        yield match.groups()


def _has_key(groups: tuple[str, ...]) -> bool:
    """It ends with 97 less the rest of the number by 97; Corsica's 2A and 2B count as 19 and 18."""
    *parts, key = groups
    if int(parts[2]) not in _MONTHS:
        return False
    department = parts[3].upper().replace("2A", "19").replace("2B", "18")
    number = "".join((*parts[:3], department, *parts[4:]))
    return number.isdigit() and 97 - int(number) % 97 == int(key)
