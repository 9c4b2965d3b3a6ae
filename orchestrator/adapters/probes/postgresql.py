"""Asks a PostgreSQL server in SQL: one row by its column names, or several statements of one value each. Read-only."""

from collections.abc import Mapping
from typing import Any

from orchestrator.adapters.postgresql.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import reading
from orchestrator.adapters.postgresql.session import Rows
from orchestrator.adapters.probes.erased import ErasedProbe
from orchestrator.adapters.probes.evident import evident
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.sql import SqlQuestion, read_row, values_of
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Answer, Probe, Stop

# Type numbers of pg_type.h, which never change.
_BOOLEAN = 16
_WHOLE_NUMBERS = (20, 21, 23)
_TEXTS = (18, 19, 25, 1042, 1043, 2950)


class PostgresqlQuestion(SqlQuestion):
    """The `with` of the probe: `query`, or `queries` by name."""

    dsn: str


class PostgresqlProbe:
    """Whole numbers, booleans and short words only: anything else could be health data, and is a fault."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(PostgresqlQuestion, question, probe="postgresql")
        places = split_places(asked.dsn)
        try:
            with reading(places, timeout_us=timeout_us, stop=stop) as reader:
                return Answer(answered=True, values=values_of(asked, reader.ask, only_row=only_row))
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return ErasedProbe(PostgresqlProbe(), connections=connections)


def only_row(answer: Rows) -> Values:
    """The values of an answer of exactly one row, by column name. Pure.

    Raises:
        NoAnswerError: There is no row, or several, or a value that evidence may not hold.
    """
    return read_row(answer, scalar)


def scalar(name: str, kind: int, text: str | None) -> Scalar:
    """One value as evidence may hold it. Pure.

    Raises:
        NoAnswerError: It is NULL, too long, too large, or of a type that is none of a number, a boolean, a text.
    """
    return evident(name, _typed(kind, text))


def _typed(kind: int, text: str | None) -> object:
    """The value by its type; as bytes, which are no evidence, where the type is none that can be."""
    if text is None or kind in _TEXTS:
        return text
    if kind == _BOOLEAN:
        return text == "t"
    return int(text) if kind in _WHOLE_NUMBERS else text.encode()
