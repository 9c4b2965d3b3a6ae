"""Asks the places where a service may be, one after the other: where it was, and where it comes back."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of

Place = TypeVar("Place")


def ask_in_turn(places: Sequence[Place], ask: Callable[[Place, Limit], None], *, limit: Limit) -> str:
    """Nothing where one of the places answers, else why the last that said something else than the others did not.

    Each has an equal share of the time that is left, so that one that hangs does not hide the next.
    """
    faults = []
    for index, place in enumerate(places):
        share = limit_of(limit.left_us // (len(places) - index), stop=limit.stop)
        try:
            ask(place, share)
        except NoAnswerError as error:
            faults.append(str(error))
        else:
            return ""
    return next((fault for fault in faults if fault != "connection refused"), faults[0])
