"""Waits for somebody outside, but not for ever."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` returns or raises, if it does so in time.

    A socket's own time-out is for each piece that arrives: who sends one byte now and then is never late by it. So the
    waiting itself is bounded, and a thread that is still asking is left behind: it dies with the process.

    Raises:
        TimeoutError: It did not.
    """
    answers: list[T] = []
    failures: list[BaseException] = []

    def asking() -> None:
        try:
            answers.append(ask())
        # Raised again, in the caller's thread.
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=asking, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return answers[0]
