"""Reads a canary's markers back, as ranges: their count does not grow with how long the canary ran."""

from orchestrator.adapters.postgresql.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import reading
from orchestrator.core.ports import Survivors

# Consecutive numbers less their rank are equal, so each run of them is one group.
_RANGES = """
select min(seq), max(seq)
from (select seq, seq - row_number() over (order by seq) as island from reprise.canary where run = $1) as markers
group by island
order by 1
"""


def read_survivors(dsn: str, *, run_id: str, timeout_us: int) -> Survivors:
    """Which markers of a run are in a database: none is an answer, no table is none.

    Args:
        dsn: Where the restored service is.
        run_id: Whose markers.
        timeout_us: How long the answer may take, in microseconds.

    Raises:
        ProbeError: The connection string is none.
    """
    places = split_places(dsn)
    try:
        with reading(places, timeout_us=timeout_us) as reader:
            rows = reader.ask(_RANGES, parameters=(run_id,)).rows
    except NoAnswerError as error:
        return Survivors(answered=False, ranges=(), fault=str(error))
    return Survivors(answered=True, ranges=tuple((int(first or 0), int(last or 0)) for first, last in rows))
