"""Looks for health data, personal data and secrets in what is about to be signed. A hit blocks the signature.

It says which file, which place and what kind, never the value. It is the last of several guards, not the first: the
journal's types already keep free output away (COMPLIANCE.md, section 10). Rules are apart from reading.
"""

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import unquote

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.scan.hits import (
    OWN_KINDS,
    RULES_VERSION,
    Hit,
    HitKind,
    ScannedFile,
    ScanResult,
    UsedNames,
    UsedPattern,
)
from reports.scan.own import OwnRules, build_own_rules, parse_names
from reports.scan.reading import Texts, read_texts
from reports.scan.rules import LONGEST_TEXT, kinds_in

__all__ = [
    "LONGEST_TEXT",
    "NO_RULES_OF_OUR_OWN",
    "RULES_VERSION",
    "Hit",
    "HitKind",
    "OwnRules",
    "ScanResult",
    "ScannedFile",
    "UsedNames",
    "UsedPattern",
    "build_own_rules",
    "find",
    "parse_names",
    "scan",
]

NO_RULES_OF_OUR_OWN = OwnRules()
MOST_NAMED = 20
"""Hits that a message names one by one."""

_KNOWN_FORM = re.compile(r"(?<![0-9a-f])[0-9a-f]{16,64}(?![0-9a-f])")
_FINGERPRINT = re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])")
"""OpenSSH's of a host key, which is public: the guard repeats the one that it found and did not know."""
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")


def scan(
    files: Mapping[str, bytes], *, own: OwnRules = NO_RULES_OF_OUR_OWN, beside: Mapping[str, bytes] | None = None
) -> ScanResult:
    """Look at every file, by the rules that everybody has and by the organisation's own.

    Args:
        files: What is looked at.
        own: The organisation's own rules.
        beside: What was looked at before, and is repeated in these files: a digest that is known there is known here.

    Raises:
        EvidenceError: Something was found. Names each file, place and kind, never the value.
    """
    found = find(files, own=own, beside=beside)
    if found:
        hint = "evidence holds counts, durations, digests and roles only; remove it at its source and run again"
        raise EvidenceError(f"health data, personal data or a secret, nothing signed: {_named(found)}", hint=hint)
    return ScanResult(
        kinds=tuple(kind for kind in HitKind if kind not in OWN_KINDS),
        patterns=own.used_patterns,
        names=own.used_names,
        files=tuple(ScannedFile(name=name, sha256=sha256(files[name])) for name in sorted(files)),
    )


def find(
    files: Mapping[str, bytes], *, own: OwnRules = NO_RULES_OF_OUR_OWN, beside: Mapping[str, bytes] | None = None
) -> tuple[Hit, ...]:
    """Everything in these files that must not be there, each at the first place where it is.

    A digest that one of the files, or of those beside them, has in a known place of ours is none, wherever it is
    repeated.
    """
    texts = read_texts(files)
    texts.known |= read_texts(beside or {}).known
    return (*(Hit(file=name, place="", kind=HitKind.NOT_TEXT) for name in texts.unreadable), *_hits(texts, own=own))


def _hits(texts: Texts, *, own: OwnRules) -> Iterator[Hit]:
    known = sorted(texts.known)
    for (label, text), (file, place) in texts.places.items():
        at = partial(Hit, file=file, place=place, again=texts.again.get((label, text), 0))
        if len(text) > LONGEST_TEXT and not file.endswith(".html"):
            # Nothing is signed with it; and no rule is asked about a text that was made to keep it busy.
            yield at(kind=HitKind.LONG_TEXT)
            continue
        variants = _variants(_unknown(text, known=known))
        for kind in sorted({kind for variant in variants for kind in kinds_in(variant, label=label)}):
            yield at(kind=kind)
        if any(own.has_name(variant) for variant in variants):
            yield at(kind=HitKind.PERSON_NAME)
        for name, pattern in own.patterns.items():
            if any(pattern.search(variant) for variant in variants):
                yield at(kind=HitKind.OWN_PATTERN, pattern=name)


def _unknown(text: str, *, known: Sequence[str]) -> str:
    """A text without the digests that are known, whole or cut short by the end of a field."""
    shown = _FINGERPRINT.sub(" ", text) if "SHA256:" in text else text
    return _KNOWN_FORM.sub(lambda match: " " if _is_known(match[0], known=known) else match[0], shown)


def _is_known(token: str, *, known: Sequence[str]) -> bool:
    at = bisect_left(known, token)
    return at < len(known) and known[at].startswith(token)


def _variants(text: str) -> tuple[str, ...]:
    """A text as it is, and as a reader would read it who undoes the escapes of JSON, HTML and addresses."""
    plain = _plain(text)
    undone = plain
    if "\\" in undone:
        undone = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), undone)
    if "%" in undone:
        undone = unquote(undone, errors="replace")
    if "&" in undone:
        undone = html.unescape(undone)
    return (plain,) if undone == plain else (plain, _plain(undone))


def _plain(text: str) -> str:
    """One spelling for each character: no full-width digits, no special spaces, nothing that has no width."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def _named(found: tuple[Hit, ...]) -> str:
    named = "; ".join(str(hit) for hit in found[:MOST_NAMED])
    return named if len(found) <= MOST_NAMED else f"{named}; and {len(found) - MOST_NAMED} more"
