"""What an organisation adds to the rules: patterns of its own numbers, and names of people. Reads no file."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.core.canonical import sha256
from orchestrator.core.own_pattern import compile_own_pattern
from orchestrator.errors import DefinitionError, Fault
from reports.scan.hits import UsedNames, UsedPattern

LEAST_LETTERS = 3
"""Of a line of names, all its words together: less would be found everywhere."""
LEAST_FOR_A_DIGEST = 20
"""Names: nobody finds so many together by trying, and a digest of fewer could be tried."""

_WORD = re.compile(r"[^\W\d_]+")
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRules:
    """Patterns by name, and names by their first word. The empty one finds nothing."""

    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    names: frozenset[Words] = frozenset()
    by_first: Mapping[str, tuple[Words, ...]] = field(default_factory=dict)

    @property
    def used_patterns(self) -> tuple[UsedPattern, ...]:
        """What evidence says of the patterns."""
        items = sorted(self.patterns.items())
        return tuple(UsedPattern(name=name, sha256=sha256(one.pattern.encode())) for name, one in items)

    @property
    def used_names(self) -> UsedNames | None:
        """What evidence says of the names; None where none were given."""
        if not self.names:
            return None
        listed = "".join(f"{' '.join(words)}\n" for words in sorted(self.names)).encode()
        enough = len(self.names) >= LEAST_FOR_A_DIGEST
        return UsedNames(count=len(self.names), sha256=sha256(listed) if enough else None)

    def has_name(self, text: str) -> bool:
        """Whether the words of a name follow each other in a text, in either order."""
        if not self.by_first:
            return False
        words = words_of(text)
        return any(
            words[index : index + len(name)] == name
            for index, word in enumerate(words)
            for name in self.by_first.get(word, ())
        )


def build_own_rules(*, patterns: Mapping[str, str], names: Iterable[Words]) -> OwnRules:
    """The rules of an organisation.

    Raises:
        ValueError: A pattern is none that may be used (`compile_own_pattern`).
    """
    kept, by_first = frozenset(names), dict[str, set[Words]]()
    for name in kept:
        # Given name first or family name first: one is the other turned round.
        for turn in range(len(name)):
            turned = (*name[turn:], *name[:turn])
            by_first.setdefault(turned[0], set()).add(turned)
    return OwnRules(
        patterns={name: compile_own_pattern(pattern) for name, pattern in patterns.items()},
        names=kept,
        by_first={first: tuple(sorted(turned)) for first, turned in by_first.items()},
    )


def parse_names(text: str, *, file: str) -> tuple[Words, ...]:
    """Read a list of names: one a line, empty lines and those that begin with # left out.

    Raises:
        DefinitionError: A line has too few letters to be looked for. Names the line and never what it says.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if _says_something(line)]
    faults = tuple(_too_short(lines, file=file))
    if faults:
        raise DefinitionError(faults)
    if not lines:
        raise DefinitionError((Fault(file=file, line=1, key="", message="holds no name", hint="write one a line"),))
    return tuple(words_of(line) for _, line in lines)


def words_of(text: str) -> Words:
    """The words of a text as names are compared: without accents, capitals, digits and what stands between them."""
    plain = text if text.isascii() else _without_accents(text)
    return tuple(_WORD.findall(plain.casefold()))


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _too_short(lines: list[tuple[int, str]], *, file: str) -> Iterator[Fault]:
    for number, line in lines:
        if len("".join(words_of(line))) < LEAST_LETTERS:
            message = f"has fewer than {LEAST_LETTERS} letters and would be found everywhere"
            yield Fault(file=file, line=number, key="", message=message, hint="write family name and given name")
