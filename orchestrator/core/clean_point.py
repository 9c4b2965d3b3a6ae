"""Which of several recovery points is the newest clean one, by what a scan says of each, and why no later one is.

Pure, and fails closed: what was not looked at, or not wholly, is not clean. How a scan is made is an adapter's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Taint(StrEnum):
    """A reason for which a recovery point is not clean."""

    NOT_SCANNED = "not-scanned"
    EMPTY = "empty"
    NO_CANARY = "no-canary"
    CANARY_DAMAGED = "canary-damaged"
    ODD_CONTENT = "odd-content"
    RENAMED = "renamed"
    KNOWN_PATTERN = "known-pattern"
    MASS_CHANGE = "mass-change"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointScan:
    """What a scan says of one recovery point.

    Attributes:
        point: Its id.
        complete: Whether everything in it could be read and every rule was applied.
        files: How many files it holds.
        canaries: How many canary files it must hold: files of known content that nobody has a reason to change.
        canaries_intact: How many of them are there, byte for byte.
        odd: By kind of file, how many are not what their kind is made of. A kind that is compressed by nature is
            judged by its own structure, every other one by its entropy.
        renamed: Files with an ending that ransomware gives.
        matches: Files in which a pattern of known malice was found.
        compared: How many files of the point before were looked for here; 0 for the oldest.
        changed: How many of those are gone or have another content.
    """

    point: str
    complete: bool
    files: int
    canaries: int
    canaries_intact: int
    odd: Mapping[str, int] = field(default_factory=dict)
    renamed: int = 0
    matches: int = 0
    compared: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual in these documents, and so proves nothing.

    Attributes:
        odd: By kind, how many odd files a state known to be sound holds (archives that are encrypted on purpose).
        changed_percent: How much of a point may differ from the point before.
    """

    odd: Mapping[str, int] = field(default_factory=dict)
    changed_percent: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A recovery point that is not clean, with every reason."""

    point: str
    taints: tuple[Taint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPoint:
    """What was found. `point` is None where no recovery point is clean; `later` are the newer ones, oldest first."""

    point: str | None
    later: tuple[Refused, ...]


def newest_clean(scans: Sequence[PointScan], *, baseline: Baseline) -> CleanPoint:
    """Find the newest clean recovery point.

    Args:
        scans: What a scan says of each point, oldest first. A point of the catalogue that is not among them is not
            known to be clean: give it with `complete=False`.
        baseline: What is usual.
    """
    later: list[Refused] = []
    for scan in reversed(scans):
        reasons = taints(scan, baseline=baseline)
        if not reasons:
            return CleanPoint(point=scan.point, later=tuple(reversed(later)))
        later.append(Refused(point=scan.point, taints=reasons))
    return CleanPoint(point=None, later=tuple(reversed(later)))


def taints(scan: PointScan, *, baseline: Baseline) -> tuple[Taint, ...]:
    """Every reason for which a point is not clean, in the order of `Taint`; none where it is."""
    return tuple(_taints(scan, baseline))


def _taints(scan: PointScan, baseline: Baseline) -> Iterator[Taint]:
    if not scan.complete:
        yield Taint.NOT_SCANNED
    if scan.files <= 0:
        yield Taint.EMPTY
    # Without a canary nothing shows what was changed where no pattern and no entropy tells: that is not a clean bill.
    if scan.canaries <= 0:
        yield Taint.NO_CANARY
    if scan.canaries_intact < scan.canaries:
        yield Taint.CANARY_DAMAGED
    if any(count > baseline.odd.get(kind, 0) for kind, count in scan.odd.items()):
        yield Taint.ODD_CONTENT
    if scan.renamed > 0:
        yield Taint.RENAMED
    if scan.matches > 0:
        yield Taint.KNOWN_PATTERN
    if scan.changed * 100 > scan.compared * baseline.changed_percent:
        yield Taint.MASS_CHANGE
