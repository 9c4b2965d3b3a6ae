"""What a pattern of an organisation's own (its patient numbers) may be: quick whatever the text, and not in all of it.

Python's `re` tries one way after another, so a careless pattern can take hours over one line. Here the number of ways
is counted on the tree that `re` itself makes of the pattern; nothing else could be sure to read it as `re` does.
"""

import re
from importlib import import_module
from typing import Any

MOST_WAYS = 1_000
"""In which a pattern may be tried at one place of a text. With it, searching a text takes time in proportion to it."""
LONGEST_MATCH = 200
LEAST_MATCH = 4
"""Characters: less is found everywhere by chance."""

OFTEN_WRITTEN = (
    "2026-11-23T02:00:00.123456Z",
    "20261123T020000Z-postgresql-restore-4f9c",
    "20261123-013000F_20261123-020000I",
    "000000010000000000000002",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "192.0.2.10:5432",
    "ansible.builtin.command",
    "postgresql-restore",
    "exploitation (astreinte)",
    "Restore of a lost database, all blocking checks passed within the objectives",
    "Restauration d’une base perdue, contrôles bloquants passés dans les objectifs",
)
"""What evidence holds of its own: an instant, a run, a backup, a WAL segment, a digest, an address, words."""

_parser: Any = import_module("re._parser")
_FLAGS = re.UNICODE | re.IGNORECASE


def compile_own_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern.

    Raises:
        ValueError: It is no regular expression, could be slow, or is found in what every run holds. Says which.
    """
    try:
        tree = _parser.parse(pattern)
        compiled = re.compile(pattern)
    # Nested thousands deep, it exhausts the parser.
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if compiled.flags & ~_FLAGS:
        raise ValueError("has a flag other than (?i)")
    _check_width(*tree.getwidth())
    if _ways(tree) > MOST_WAYS:
        raise ValueError(f"could be slow: more than {MOST_WAYS} ways to try it at one place; narrow its repetitions")
    _check_particular(compiled)
    return compiled


def _check_width(least: int, most: int) -> None:
    if least < LEAST_MATCH:
        raise ValueError(f"may match fewer than {LEAST_MATCH} characters, which are found everywhere")
    if most > LONGEST_MATCH:
        raise ValueError(f"may match more than {LONGEST_MATCH} characters: write {{1,30}} rather than + or *")


def _check_particular(compiled: re.Pattern[str]) -> None:
    found = next((text for text in OFTEN_WRITTEN if compiled.search(text)), None)
    if found is not None:
        raise ValueError(f"is found in {found!r}, such as every run holds: no run could be signed; make it narrower")


def _ways(tree: Any) -> int:
    """How many ways there are to go through a part of a pattern, counted up to just over the limit."""
    ways = 1
    for operation, argument in tree:
        ways = min(ways * _ways_of(str(operation), argument), MOST_WAYS + 1)
    return ways


def _ways_of(operation: str, argument: Any) -> int:
    match operation:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN" | "AT":
            return 1
        case "BRANCH":
            return sum(_ways(branch) for branch in argument[1])
        case "SUBPATTERN":
            return _ways(argument[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, repeated = argument
            return _repeated(_ways(repeated), least=least, most=most)
        case _:
            raise ValueError("looks ahead, looks back or refers to a group: write it without")


def _repeated(each: int, *, least: int, most: int) -> int:
    if each == 1:
        return most - least + 1
    total = 0
    for count in range(least, most + 1):
        total += each**count
        if total > MOST_WAYS:
            break
    return min(total, MOST_WAYS + 1)
