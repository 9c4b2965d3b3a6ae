"""Asks Redis for single values by commands that only read, each under a name of the drill's."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import limit_of
from orchestrator.adapters.probes.evident import evident
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.redis.reading import Reading, read_command
from orchestrator.adapters.redis.session import open_session
from orchestrator.adapters.redis.source import RedisSource
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Answer, Probe, Stop


class RedisQuestion(RedisSource):
    """The `with` of the probe. `values`: a command for each name, as a list of words (`[HGET, identity, uuid]`)."""

    values: dict[str, tuple[str, ...]] = Field(min_length=1)

    @field_validator("values")
    @classmethod
    def _only_read(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for command in values.values():
            read_command(command)
        return values


class RedisProbe:
    """Whole numbers, booleans and short words only: anything else could be health data, and is a fault."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(RedisQuestion, question, probe="redis")
        place, limit = asked.place(), limit_of(timeout_us, stop=stop)
        readings = {name: read_command(command) for name, command in asked.values.items()}
        try:
            session = open_session(place, ca_file=asked.ca_file, limit=limit)
            try:
                answers = session.ask_all([reading.sent for reading in readings.values()], limit=limit)
            finally:
                session.close()
            each = zip(readings.items(), answers, strict=True)
            return Answer(answered=True, values={name: _value(name, one, answer) for (name, one), answer in each})
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return RedisProbe()


def _value(name: str, reading: Reading, answer: Any) -> Scalar:
    try:
        value = reading.value(answer)
    except NoAnswerError as error:
        raise NoAnswerError(f"{name}: {error}") from error
    return evident(name, value)
