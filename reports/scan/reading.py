"""A file as the texts that are looked at, each once and with its place. Finds nothing itself.

What this product writes itself in a known place and form (a digest, an instant, a count of microseconds) is no text to
look at: nobody else can write there. A digest of such a place is known wherever it is repeated.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.ssh_signature import parse_public_key, signing_key

FREE = frozenset(
    {
        "values",
        "observed",
        "expected",
        "hosts",
        "tools",
        "versions",
        "with",
        "with_",
        "read",
        "vars",
        "roles",
        "options",
        "parameters",
    }
)
"""The objects whose keys are not ours: somebody else chose them, so no place repeats them and none is a known one."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_NOTE = re.compile(r"[\w./%-]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n(?:— [\w./%-]+ [A-Za-z0-9+/]+=*\n)+")
"""A signed checkpoint of a register: its name, its size, its root, and signatures."""
_CHAINED = frozenset({"prev", "head", "journal_head", "seed"})
_COUNTED = ("_us", "_bytes")
_COUNTS = frozenset({"seq", "line", "lower", "upper", "length"})
_SERIES_LINE = re.compile(r"(?:\d{1,16},){2}\d{0,16},(?:[01],)?")
"""The cells of a line of a series that are numbers of ours; what is after them is the fault, in words."""


@dataclass(slots=True)
class Texts:
    """The texts of several files: each with its label (the key that it is under) once, with the first place of it."""

    places: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(label, text) to (file, place)."""
    again: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often a text was met after its first place."""
    known: set[str] = field(default_factory=set)
    """The digests that were met in a place of ours."""
    unreadable: list[str] = field(default_factory=list)
    """The files that are no text."""

    def add(self, text: str, *, label: str, file: str, place: str) -> None:
        """Keep a text, unless it is there already."""
        key = label, text
        if key in self.places:
            self.again[key] = self.again.get(key, 0) + 1
        else:
            self.places[key] = file, place


def read_texts(files: Mapping[str, bytes]) -> Texts:
    """The texts of every file: leaves and keys of JSON, lines of everything else."""
    texts = Texts()
    for name in sorted(files):
        try:
            content = files[name].decode("utf-8")
        except UnicodeDecodeError:
            texts.unreadable.append(name)
        else:
            _read(content, name=name, texts=texts)
    return texts


def _read(content: str, *, name: str, texts: Texts) -> None:
    ours = "/" not in name  # a series is never JSON, and the keys of what lies there in its place are not ours to print
    if ours and name.endswith(".json") and _read_json(content, file=name, place="", texts=texts):
        return
    if name.endswith(".html"):
        content = _readable(content)
    for number, line in enumerate(content.split("\n"), start=1):
        place = f"line {number}"
        if ours and name.endswith(".jsonl") and _read_json(line, file=name, place=f"{place} ", texts=texts):
            continue
        words = line[_numbers(line) :] if name.endswith(".csv") else line
        if words.strip():
            texts.add(words, label="", file=name, place=place)


def _read_json(content: str, *, file: str, place: str, texts: Texts) -> bool:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    _Walk(file=file, texts=texts).value(value, place=place, label="", free=False)
    return True


def _numbers(line: str) -> int:
    found = _SERIES_LINE.match(line)
    return found.end() if found else 0


def _readable(page: str) -> str:
    """What a person would read, line by line: without the drawings of HTML, whose coordinates look like telephones."""
    drawn = re.sub(r"<(style|script)\b.*?</\1>", _breaks, page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", _cell, drawn))


def _breaks(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _cell(match: re.Match[str]) -> str:
    return " | " + _breaks(match)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through one JSON value."""

    file: str
    texts: Texts

    def value(self, value: Any, *, place: str, label: str, free: bool) -> None:
        if isinstance(value, dict):
            self._object(value, place=place, label=label, free=free)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if not (isinstance(item, str) and self._ours("", item, label=label, free=free)):
                    self.value(item, place=f"{place}/{index}", label=label, free=free)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            self.texts.add(str(value), label=label, file=self.file, place=place)

    def _object(self, value: dict[str, Any], *, place: str, label: str, free: bool) -> None:
        # A claim gives its name beside its value; elsewhere the key is the name.
        named = str(value["name"]) if "name" in value and "value" in value else ""
        for index, (key, inner) in enumerate(value.items()):
            here = f"{place}/#{index}" if free else f"{place}/{key}"
            called = label if free and label else named if named and key == "value" else key
            if free:
                self.texts.add(key, label="", file=self.file, place=here)
            if not self._ours(key, inner, label=called, free=free):
                inside = key in FREE and isinstance(inner, dict)
                self.value(inner, place=here, label="" if inside else called, free=free or inside)

    def _ours(self, key: str, value: Any, *, label: str, free: bool) -> bool:
        """Whether it is in a known place and form of ours. A digest is remembered."""
        if isinstance(value, str):
            written = not free and (_is_written(key, value) or _is_public(label, value))
            return self._digest(key, value, label=label, free=free) or written
        return not free and isinstance(value, int) and (key.endswith(_COUNTED) or key in _COUNTS)

    def _digest(self, key: str, value: str, *, label: str, free: bool) -> bool:
        chained = not free and key in _CHAINED
        # What a check expects is written `= 9f2b…`; of a run that was cut short nobody observed it otherwise.
        digest = value.removeprefix("= ")
        is_digest = (chained or label.endswith(("sha256", "digest"))) and _DIGEST.fullmatch(digest) is not None
        if is_digest:
            self.texts.known.add(digest)
        return is_digest


def _is_public(label: str, value: str) -> bool:
    """Whether it is a public key, or a signature of a person, where we write one: all of it, and nothing beside it."""
    try:
        if label == "keys":
            return parse_public_key(value) == value
        return label == "signature" and bool(signing_key(value))
    except ValueError:
        return False


def _is_written(key: str, value: str) -> bool:
    """Whether it is an instant or a signed checkpoint, where we write one."""
    if key == "checkpoint":
        return _NOTE.fullmatch(value) is not None
    return (key == "at" or key.endswith("_at")) and _INSTANT.fullmatch(value) is not None
