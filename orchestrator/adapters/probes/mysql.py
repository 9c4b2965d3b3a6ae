"""Asks MariaDB or MySQL in SQL: one row by its column names, or several statements of one value each. Read-only."""

from collections.abc import Mapping
from typing import Any

from pymysql.constants import FIELD_TYPE

from orchestrator.adapters.mysql.reading import reading
from orchestrator.adapters.mysql.session import Rows
from orchestrator.adapters.mysql.source import MysqlSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import limit_of
from orchestrator.adapters.probes.erased import ErasedProbe
from orchestrator.adapters.probes.evident import evident
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.sql import SqlQuestion, read_row, values_of
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop

_WHOLE_NUMBERS = (
    FIELD_TYPE.TINY,
    FIELD_TYPE.SHORT,
    FIELD_TYPE.INT24,
    FIELD_TYPE.LONG,
    FIELD_TYPE.LONGLONG,
    FIELD_TYPE.YEAR,
)
# What `sum` makes of whole numbers.
_DECIMALS = (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL)
_TEXTS = (
    FIELD_TYPE.VARCHAR,
    FIELD_TYPE.VAR_STRING,
    FIELD_TYPE.STRING,
    FIELD_TYPE.TINY_BLOB,
    FIELD_TYPE.BLOB,
    FIELD_TYPE.MEDIUM_BLOB,
    FIELD_TYPE.LONG_BLOB,
)


class MysqlQuestion(MysqlSource, SqlQuestion):
    """The `with` of the probe: `query`, or `queries` by name."""


class MysqlProbe:
    """Whole numbers and short words only: anything else could be health data, and is a fault."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(MysqlQuestion, question, probe="mysql")
        place, limit = asked.place(), limit_of(timeout_us, stop=stop)
        try:
            with reading(place, ca_file=asked.ca_file, limit=limit) as reader:
                return Answer(answered=True, values=values_of(asked, reader.ask, only_row=only_row))
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return ErasedProbe(MysqlProbe(), connections=connections)


def only_row(answer: Rows) -> Values:
    """The values of an answer of exactly one row, by column name. Pure.

    Raises:
        NoAnswerError: There is no row, or several, or a value that evidence may not hold.
    """
    return read_row(answer, lambda name, kind, value: evident(name, _typed(kind, value)))


def _typed(kind: int, value: str | bytes | None) -> object:
    """The value by its type; as bytes, which are no evidence, where the type is none that can be."""
    if value is None or isinstance(value, bytes):
        return value
    if kind in _WHOLE_NUMBERS or (kind in _DECIMALS and value.removeprefix("-").isdecimal()):
        return int(value)
    return value if kind in _TEXTS else value.encode()
