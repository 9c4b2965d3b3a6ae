"""What a seal is worth, in words of both languages: of the report, of `VERIFY.md`. Computes nothing."""

from dataclasses import dataclass

from reports.signing.statement import SignatureStatement
from reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """One line, and what it means."""

    short: str
    long: str
    time: str
    """The sentence about the time alone."""


def describe(signature: SignatureStatement, *, words: Words) -> Worth:
    """The words for a statement."""
    key, time = _identity(signature), _time(signature)
    values = {
        "level": signature.level,
        "issuer": signature.issuer or "",
        "authority": signature.authority.name if signature.authority else "",
    }
    about_time = words(f"worth.time-long.{time}", **values)
    long = (
        words("worth.integrity"),
        words(f"worth.key-long.{key}", **values),
        about_time,
        words("worth.qualified" if signature.level == 3 else "worth.not-qualified"),
    )
    parts = {"who": words(f"worth.key.{key}", **values), "when": words(f"worth.time.{time}", **values)}
    return Worth(short=words("worth.short", level=signature.level, **parts), long=" ".join(long), time=about_time)


def _identity(signature: SignatureStatement) -> str:
    if signature.self_signed:
        return "self-signed"
    return "qualified" if signature.qualified else "issued"


def _time(signature: SignatureStatement) -> str:
    authority = signature.authority
    if authority is None:
        return "awaited" if signature.awaited else "none"
    if not authority.independent and not authority.qualified:
        return "same-house"
    return "qualified" if authority.qualified else "independent"
