"""The time-stamps of checkpoints: by when, at the latest, the register was as long as each says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.register.chain import Chain
from reports.register.findings import Dated, FaultCode, Finding
from reports.register.heads import Heads
from reports.signing.revocation import Revocation
from reports.signing.timestamps import read_time_stamp

TOLERANCE = timedelta(minutes=1)
"""How far our clock, which dates entries, may be ahead of an authority's before somebody must explain it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the time-stamps prove, in the order of the sizes, and what is wrong with the others."""

    dated: tuple[Dated, ...]
    findings: tuple[Finding, ...]


def examine_times(
    tokens: Mapping[int, bytes],
    *,
    notes: Mapping[int, bytes],
    heads: Heads,
    chain: Chain,
    revocation: Revocation,
    authorities: Sequence[Certificate],
) -> Times:
    """Verify every token over the bytes of its checkpoint.

    Args:
        tokens: The time-stamp tokens (DER), by the number of entries that their names give.
        notes: The kept checkpoints, by the same.
        heads: Those of them that a trusted key signed.
        chain: The entries.
        revocation: What is known of the authorities' certificates.
        authorities: Whose time-stamps the verifier believes. With none, nothing is proved and nothing is wrong.
    """
    signed = {head.size for head in heads.own if head.size}
    if not authorities:
        return Times(dated=(), findings=tuple(_unasked(len(tokens))))
    dated, findings = [], []
    for size in sorted(tokens):
        try:
            note = notes.get(size) if size in signed else None
            dated.append(_read(size, tokens[size], note=note, roots=authorities, revocation=revocation))
        except EvidenceError as error:
            name = f"checkpoints/{size:012}.tsr"
            findings.append(Finding(code=FaultCode.TIME_STAMP_INVALID, subject=name, detail=str(error)))
    findings += [*_pending(signed - tokens.keys()), *_disagreeing(dated, chain=chain)]
    return Times(dated=tuple(dated), findings=tuple(findings))


def _read(
    size: int, token: bytes, *, note: bytes | None, roots: Sequence[Certificate], revocation: Revocation
) -> Dated:
    if note is None:
        raise EvidenceError("it is over no checkpoint of this register")
    stamp = read_time_stamp(token, digested=note, roots=roots, revocation=revocation)
    return Dated(size=size, at=stamp.at, authority=stamp.authority)


def _unasked(count: int) -> Iterator[Finding]:
    if count:
        detail = f"{count} not looked at: no authority is named whose time-stamps are believed"
        yield Finding(code=FaultCode.TIME_STAMP_UNASKED, subject="time-stamps", detail=detail)


def _pending(sizes: set[int]) -> Iterator[Finding]:
    if sizes:
        detail = f"{len(sizes)} checkpoints bear none, the first at {min(sizes)} entries, the last at {max(sizes)}"
        yield Finding(code=FaultCode.TIME_STAMP_PENDING, subject="time-stamps", detail=detail)


def _disagreeing(dated: Sequence[Dated], *, chain: Chain) -> Iterator[Finding]:
    """An entry that calls itself younger than a time-stamp over it."""
    for one in dated:
        last = _last_date(chain, size=one.size)
        if last is not None and last > one.at + TOLERANCE:
            detail = f"it is dated {_when(last)}, and was there on {_when(one.at)}, says {one.authority}"
            subject = f"entry {one.size - 1}"
            yield Finding(code=FaultCode.TIME_DISAGREES, subject=subject, detail=detail, seq=one.size - 1)


def _last_date(chain: Chain, *, size: int) -> datetime | None:
    """What the last entry under a checkpoint calls its date; None where there is no such entry to be read."""
    try:
        return chain.entry(size - 1).at
    except EvidenceError:
        return None


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
