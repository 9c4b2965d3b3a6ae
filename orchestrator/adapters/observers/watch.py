"""The process of a watch: asks one server, or one of several, the same query at a fixed period and writes it down.

One connection, kept while it answers and made anew when it was lost. An answer is a row; no row is none.
"""

import sys

from orchestrator.adapters.observers.lifeline import Lifeline, carry_out, tell
from orchestrator.adapters.observers.questions import Changed, Ready, WatchQuestion
from orchestrator.adapters.observers.series import SeriesWriter
from orchestrator.adapters.postgresql.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import settings
from orchestrator.adapters.postgresql.session import Session, open_session
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.samples import SAMPLE_COLUMNS, Sample, format_sample


class Asker:
    """Asks, and keeps the connection from one question to the next."""

    def __init__(self, question: WatchQuestion) -> None:
        self._question = question
        self._places = split_places(question.dsn)
        self._session: Session | None = None

    def ask(self, *, due_us: int) -> Sample:
        """Ask once. It is over after the watch's time-out at the latest: then the connection is closed."""
        started_us = monotonic_us()
        fault = self._fault(deadline_us=started_us + self._question.timeout_us)
        return Sample(due_us=due_us, started_us=started_us, finished_us=monotonic_us(), answered=not fault, fault=fault)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _fault(self, *, deadline_us: int) -> str:
        try:
            if self._session is None:
                self._session = self._connected(deadline_us=deadline_us)
            answer = self._session.ask(self._question.query, deadline_us=deadline_us)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return "" if answer.rows else "no row"

    def _connected(self, *, deadline_us: int) -> Session:
        session = open_session(self._places, deadline_us=deadline_us)
        session.ask(settings(self._question.timeout_us), deadline_us=deadline_us)
        return session


def watch(question: WatchQuestion) -> None:
    """Watch until the lifeline ends."""
    asker, answers = Asker(question), None
    with SeriesWriter(question.file, columns=SAMPLE_COLUMNS) as series:
        for due_us in Lifeline(parent=question.parent).beats(every_us=question.every_us):
            sample = asker.ask(due_us=due_us)
            series.append(format_sample(sample))
            if answers is None:
                tell(Ready())
            if sample.answered is not answers:
                tell(Changed(answers=sample.answered, sample_us=sample.started_us))
                answers = sample.answered
    asker.close()


if __name__ == "__main__":
    sys.exit(carry_out(WatchQuestion, watch))
