"""Which runs somebody holds: nothing of them is removed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reports.register.entries import HoldPlaced, HoldReleased, RegisterEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold that is in force; `seq` of the entry that placed it."""

    run_id: str
    by: str
    reason: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds in force behind the entries that were taken, in their order."""

    _found: dict[int, Hold] = field(default_factory=dict)

    def take(self, entry: RegisterEntry) -> None:
        """Go on by one entry. A release counts only for a hold of the same run before it."""
        match entry.event:
            case HoldPlaced(run_id=run_id, by=by, reason=reason):
                self._found[entry.seq] = Hold(run_id=run_id, by=by, reason=reason, at=entry.at, seq=entry.seq)
            case HoldReleased(run_id=run_id, hold=seq) if seq in self._found and self._found[seq].run_id == run_id:
                del self._found[seq]
            case _:
                pass

    def of(self, run_id: str) -> tuple[Hold, ...]:
        """Those of a run, the oldest first."""
        return tuple(hold for hold in self._found.values() if hold.run_id == run_id)

    @property
    def all(self) -> tuple[Hold, ...]:
        """Every one, the oldest first."""
        return tuple(self._found.values())


def holds_in_force(entries: Sequence[RegisterEntry]) -> Holds:
    """The holds that nobody released."""
    holds = Holds()
    for entry in entries:
        holds.take(entry)
    return holds
