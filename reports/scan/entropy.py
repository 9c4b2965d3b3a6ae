"""Strings that look drawn at random, as keys and tokens do. Words, names, paths and times do not."""

import math
import re
from collections import Counter
from itertools import pairwise

LEAST_LENGTH = 24
LEAST_BITS = 4.0
"""Shannon entropy for each character. Of 24 drawn from 64 it is about 4.3; prose and paths stay below."""
LEAST_TURNS = 0.4
"""The part of neighbouring letters and digits that are of two classes: 0.64 where drawn, under 0.3 in CamelCase."""
LEAST_HEX_LENGTH = 32
LEAST_HEX_BITS = 3.0
"""Drawn hexadecimal has about 3.7; numbers that are padded with zeros have far less."""

_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_HEX = re.compile(r"(?<![A-Za-z0-9])(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![A-Za-z0-9])")
_NAMED_DIGEST = re.compile(
    r"(?i)\b(?:commit|r[ée]vision|sha-?1|sha-?256|empreinte|digest)\W{0,3}(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])"
)
"""A digest that says so in the same text: the commit of a runbook."""


def has_random(text: str) -> bool:
    """Whether a string within the text looks drawn at random."""
    if len(text) < LEAST_LENGTH:
        return False
    rest = _NAMED_DIGEST.sub(" ", text)
    return any(_is_random_hex(match[0]) for match in _HEX.finditer(rest)) or any(
        _is_random(match[0]) for match in _TOKEN.finditer(rest)
    )


def bits(text: str) -> float:
    """The Shannon entropy of a text, in bits for each of its characters."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _is_random_hex(token: str) -> bool:
    return bits(token) >= LEAST_HEX_BITS


def _is_random(token: str) -> bool:
    classes = [_class(letter) for letter in token]
    if not {"lower", "upper", "digit"} <= set(classes):
        return False
    # What joins words is left out: in a name of many words it would count as often as in a key.
    neighbours = [pair for pair in pairwise(classes) if "other" not in pair]
    turns = sum(left != right for left, right in neighbours)
    return turns >= LEAST_TURNS * len(neighbours) and bits(token) >= LEAST_BITS


def _class(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    return "lower" if letter.islower() else "upper" if letter.isupper() else "other"
