"""How long something is kept, read from what a person wrote (`6 ans`, `18 mois`, `30 days`, `P6Y`), and until when."""

import re
from datetime import datetime
from typing import Annotated

from dateutil.relativedelta import relativedelta
from pydantic import AfterValidator

_ISO_8601 = re.compile(r"P(?:([1-9]\d{0,2})Y)?(?:([1-9]\d{0,2})M)?(?:([1-9]\d{0,4})D)?")
_IN_WORDS = re.compile(r"([1-9]\d{0,4})\s*(ans?|années?|years?|mois|months?|jours?|days?)", re.IGNORECASE)
_UNITS = {"a": "Y", "y": "Y", "m": "M", "j": "D", "d": "D"}
_MOST = {"Y": 999, "M": 999, "D": 99_999}


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
    unit = _UNITS[found[2][0].lower()]
    return f"P{found[1]}{unit}" if int(found[1]) <= _MOST[unit] else None


def kept_until(since: datetime, period: str) -> datetime:
    """The first instant at which what was kept since an instant need not be kept any more, by the calendar.

    Args:
        since: In UTC.
        period: As `parse_retention` gives it.

    Raises:
        ValueError: It is no such period.
    """
    found = _ISO_8601.fullmatch(period)
    if found is None or len(period) < 2:
        raise ValueError(f"{period} is no period")
    years, months, days = (int(part or 0) for part in found.groups())
    return since + relativedelta(years=years, months=months, days=days)


def _period(text: str) -> str:
    found = parse_retention(text)
    if found is None:
        raise ValueError("is no period: write 6 ans, 10 years, 18 mois, 30 jours or P6Y")
    return found


KeptFor = Annotated[str, AfterValidator(_period)]
"""A period as a person writes it, kept as an ISO 8601 duration."""
