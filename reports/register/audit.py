"""Verifies a whole register: its entries against every checkpoint, its own and those that somebody kept elsewhere.

Trusts the keys that it is given, and nothing that lies in the directory. `examine` is pure; `audit_register` reads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.register.account import examine_runs
from reports.register.chain import Chain
from reports.register.checkpoint import SignedCheckpoint
from reports.register.damage import find_damage, read_lines
from reports.register.directory import RegisterDirectory, split_lines, whole_lines
from reports.register.findings import Audit, FaultCode, Finding
from reports.register.heads import Heads, Kept, read_heads
from reports.register.note import VerifierKey
from reports.register.times import examine_times
from reports.signing.revocation import Revocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in a register's directory, as bytes."""

    log: bytes
    newest: bytes
    """The file `checkpoint`; empty where there is none."""
    notes: Mapping[int, bytes]
    """The kept checkpoints, by the number of entries that their names give."""
    cosigned: Mapping[int, bytes]
    tokens: Mapping[int, bytes]
    """The time-stamps of checkpoints, by the same."""
    revocation: Revocation = field(default_factory=Revocation)
    """What the issuers said of the authorities' certificates: it is signed by them, and needs no trust."""


def audit_register(
    path: Path,
    *,
    keys: Sequence[Ed25519PublicKey],
    since: Sequence[Path] = (),
    witnesses: Sequence[VerifierKey] = (),
    authorities: Sequence[Certificate] = (),
    origin: str | None = None,
) -> Audit:
    """Verify a register.

    Args:
        path: Its directory.
        keys: Its public keys, got by another way than with the directory. With none, nothing is valid.
        since: Checkpoints that were kept elsewhere: what they speak for must still be there.
        witnesses: Whose cosignatures are looked for.
        authorities: Whose time-stamps are believed.
        origin: The register's name, where the caller knows it.

    Returns:
        What was found. Nothing is raised for what is in the directory, whatever it is.

    Raises:
        EvidenceError: A file of `since` cannot be read.
    """
    directory = RegisterDirectory(path)
    kept = tuple(Kept(str(file), _read(file)) for file in since)
    try:
        found = _found(directory)
    except EvidenceError as error:
        finding = Finding(code=FaultCode.UNREADABLE, subject=path.name, detail=str(error))
        return _nothing(finding)
    return examine(found, keys=keys, kept=kept, witnesses=witnesses, authorities=authorities, origin=origin)


def examine(
    found: Found,
    *,
    keys: Sequence[Ed25519PublicKey],
    kept: Sequence[Kept] = (),
    witnesses: Sequence[VerifierKey] = (),
    authorities: Sequence[Certificate] = (),
    origin: str | None = None,
) -> Audit:
    """Verify what lies in a register's directory; see `audit_register`."""
    heads = read_heads(
        notes=found.notes,
        newest=found.newest,
        cosigned=found.cosigned,
        kept=kept,
        keys=keys,
        witnesses=witnesses,
        origin=origin,
    )
    content = split_lines(whole_lines(found.log))
    chain = Chain()
    chain.take(content)
    times = examine_times(
        found.tokens,
        notes=found.notes,
        heads=heads,
        chain=chain,
        revocation=found.revocation,
        authorities=authorities,
    )
    findings = (*heads.findings, *_lines(found, content=content, chain=chain, heads=heads), *times.findings)
    return Audit(
        origin=heads.origin,
        entries=len(content),
        signed=max((head.size for head in heads.own), default=0),
        checkpoints=len({head.size for head in heads.own}),
        stamped=len(found.tokens.keys() & {head.size for head in heads.own}),
        dated=times.dated,
        compared=len(heads.kept),
        cosigned=heads.cosigned,
        findings=findings,
    )


def _lines(found: Found, *, content: Sequence[bytes], chain: Chain, heads: Heads) -> Iterator[Finding]:
    compared = [(head.size, _holds(head, chain=chain)) for head in heads.own]
    broken = [size for size, holds in compared if not holds and size <= chain.size]
    vouched = max((size for size, holds in compared if holds), default=0)
    lines = read_lines(content)
    damage = find_damage(lines, vouched=vouched)
    yield from damage
    signed = max((head.size for head in heads.own), default=0)
    rewritten = broken and not damage
    if rewritten:
        yield _rewritten(vouched, min(broken) - 1, count=chain.size, signed=signed)
    yield from _tail(
        found,
        count=1 + max((line.seq for line in lines), default=-1),
        signed=signed if heads.own else None,
        cut=not rewritten,
    )
    yield from _forks(heads, chain=chain, sound=not damage and not rewritten)
    # What damaged entries say of runs is worth nothing, and would only hide what happened to them.
    if not damage and not rewritten:
        yield from examine_runs([line.entry for line in lines if line.entry])


def _holds(head: SignedCheckpoint, *, chain: Chain) -> bool:
    return head.size <= chain.size and chain.tree.root(head.size) == head.checkpoint.root


def _rewritten(first: int, last: int, *, count: int, signed: int) -> Finding:
    """Numbers and links fit, and the roots do not: somebody made them fit again. What he did, the count tells."""
    subject = f"entry {first}" if first >= last else f"one of the entries {first} to {last}"
    again = "numbers and links behind it were made to fit again"
    counted = f"{signed} entries were signed, and there are {count}"
    if count < signed:
        code, what = FaultCode.ENTRY_REMOVED, counted
    elif count > signed:
        code, what = FaultCode.ENTRY_INSERTED, counted
    else:
        code, what = FaultCode.ENTRY_ALTERED, "it is not what was signed"
    return Finding(code=code, subject=subject, detail=f"{what}; {again}", seq=first)


def _tail(found: Found, *, count: int, signed: int | None, cut: bool) -> Iterator[Finding]:
    """What is missing behind the last entry, or not signed yet. `count` is the last entry's number and one."""
    if cut and signed is not None and count < signed:
        last = signed - 1
        subject = f"entry {last}" if count == last else f"entries {count} to {last}"
        detail = f"a checkpoint of {signed} entries was signed, and there are {count}"
        yield Finding(code=FaultCode.TAIL_CUT, subject=subject, detail=detail, seq=count)
    if signed is not None and count > signed:
        detail = f"no checkpoint speaks for it yet: {count - signed} behind the newest of {signed} entries"
        yield Finding(code=FaultCode.UNSIGNED_TAIL, subject=f"entry {signed}", detail=detail, seq=signed)
    if whole_lines(found.log) != found.log:
        detail = "it is half written, and was never acknowledged to anybody"
        yield Finding(code=FaultCode.TORN_LINE, subject="the last line", detail=detail, line=count + 1)


def _forks(heads: Heads, *, chain: Chain, sound: bool) -> Iterator[Finding]:
    """What was signed, and is not the beginning of this register: of its own checkpoints, and of those kept elsewhere.

    Where the entries are damaged that alone makes roots differ: then only two signed roots of one size show a fork.
    """
    yield from _twice_signed(heads)
    since = max((head.size for _, head in heads.kept if _holds(head, chain=chain)), default=0)
    for name, head in heads.kept:
        if head.size > chain.size:
            detail = f"{name} speaks for {head.size} entries, and there are {chain.size}"
            subject = f"entries from {chain.size} on"
            yield Finding(code=FaultCode.TAIL_CUT, subject=subject, detail=detail, seq=chain.size)
        elif sound and not _holds(head, chain=chain):
            yield _forked(name, since=min(since, head.size))


def _twice_signed(heads: Heads) -> Iterator[Finding]:
    known: dict[int, tuple[str, bytes]] = {}
    for name, head in heads.named:
        first, root = known.setdefault(head.size, (name, head.checkpoint.root))
        if root != head.checkpoint.root:
            detail = f"{first} and {name} were both signed for {head.size} entries, with different roots"
            yield Finding(code=FaultCode.FORKED, subject=name, detail=detail)


def _forked(name: str, *, since: int) -> Finding:
    detail = f"it speaks for other entries than are here, from entry {since} on: they were written and signed again"
    return Finding(code=FaultCode.FORKED, subject=name, detail=detail, seq=since)


def _found(directory: RegisterDirectory) -> Found:
    if not directory.log.exists() and not directory.checkpoint.exists():
        raise EvidenceError("there is no register there")
    sizes = directory.sizes()
    return Found(
        log=directory.read(directory.log),
        newest=directory.read(directory.checkpoint),
        notes={size: directory.read(directory.note(size)) for size in sizes},
        cosigned={size: directory.read(directory.cosigned_note(size)) for size in directory.cosigned_sizes()},
        tokens={size: directory.read(directory.token(size)) for size in directory.token_sizes()},
        revocation=Revocation(crls=directory.answers("crl"), ocsps=directory.answers("ocsp")),
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{file}: it cannot be read: {error.strerror}") from error


def _nothing(finding: Finding) -> Audit:
    return Audit(
        origin=None,
        entries=0,
        signed=0,
        checkpoints=0,
        stamped=0,
        dated=(),
        compared=0,
        cosigned=(),
        findings=(finding,),
    )
