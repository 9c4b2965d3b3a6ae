"""What may be evidence of all that a service can answer: whole numbers, booleans and short words. Pure."""

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.core.model import Scalar

LONGEST_TEXT = 128
"""Longer texts could be somebody's letter."""

_LARGEST_NUMBER = 2**53


def evident(name: str, value: object) -> Scalar:
    """A value as evidence may hold it.

    Raises:
        NoAnswerError: It is nothing, too long, too large, or none of a whole number, a boolean, a text.
    """
    match value:
        case None:
            raise NoAnswerError(f"{name}: NULL")
        case int() if abs(value) >= _LARGEST_NUMBER:
            raise NoAnswerError(f"{name}: a number over 2^53, cast it to text")
        case str() if len(value) > LONGEST_TEXT:
            raise NoAnswerError(f"{name}: a text over {LONGEST_TEXT} characters")
        case bool() | int() | str():
            return value
        case _:
            raise NoAnswerError(f"{name}: neither number, boolean nor text, cast it")
