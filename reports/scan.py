"""Looks for health data, personal data and secrets in what is about to be signed. A hit blocks the signature.

It says which file and what kind, never the value. It is the last of several guards, not the first: the journal's
types already keep free output away (COMPLIANCE.md, section 10).
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from orchestrator.core.canonical import sha256
from orchestrator.core.model import SHA256, Record
from orchestrator.errors import EvidenceError

RULES_VERSION = "2026.1"
LONGEST_TEXT = 2_000
"""Characters of one text: longer than what a person writes in a field, shorter than a copied record or output."""

# A match that touches one of these is a piece of a digest, a path or a longer number.
_BEFORE, _AFTER = r"(?<![\w.+/=-])", r"(?![\w+/=])(?!\.\d)"
_GAP = r"[ .\u00a0\u202f-]?"
_NIR = re.compile(
    _BEFORE
    + _GAP.join((r"([123478])", r"(\d{2})", r"(\d{2})", r"(\d[\dAB])", r"(\d{3})", r"(\d{3})", r"(\d{2})"))
    + _AFTER
)
_PHONE = re.compile(_BEFORE + r"(?:\+33|0033|0)" + _GAP + r"[1-9](?:" + _GAP + r"\d{2}){4}" + _AFTER)
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w-])")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_DSN = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s/:@\"']+:[^\s/@\"']+@|(?i:\b(?:password|passwd|pgpassword|secret|token)\s*=\s*[^\s\"',;]+)"
)
_DATE = r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})"
_BIRTH = re.compile(
    r"(?i:\b(?:née?\s+le|date\s+de\s+naissance|ddn|born(?:\s+on)?|date\s+of\s+birth|dob|birth[ _-]?date))"
    r"[\s\"':=]{0,4}" + _DATE
)
_NAMED = re.compile(r"\b(?:M\.|Mme|Mr|Mrs|Ms|Dr)\s+[A-ZÀ-Þ][\w'-]+(?:\s+[A-ZÀ-Þ][\w'-]+)*[\s,(]+" + _DATE)


class HitKind(StrEnum):
    """What was found."""

    NIR = "nir"
    PHONE = "phone"
    EMAIL = "email"
    PRIVATE_KEY = "private-key"
    CREDENTIAL = "credential"
    BIRTH_DATE = "birth-date"
    LONG_TEXT = "long-text"
    NOT_TEXT = "not-text"


class ScannedFile(Record):
    """A file that was looked at, as it was."""

    name: str
    sha256: SHA256


class ScanResult(Record):
    """That nothing was found, in which files, by which rules. A scan that found something is an error, not a result."""

    rules: str = RULES_VERSION
    kinds: tuple[HitKind, ...] = tuple(HitKind)
    files: tuple[ScannedFile, ...]
    hits: int = 0


def scan(files: Mapping[str, bytes]) -> ScanResult:
    """Look at every file.

    Raises:
        EvidenceError: Something was found. Names each file and kind, never the value.
    """
    found = [f"{name} ({kind})" for name in sorted(files) for kind in sorted(set(find(name, files[name])))]
    if found:
        hint = "evidence holds counts, durations, digests and roles only; remove it at its source and run again"
        raise EvidenceError(f"health data, personal data or a secret, nothing signed: {', '.join(found)}", hint=hint)
    scanned = (ScannedFile(name=name, sha256=sha256(files[name])) for name in sorted(files))
    return ScanResult(files=tuple(scanned))


def find(name: str, content: bytes) -> Iterator[HitKind]:
    """Every kind of thing that must not be there, as often as it is."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield HitKind.NOT_TEXT
        return
    yield from _patterns(_readable(name, text))
    if name.endswith((".json", ".jsonl")) and any(len(part) > LONGEST_TEXT for part in _strings(text)):
        yield HitKind.LONG_TEXT


def _readable(name: str, text: str) -> str:
    """What a person would read: without the drawings of HTML, whose coordinates look like telephone numbers."""
    if not name.endswith(".html"):
        return text
    drawn = re.sub(r"<(style|script)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " | ", drawn))


def _patterns(text: str) -> Iterator[HitKind]:
    if any(_has_key(match) for match in _NIR.finditer(text)):
        yield HitKind.NIR
    rules = (
        (HitKind.PHONE, _PHONE),
        (HitKind.EMAIL, _EMAIL),
        (HitKind.PRIVATE_KEY, _PRIVATE_KEY),
        (HitKind.CREDENTIAL, _DSN),
        (HitKind.BIRTH_DATE, _BIRTH),
        (HitKind.BIRTH_DATE, _NAMED),
    )
    yield from (kind for kind, pattern in rules if pattern.search(text))


def _has_key(match: re.Match[str]) -> bool:
    """The INS and the NIR end with 97 less the rest of the number; Corsica's 2A and 2B count as 19 and 18."""
    *parts, key = match.groups()
    month = int(parts[2])
    if not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    number = "".join(parts).replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(key)


def _strings(text: str) -> Iterator[str]:
    for line in text.splitlines():
        try:
            pending = [json.loads(line)]
        except ValueError:
            continue
        while pending:
            value = pending.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict):
                pending.extend((*value, *value.values()))
            elif isinstance(value, list):
                pending.extend(value)
