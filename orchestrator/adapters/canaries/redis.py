"""Markers as members of a set in Redis (`ports.CanaryTechnique`).

What is acknowledged: with `appendonly yes` and `appendfsync always` Redis answers a write once its log is on disk. Any
other setting acknowledges what the next second may lose, and is no acknowledgement here.
"""

from collections.abc import Mapping

from orchestrator.adapters.canaries.kept import KeptWriter
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.redis.session import Session, open_session
from orchestrator.adapters.redis.source import RedisSource
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors
from orchestrator.core.ranges import ranges_of

PREFIX = "reprise:canary:"
"""What the name of a run's set begins with: the writer's account needs no more than this, and no digest counts it."""

_DURABLE = {b"appendonly": b"yes", b"appendfsync": b"always"}


class RedisCanary:
    """Members of the set `reprise:canary:<run>`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        asked = read_question(RedisSource, source, probe="redis")
        place = asked.place()
        return KeptWriter(
            begin=lambda limit: _durable(place, ca_file=asked.ca_file, limit=limit),
            commit=lambda session, number, limit: session.ask("SADD", f"{PREFIX}{run_id}", number, limit=limit),
        )

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; see `ports.CanaryTechnique`."""
        asked = read_question(RedisSource, source, probe="redis")
        place, limit = asked.place(), limit_of(timeout_us)
        try:
            session = open_session(place, ca_file=asked.ca_file, limit=limit)
            try:
                members = session.ask("SMEMBERS", f"{PREFIX}{run_id}", limit=limit)
            finally:
                session.close()
            return Survivors(answered=True, ranges=ranges_of(int(member) for member in members))
        except (NoAnswerError, ValueError) as error:
            return Survivors(answered=False, ranges=(), fault=str(error))


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The server is asked directly.
    return RedisCanary()


def _durable(place: ServerPlace, *, ca_file: str | None, limit: Limit) -> Session:
    """A session with a server that keeps what it acknowledges."""
    session = open_session(place, ca_file=ca_file, limit=limit)
    try:
        told = session.ask("CONFIG", "GET", "append*", limit=limit)
        settings = dict(zip(told[::2], told[1::2], strict=True))
        if any(settings.get(name) != value for name, value in _DURABLE.items()):
            raise NoAnswerError("nothing durable: appendonly yes and appendfsync always are needed")
    except NoAnswerError:
        session.close()
        raise
    return session
