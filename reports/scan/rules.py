"""The rules that everybody has: what personal data and secrets look like in a text. Knows nothing of files.

A repetition without a bound is the last of its pattern, or in a text that `LONGEST_TEXT` bounds.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reports.scan.entropy import has_random
from reports.scan.hits import HitKind
from reports.scan.numbers import has_nir

LONGEST_TEXT = 2_000
"""Characters of one text: longer than what a person writes in a field, shorter than a copied record or output."""

# A match that touches one of these is a piece of a digest, a path or a longer number.
_BEFORE, _AFTER = r"(?<![\w.+/=-])", r"(?![\w+/=])(?!\.\d)"
_PHONE = re.compile(
    _BEFORE + r"(?:(?:(?:\+|00)33[ .-]?(?:\(0\))?|0)[ .-]?[1-9](?:[ .-]?\d{2}){4}|\+[1-9](?:[ -]?\d){8,14})" + _AFTER
)
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_PRIVATE_KEY = re.compile(
    r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-|AGE-SECRET-KEY-1"
    # The first bytes of an OpenSSH key ("openssh-key-v1"), where its PEM header was cut off.
    r"|b3BlbnNzaC1rZXktdjE"
)
_DATE = r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}|(?:19|20)\d{2}[/.-]\d{1,2}[/.-]\d{1,2})"
_BORN = (
    r"n[ée]e?[ _]le|date[ _]de[ _]naissance|(?:date[ _])?naissance|ddn|born(?:[ _]on)?|date[ _]of[ _]birth|dob"
    r"|birth[ _-]?(?:date|day)"
)
_BIRTH = re.compile(rf"(?i)(?<![^\W_])(?:{_BORN})(?![^\W\d_])[\s\"':=()]{{0,6}}{_DATE}")
_BIRTH_LABEL = re.compile(rf"(?i)(?<![^\W_])(?:{_BORN})(?![^\W\d_])")
_ANY_DATE = re.compile(rf"(?<!\d){_DATE}(?!\d)")
_NAMED = re.compile(
    r"\b(?:M\.|Mme|Mr|Mrs|Ms|Dr) {1,3}[A-ZÀ-Þ][\w'-]{1,40}(?: {1,3}[A-ZÀ-Þ][\w'-]{1,40}){0,4}[ ,(]{1,4}" + _DATE
)

_CALLED = (
    r"pgpassword|password|passwd|passphrase|pwd|mot de passe|mdp|secret"
    r"|(?:client|api|access|shared|account|secret)[ _-]?(?:secret|key)"
    r"|(?:api|auth|access|refresh|private)?[ _-]?token"
)
_ASSIGNED = re.compile(
    rf"(?i)(?<![a-z])(?:{_CALLED})[\"']?\s{{0,2}}=\s{{0,2}}[\"']?[^\s\"',;=]{{3}}"
    r"|(?<![a-z])(?:password|passwd|passphrase|mot de passe|mdp|pwd)[\"']?\s{0,2}:\s{0,2}[\"']?[^\s\"',;:]{3}"
    rf"|--?(?:{_CALLED})[ =][\"']?[^\s\"'-]{{3}}"
)
_SECRET_LABEL = re.compile(rf"(?i)(?:^|[^a-z])(?:{_CALLED})$")
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,30}://[^\s/:@\"']{0,100}:[^\s/@\"']{1,200}@|\botpauth://")
_BASIC = re.compile(r"(?i)\bbasic\s{1,2}([A-Za-z0-9+/]{8,200}={0,2})")
_TOKEN = re.compile(
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\."  # a JSON web token, signed or encrypted
    r"|\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"  # AWS
    r"|\bgh[oprsu]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bgl(?:agent|cbt|dt|ft|imt|oas|pat|ptt|rt|soat)-[A-Za-z0-9_-]{18,}"  # GitLab
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/\w"
    r"|\bhv[bsr]\.[A-Za-z0-9_-]{20,}|\b[sbr]\.[A-Za-z0-9]{24}\b"  # Vault, new and old
    r"|\bAIza[A-Za-z0-9_-]{35}|\bsk_live_[A-Za-z0-9]{16,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-[A-Za-z0-9_-]{50,}"
    r"|(?i:\bbearer\s{1,2}[A-Za-z0-9._~+/=-]{16,})"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind, and whether it is in a text. Only a text that holds `sign` is worth a look; the empty one is in all."""

    kind: HitKind
    matches: Callable[[str], object]
    sign: str = ""


def _is_basic(text: str) -> bool:
    """Whether the credentials of HTTP's basic authentication are there: base64 of a name, a colon and a password."""
    return any(b":" in _decoded(match[1]) for match in _BASIC.finditer(text))


def _decoded(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error:
        return b""


_RULES = (
    _Rule(HitKind.NIR, has_nir),
    _Rule(HitKind.PHONE, _PHONE.search),
    _Rule(HitKind.EMAIL, _EMAIL.search, "@"),
    _Rule(HitKind.PRIVATE_KEY, _PRIVATE_KEY.search, "-"),
    _Rule(HitKind.PRIVATE_KEY, _PRIVATE_KEY.search, "b3BlbnNzaC1rZXktdjE"),
    _Rule(HitKind.CREDENTIAL, _ASSIGNED.search),
    _Rule(HitKind.CREDENTIAL, _URI.search, "://"),
    _Rule(HitKind.CREDENTIAL, _is_basic),
    _Rule(HitKind.TOKEN, _TOKEN.search),
    _Rule(HitKind.BIRTH_DATE, _BIRTH.search),
    _Rule(HitKind.BIRTH_DATE, _NAMED.search),
    _Rule(HitKind.HIGH_ENTROPY, has_random),
)


def kinds_in(text: str, *, label: str) -> Iterator[HitKind]:
    """Every kind of thing in a text that must not be there. `label`: the key that the text is under, or nothing."""
    yield from (rule.kind for rule in _RULES if rule.sign in text and rule.matches(text))
    if label and _BIRTH_LABEL.search(label) and _ANY_DATE.search(text):
        yield HitKind.BIRTH_DATE
    if label and _SECRET_LABEL.search(label) and len(text) >= 3:
        yield HitKind.CREDENTIAL
