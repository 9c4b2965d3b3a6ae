"""What a scan says: where something was found and of what kind, or that nothing was. Never any of the value."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.model import SHA256, Identifier, Record

RULES_VERSION = "2026.2"


class HitKind(StrEnum):
    """What was found."""

    NIR = "nir"
    PHONE = "phone"
    EMAIL = "email"
    BIRTH_DATE = "birth-date"
    PRIVATE_KEY = "private-key"
    CREDENTIAL = "credential"
    TOKEN = "token"  # noqa: S105  a kind, not a token
    HIGH_ENTROPY = "high-entropy"
    LONG_TEXT = "long-text"
    NOT_TEXT = "not-text"
    PERSON_NAME = "person-name"
    OWN_PATTERN = "own-pattern"


OWN_KINDS = (HitKind.PERSON_NAME, HitKind.OWN_PATTERN)
"""What only the organisation's own rules find: nobody without them can look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that must not be there. `pattern`: the name of the organisation's own pattern that found it."""

    file: str
    place: str
    """A line number from 1, a JSON pointer, or both. A key that somebody else chose is given by its number: `#3`."""
    kind: HitKind
    pattern: str = ""
    again: int = 0
    """In how many places more the same text is."""

    def __str__(self) -> str:
        where = f"{self.file} {self.place}" if self.place else self.file
        found = f"{where} ({self.kind}{f' {self.pattern}' if self.pattern else ''})"
        return f"{found} and {self.again} more like it" if self.again else found


class ScannedFile(Record):
    """A file that was looked at, as it was."""

    name: str
    sha256: SHA256


class UsedPattern(Record):
    """A pattern of the organisation's own: its name and its digest, never the pattern."""

    name: Identifier
    sha256: SHA256


class UsedNames(Record):
    """How many names of people were looked for. No digest of a short list: by trying, its names could be found."""

    count: int
    sha256: SHA256 | None


class ScanResult(Record):
    """That nothing was found, in which files, by which rules. A scan that found something is an error, not a result."""

    rules: str = RULES_VERSION
    kinds: tuple[HitKind, ...]
    patterns: tuple[UsedPattern, ...] = ()
    names: UsedNames | None = None
    files: tuple[ScannedFile, ...]
    hits: int = 0
