"""When an observer's questions are due: on a grid that never drifts, each a little later than the grid. Pure."""

from dataclasses import dataclass

# Multiples of the golden ratio fill an interval evenly, in an order that repeats nowhere.
_GOLDEN = 0.6180339887498949
_JITTER_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The due times of a series, in monotonic microseconds.

    Each question is due up to a quarter of a period after its place on the grid. With an exact grid an outage that
    lasts a whole number of periods would look measured to the millisecond, whatever the period is (aliasing).
    """

    start_us: int
    every_us: int

    def due_us(self, index: int) -> int:
        """When a question is due. The same for every run, so that a reader can tell late ones."""
        jitter_us = int(self.every_us / _JITTER_SHARE * (index * _GOLDEN % 1.0))
        return self.start_us + index * self.every_us + jitter_us

    def following(self, index: int, *, now_us: int) -> int:
        """The question after one that was over at `now_us`.

        Where time for several has passed meanwhile, only the last of those is asked, at once, and known as late: the
        service is not made to answer a backlog, and a hole in the due times shows what was left out.
        """
        return max(index + 1, (now_us - self.start_us) // self.every_us)
