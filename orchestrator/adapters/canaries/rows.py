"""Markers as rows of the table `reprise.canary (run, seq)`, in whatever SQL: how they are read back. Pure."""

from collections.abc import Sequence

from orchestrator.core.ports import Survivors


def ranges_query(run: str) -> str:
    """The query for the ranges of a run's markers; `run` is how a statement names its one parameter.

    Consecutive numbers less their rank are equal, so each run of them is one group.
    """
    return f"""
select min(seq), max(seq)
from (select seq, seq - row_number() over (order by seq) as island from reprise.canary where run = {run}) as markers
group by island
order by 1
"""  # noqa: S608  the name of a parameter, and no value of anybody's


def survivors_in(rows: Sequence[Sequence[str | bytes | None]]) -> Survivors:
    """What the answer to it says."""
    return Survivors(answered=True, ranges=tuple((int(first or 0), int(last or 0)) for first, last in rows))
