"""What was lost: markers that were acknowledged and are not there any more, and how old the newest survivor is.

One clock only, the canary's own (monotonic): no clock of another host enters the RPO.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.events import CanaryRead
from orchestrator.core.history import Line
from orchestrator.core.model import Interval
from orchestrator.core.samples import Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The fate of every marker. `unsent`: numbers read back that this canary never sent (a foreign database)."""

    lost: int
    kept: int
    holes: int
    unsent: int
    rpo: Interval


def assess_loss(markers: Sequence[Marker], read: Line[CanaryRead], *, disaster: Interval) -> Loss:
    """Compare what was acknowledged with what was read back.

    A marker that was not acknowledged may be there or not: it is neither a loss nor a gain. A hole is an acknowledged
    marker that is missing although a later one survived. What was sent after the disaster (a service that fails over
    takes markers again, one that is damaged goes on taking them) says nothing of what the disaster cost.
    """
    ranges = read.event.survivors
    known = {m.number for m in markers if any(first <= m.number <= last for first, last in ranges)}
    before = [m for m in markers if disaster.upper is None or m.sent_us <= disaster.upper]
    survivors = known & {marker.number for marker in before}
    newest = max(survivors, default=0)
    missing = [m for m in before if m.acknowledged_us is not None and m.number not in survivors]
    return Loss(
        lost=sum(marker.number > newest for marker in missing),
        kept=sum(marker.acknowledged_us is not None for marker in before) - len(missing),
        holes=sum(marker.number < newest for marker in missing),
        # Counted, not listed: a range that somebody else wrote may be longer than any memory.
        unsent=max(0, sum(last - first + 1 for first, last in ranges) - len(known)),
        rpo=_rpo(before, survivors=survivors, disaster=disaster),
    )


def _rpo(markers: Sequence[Marker], *, survivors: set[int], disaster: Interval) -> Interval:
    """From the disaster back to the newest survivor; at least to the oldest acknowledged marker that is lost."""
    newest = max(survivors, default=0)
    lost = [m.acknowledged_us for m in markers if m.acknowledged_us is not None and m.number > newest]
    lower = max(0, disaster.lower - min(lost)) if lost else 0
    kept = [marker.sent_us for marker in markers if marker.number == newest]
    if not kept or disaster.upper is None:
        return Interval(lower=lower, upper=None)
    return Interval(lower=lower, upper=max(lower, disaster.upper - kept[0]))
