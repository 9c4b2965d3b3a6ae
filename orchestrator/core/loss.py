"""What was lost: markers that were acknowledged and are not there any more, and how old the newest survivor is.

One clock only, the canary's own (monotonic): no clock of another host enters the RPO.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.events import CanaryRead
from orchestrator.core.history import Line
from orchestrator.core.model import Interval
from orchestrator.core.samples import Marker
from orchestrator.core.watching import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The fate of every marker. `unsent`: numbers read back that this canary never sent (a foreign database)."""

    lost: int
    kept: int
    holes: int
    unsent: int
    rpo: Interval


def assess_loss(
    markers: Sequence[Marker], read: Line[CanaryRead], *, disaster: Interval, of: Watched = Watched.SERVICE
) -> Loss:
    """Compare what was acknowledged with what was read back.

    A marker that was not acknowledged may be there or not: it is neither a loss nor a gain. A hole is an acknowledged
    marker that is missing although a later one survived. What was sent after the disaster (a service that fails over
    takes markers again, one that is damaged goes on taking them) says nothing of what the disaster cost; unless they
    were the part's that was lost (`of`): whatever it acknowledged while it was cut off is gone with it.
    """
    ranges = read.event.survivors
    known = {m.number for m in markers if any(first <= m.number <= last for first, last in ranges)}
    until = disaster if of is Watched.SERVICE else _last_acknowledged(markers, disaster=disaster)
    before = [m for m in markers if until.upper is None or m.sent_us <= until.upper]
    survivors = known & {marker.number for marker in before}
    newest = max(survivors, default=0)
    missing = [m for m in before if m.acknowledged_us is not None and m.number not in survivors]
    return Loss(
        lost=sum(marker.number > newest for marker in missing),
        kept=sum(marker.acknowledged_us is not None for marker in before) - len(missing),
        holes=sum(marker.number < newest for marker in missing),
        # Counted, not listed: a range that somebody else wrote may be longer than any memory.
        unsent=max(0, sum(last - first + 1 for first, last in ranges) - len(known)),
        rpo=_rpo(before, survivors=survivors, disaster=until),
    )


def _last_acknowledged(markers: Sequence[Marker], *, disaster: Interval) -> Interval:
    """The end of what a part that was cut off took: its last acknowledged marker, or the disaster if it is later."""
    last = [(m.sent_us, m.acknowledged_us) for m in markers if m.acknowledged_us is not None][-1:]
    sent_us, acknowledged_us = last[0] if last else (disaster.lower, disaster.lower)
    upper = None if disaster.upper is None else max(disaster.upper, acknowledged_us)
    return Interval(lower=max(disaster.lower, sent_us), upper=upper)


def _rpo(markers: Sequence[Marker], *, survivors: set[int], disaster: Interval) -> Interval:
    """From the disaster back to the newest survivor; at least to the oldest acknowledged marker that is lost."""
    newest = max(survivors, default=0)
    lost = [m.acknowledged_us for m in markers if m.acknowledged_us is not None and m.number > newest]
    lower = max(0, disaster.lower - min(lost)) if lost else 0
    kept = [marker.sent_us for marker in markers if marker.number == newest]
    if not kept or disaster.upper is None:
        return Interval(lower=lower, upper=None)
    return Interval(lower=lower, upper=max(lower, disaster.upper - kept[0]))
