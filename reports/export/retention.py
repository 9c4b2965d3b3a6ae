"""How long evidence is kept, read from what a person wrote: `6 ans`, `10 years`, `18 mois`, `P6Y`."""

import re

_ISO_8601 = re.compile(r"P(?:[1-9]\d{0,2}Y)?(?:[1-9]\d{0,2}M)?(?:[1-9]\d{0,4}D)?")
_IN_WORDS = re.compile(r"([1-9]\d{0,2})\s*(ans?|années?|years?|mois|months?)", re.IGNORECASE)


def parse_retention(text: str | None) -> str | None:
    """The period as an ISO 8601 duration (`P6Y`, `P18M`), or None where it is not given or cannot be read for sure.

    Nothing is guessed: `6 ans, puis tri` says more than a period, and is None.
    """
    written = (text or "").strip()
    if len(written) > 1 and _ISO_8601.fullmatch(written):
        return written
    found = _IN_WORDS.fullmatch(written)
    if found is None:
        return None
    unit = "M" if found[2].lower().startswith("mo") else "Y"
    return f"P{found[1]}{unit}"
