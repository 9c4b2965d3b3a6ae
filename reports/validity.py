"""From when and until when a certificate holds, as the organisation declares it, in words of both languages. Pure."""

from datetime import date

from orchestrator.core.plan import Certificate
from reports.typography import Typography
from reports.words import Words


def state_validity(certificate: Certificate, *, words: Words) -> str:
    """What is declared of a certificate's dates: `issued on 15 May 2025, valid until 14 May 2028`."""
    told = (("issued", certificate.issued), ("expires", certificate.expires))
    parts = (words(f"certificate.{key}", **{key: _declared_day(day, words=words)}) for key, day in told if day)
    return ", ".join(parts) or words("certificate.undated")


def _declared_day(declared: str, *, words: Words) -> str:
    """A day in words where it is written as a date, else as it was declared."""
    try:
        return Typography(words).calendar_day(date.fromisoformat(declared))
    except ValueError:
        return declared
