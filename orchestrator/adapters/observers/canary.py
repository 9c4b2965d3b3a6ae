"""The process of a canary: commits numbered markers at a fixed period, and writes down which were acknowledged when.

A marker that is not acknowledged may have been committed or not. It is never sent again and no wait is ever cancelled:
the connection is closed instead, for a cancelled wait for a standby would be reported as a success.
"""

import sys

from orchestrator.adapters.observers.lifeline import Lifeline, carry_out, tell
from orchestrator.adapters.observers.questions import CanaryQuestion, Ready
from orchestrator.adapters.observers.series import SeriesWriter
from orchestrator.adapters.postgresql.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.session import Session, open_session
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.samples import MARKER_COLUMNS, Marker, format_marker

# One statement outside of any transaction commits by itself: its answer is the acknowledgement of the commit.
_INSERT = "insert into reprise.canary (run, seq) values ($1, $2::bigint)"


class Marking:
    """Commits markers, and keeps the connection from one to the next."""

    def __init__(self, question: CanaryQuestion) -> None:
        self._question = question
        self._places = split_places(question.dsn)
        self._session: Session | None = None

    def commit(self, number: int) -> Marker:
        """Commit one marker, or fail to, within the time-out."""
        sent_us = monotonic_us()
        try:
            self._insert(number, deadline_us=sent_us + self._question.timeout_us)
        except NoAnswerError as error:
            self.close()
            return Marker(number=number, sent_us=sent_us, acknowledged_us=None, fault=str(error))
        return Marker(number=number, sent_us=sent_us, acknowledged_us=monotonic_us())

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _insert(self, number: int, *, deadline_us: int) -> None:
        if self._session is None:
            self._session = open_session(self._places, deadline_us=deadline_us)
        self._session.ask(_INSERT, parameters=(self._question.run_id, str(number)), deadline_us=deadline_us)


def mark(question: CanaryQuestion) -> None:
    """Commit markers until the lifeline ends, numbered from 1."""
    marking = Marking(question)
    beats = Lifeline(parent=question.parent).beats(every_us=question.every_us)
    with SeriesWriter(question.file, columns=MARKER_COLUMNS) as series:
        for number, _ in enumerate(beats, start=1):
            series.append(format_marker(marking.commit(number)))
            if number == 1:
                tell(Ready())
    marking.close()


if __name__ == "__main__":
    sys.exit(carry_out(CanaryQuestion, mark))
