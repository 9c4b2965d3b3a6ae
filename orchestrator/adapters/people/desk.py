"""Waits for people's answers in the box of one run, and reads them (`ports.People`)."""

import json
from collections.abc import Callable

from pydantic import ValidationError

from orchestrator.adapters.people.box import AnswerBox
from orchestrator.core.answers import GivenAnswer
from orchestrator.core.canonical import canonical
from orchestrator.core.ports import Clock, Delivered, Stop
from orchestrator.errors import AnswerError

POLL_US = 100_000
"""Between two looks. An answer is known to have come between them, and no better."""

Screen = Callable[[GivenAnswer], str]
"""Says in a few words why an answer may not be in evidence; nothing where it may."""


class Desk:
    """Where the answers to one run arrive. Implements `ports.People`.

    Args:
        box: Of the run.
        clock: Tells when an answer was found.
        screen: What must not be in evidence is refused before it is journalled: nothing takes it out again.
    """

    def __init__(self, box: AnswerBox, *, clock: Clock, screen: Screen) -> None:
        self._box, self._clock, self._screen = box, clock, screen

    def open(self, step: str) -> int:
        """See `ports.People`."""
        self._box.set_aside(step)
        return self._clock.monotonic_us()

    def wait(self, step: str, *, since_us: int, stop: Stop) -> Delivered | None:
        """See `ports.People`."""
        absent_us = since_us
        while True:
            looked_us = self._clock.monotonic_us()
            found = self._look(step, absent_us=absent_us)
            if found is not None or stop.requested:
                return found
            absent_us = looked_us
            stop.wait(POLL_US)

    def set_aside(self, step: str) -> None:
        """See `ports.People`."""
        self._box.set_aside(step)

    def _look(self, step: str, *, absent_us: int) -> Delivered | None:
        given, fault = None, ""
        try:
            content = self._box.take(step)
            if content is None:
                return None
            given = parse_answer(content)
            fault = self._screen(given)
        except AnswerError as error:
            fault = str(error)
        found_us = self._clock.monotonic_us()
        return Delivered(given=None if fault else given, fault=fault, absent_us=absent_us, found_us=found_us)


def parse_answer(content: bytes) -> GivenAnswer:
    """Read an answer, in the canonical form that it is delivered in.

    Raises:
        AnswerError: It is none.
    """
    try:
        given = GivenAnswer.model_validate(json.loads(content))
        same = canonical(given) == content
    # Deep nesting, and numbers that RFC 8785 has no form for, are faults of the file like any other.
    except (ValueError, ValidationError, RecursionError) as error:
        raise AnswerError("it is no answer of this format") from error
    if not same:
        raise AnswerError("it is not in canonical form")
    return given
