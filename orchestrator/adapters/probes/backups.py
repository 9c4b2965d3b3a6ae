"""What a backup catalogue says there is to restore: how many recovery points, how old the newest and the oldest are.

The same question that a drill asks before it restores one, and no restore. Ages are by the clock of the host that has
the catalogue: one clock, the one that its backups were dated with.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.core.ports import Answer, Catalogue, Probe, Stop, VerifyingCatalogue
from orchestrator.core.written import parse_duration
from orchestrator.errors import CatalogueError, ProbeError, SshError, UsageError
from orchestrator.extensions import BACKUPS, load_extension


class BackupsQuestion(Question):
    """The `with` of the probe: the catalogue, its host, and the catalogue's own `with` under `options`.

    `later` asks as if so much time had passed (`30d`): what is fresh now must be too old then, which is the control
    of a check of ages.
    """

    host: str
    catalogue: str
    options: dict[str, Scalar] = {}
    later: str = "0s"
    read: bool = False
    """Whether the tool reads the whole repository again, which may take long."""


class BackupsProbe:
    """`{points, newest, newest_age_s, oldest_age_s, encrypted}` of a catalogue; `sound`, its repository read again."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(BackupsQuestion, question, probe="backups")
        later = _later(asked.later)
        try:
            catalogue: Catalogue = load_extension(BACKUPS, asked.catalogue)(connections=self._connections)
            points = catalogue.recovery_points(self._host(asked.host), options=asked.options)
            now = self._now(asked.host, timeout_us=timeout_us, stop=stop)
            sound = {"sound": self._sound(catalogue, asked, timeout_us=timeout_us)} if asked.read else {}
        except UsageError as error:
            raise ProbeError(str(error), hint=error.hint) from error
        except (CatalogueError, SshError) as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        return Answer(answered=True, values=summary(points, now=now + later) | sound)

    def _sound(self, catalogue: Catalogue, asked: BackupsQuestion, *, timeout_us: int) -> bool:
        if not isinstance(catalogue, VerifyingCatalogue):
            raise ProbeError(f"probe backups: catalogue {asked.catalogue} cannot read its repository again")
        return catalogue.is_sound(self._host(asked.host), options=asked.options, timeout_us=timeout_us)

    def _host(self, name: str) -> PinnedHost:
        """The host as a catalogue wants it. What the plan pins of it has been compared by whoever opened its SSH."""
        address = self._connections.address(name)
        return PinnedHost(name=name, address=address.address, port=address.port, groups=(), host_key_sha256=None)

    def _now(self, host: str, *, timeout_us: int, stop: Stop) -> datetime:
        result = self._connections.run(host, ["date", "+%s"], timeout_us=timeout_us, stop=stop)
        if result.exit_code != 0 or not result.stdout.strip().isdigit():
            raise SshError(f"host {host}: it does not say what time it is")
        return datetime.fromtimestamp(int(result.stdout), UTC)


def summary(points: tuple[RecoveryPoint, ...], *, now: datetime) -> Values:
    """What is worth knowing of recovery points, oldest first. Pure.

    Ages are whole seconds, rounded up: none is younger than it is said to be. `encrypted` is true only where the tool
    says so of every one. With no recovery point there is nothing to say but that.
    """
    if not points:
        return {"points": 0}
    return {
        "points": len(points),
        "newest": points[-1].id,
        "newest_age_s": _age(points[-1], now=now),
        "oldest_age_s": _age(points[0], now=now),
        "encrypted": all(point.encrypted is True for point in points),
    }


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return BackupsProbe(connections=connections)


def _age(point: RecoveryPoint, *, now: datetime) -> int:
    return math.ceil((now - point.finished_at).total_seconds())


def _later(written: str) -> timedelta:
    try:
        return timedelta(microseconds=parse_duration(written))
    except ValueError as error:
        raise ProbeError(f"probe backups: later: {error}") from error
