"""The words of reports, in both languages, from `locales/`. A missing sentence is an error, never a blank."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from orchestrator.core.measure import CUT_OFF_CANARY
from orchestrator.core.model import Language
from orchestrator.core.results import Measurement, Quantity

NO_BREAK, THIN_NO_BREAK = "\u00a0", "\u202f"
_REFUSAL = re.compile(r"(?P<subject>[^:]+): (?P<check>[a-z-]+)(?:: (?P<detail>.*))?")
_RULES = (
    (re.compile(r"« "), "«" + NO_BREAK),
    (re.compile(r" »"), NO_BREAK + "»"),
    (re.compile(r" :"), NO_BREAK + ":"),
    (re.compile(r" ([;!?])"), NO_BREAK + r"\1"),
    (re.compile(r"\bn° "), "n°" + NO_BREAK),
)


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences of one language, by dotted key: `words("cover.rto")`, `words("finding.rto-missed", subject="rto")`."""

    language: Language
    texts: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence, with its blanks filled in."""
        return self.texts[key].format(**values) if values else self.texts[key]

    def varied(self, variant: str) -> "Words":
        """The same, but for the sentences that a part of the file says otherwise: `people-only.card.answers`."""
        prefix = f"{variant}."
        own = {key.removeprefix(prefix): text for key, text in self.texts.items() if key.startswith(prefix)}
        return Words(self.language, self.texts | own)

    def meaning(self, found: Measurement) -> str:
        """What a quantity is, in words; the data loss of a part that was cut off ends later than the service's."""
        apart = found.quantity is Quantity.RPO and found.basis == CUT_OFF_CANARY
        return self(f"quantity-meaning.{found.quantity}{'-cut-off' if apart else ''}")

    def reason(self, said: str) -> str:
        """Our own fixed phrases have a translation; what a tool said stays as it said it."""
        known = self.texts.get(f"reason.{said}")
        return known if known is not None else self._refusal(said)

    def _refusal(self, said: str) -> str:
        """What the guard refused names its check by a code, which has words."""
        found = _REFUSAL.fullmatch(said)
        check = self.texts.get(f"guard-check.{found['check']}") if found else None
        if found is None or check is None:
            return said
        detail = found["detail"]
        if not detail:
            return self("refusal", subject=found["subject"], check=check)
        return self("refusal-detail", subject=found["subject"], check=check, detail=self.reason(detail))


@cache
def load_words(language: Language) -> Words:
    """Every sentence of a language."""
    text = files("reports").joinpath("locales", f"{language}.yml").read_text(encoding="utf-8")
    flat = dict(_flatten(yaml.safe_load(text), prefix=""))
    finish = french_spaces if language is Language.FRENCH else str
    return Words(language, {key: finish(value) for key, value in flat.items()})


def french_spaces(text: str) -> str:
    """Put the spaces that may not break where French typography wants them."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def capital(text: str) -> str:
    """A sentence that begins with a capital: what stands in a list may not."""
    return text[:1].upper() + text[1:]


def _flatten(tree: dict[str, Any], *, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        found += _flatten(value, prefix=f"{name}.") if isinstance(value, dict) else [(name, str(value))]
    return found
