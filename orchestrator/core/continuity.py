"""How far a service that must not stop was kept up, from the samples of its watch. Values in, values out; no opinion.

What nobody asked is not known to have answered: the time between two answers bounds an interruption like any failure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestrator.core.model import Interval
from orchestrator.core.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuity:
    """What the questions from the disruption to the end came to. `longest` in microseconds, the others are counts."""

    questions: int
    failed: int
    longest: Interval
    """The longest interruption that there may have been; an upper bound of None where the service was not back."""


def assess_continuity(samples: Sequence[Sample], *, since_us: int, until_us: int, stable_us: int) -> Continuity | None:
    """Count the questions that were asked or pending between two instants; None where there was none.

    Args:
        samples: Of one watch, in any order.
        since_us: When the disruption began.
        until_us: When everything was verified.
        stable_us: How long the service must go on answering for an interruption to be over.
    """
    asked = sorted((s for s in samples if s.finished_us >= since_us and s.started_us <= until_us), key=_started)
    if not asked:
        return None
    gaps = list(_gaps(asked, since_us=since_us, stable_us=stable_us))
    uppers = [gap.upper for gap in gaps if gap.upper is not None]
    longest = Interval(
        lower=max(gap.lower for gap in gaps),
        upper=max(uppers) if len(uppers) == len(gaps) else None,
    )
    return Continuity(questions=len(asked), failed=sum(not s.answered for s in asked), longest=longest)


def _started(sample: Sample) -> int:
    return sample.started_us


def _gaps(asked: Sequence[Sample], *, since_us: int, stable_us: int) -> Iterator[Interval]:
    """What may have lain between each answer and the next one that counts; failures between them are seen for sure."""
    alive_us, index = since_us, 0
    while index < len(asked):
        back = index if asked[index].answered else _back(asked, index, stable_us=stable_us)
        failed = [s for s in asked[index:back] if not s.answered]
        lower = max(0, failed[-1].started_us - failed[0].finished_us) if failed else 0
        if back is None:
            yield Interval(lower=lower, upper=None)
            return
        yield Interval(lower=lower, upper=max(lower, asked[back].finished_us - alive_us))
        alive_us, index = max(since_us, asked[back].started_us), back + 1


def _back(asked: Sequence[Sample], index: int, *, stable_us: int) -> int | None:
    """The first answer after a failure from which the service goes on answering for long enough."""
    for answered, group in groupby(range(index, len(asked)), key=lambda at: asked[at].answered):
        run = list(group)
        if answered and asked[run[-1]].finished_us - asked[run[0]].finished_us >= stable_us:
            return run[0]
    return None
