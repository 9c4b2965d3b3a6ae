"""The 47 fields that an auditor looks for, in their usual order (COMPLIANCE.md, section 6.1). None: not given.

What the machine knows it says; what only people know and nobody wrote down is printed as not given, never made up.
"""

from dataclasses import dataclass
from itertools import chain

from reports.evidence import Evidence
from reports.page.declared import declared_fields
from reports.page.established import established_fields
from reports.page.speech import Speech
from reports.words import Words

_GROUPS = {"a": (1, 5), "b": (6, 13), "c": (14, 17), "d": (18, 20), "e": (21, 24), "f": (25, 32), "g": (33, 39)}
_GROUPS |= {"h": (40, 40), "i": (41, 47)}
_RECOMMENDED = {12, 27, 36, 39}
_OF_HOSTS = (16, 18, 20, 26, 27, 29, 40)
"""What nobody can give of a drill that acts on no host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its number, its label and its lines; none where the project gave nothing."""

    number: int
    label: str
    recommended: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One of the groups A to I."""

    letter: str
    title: str
    fields: tuple[Field, ...]


def build_groups(evidence: Evidence, *, words: Words) -> tuple[Group, ...]:
    """Every field in its group."""
    speech = Speech(evidence, words)
    values = dict(chain(declared_fields(speech), established_fields(speech)))
    if not evidence.plan.drill.needs_hosts:
        values |= dict.fromkeys(_OF_HOSTS, (words("not-applicable"),))
    return tuple(
        Group(
            letter=letter.upper(),
            title=words(f"group.{letter}"),
            fields=tuple(
                Field(
                    number=number,
                    label=words(f"field.{number}"),
                    recommended=number in _RECOMMENDED,
                    lines=tuple(line for line in values[number] if line),
                )
                for number in range(first, last + 1)
            ),
        )
        for letter, (first, last) in _GROUPS.items()
    )
