"""Counts and digests every key of a Redis database by type, with its value and its expiry. No name or value leaves.

Independent of the order in memory and of how the server packs values. A key that expires between two answers changes
them: what lives shorter than a drill is left out by `exclude`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import limit_of
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.redis.keyspace import TYPES, Entry, read_keyspace
from orchestrator.adapters.redis.session import open_session
from orchestrator.adapters.redis.source import RedisSource
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop


class RedisDigestQuestion(RedisSource):
    """The `with` of the probe: a database, without the keys whose names match a pattern of `exclude` (`session:*`).

    `expiry` says what is compared of keys that expire: the `instant` (Redis 7.0 or newer), or only that they do.
    """

    exclude: tuple[str, ...] = ()
    expiry: Literal["instant", "presence"] = "instant"


class RedisDigestProbe:
    """`<type>.keys` and `<type>.digest` of each type, `expiring.keys` and `expiring.digest` of what expires, `keys`."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(RedisDigestQuestion, question, probe="redis-digest")
        place, limit = asked.place(), limit_of(timeout_us, stop=stop)
        try:
            session = open_session(place, ca_file=asked.ca_file, limit=limit)
            try:
                entries = read_keyspace(session, instants=asked.expiry == "instant", limit=limit)
                return Answer(answered=True, values=digest_entries(entries, exclude=asked.exclude))
            finally:
                session.close()
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return RedisDigestProbe()


def digest_entries(entries: Iterable[Entry], *, exclude: tuple[str, ...]) -> Values:
    """The values of an answer. Pure."""
    groups: dict[str, list[bytes]] = {name: [] for name in (*TYPES, "expiring")}
    for entry in entries:
        if any(fnmatchcase(entry.key.decode("utf-8", "surrogateescape"), pattern) for pattern in exclude):
            continue
        groups[entry.kind].append(_line(entry.key, *entry.items))
        if entry.expires is not None:
            groups["expiring"].append(_line(entry.key, b"%d" % entry.expires))
    values: Values = {"keys": sum(len(groups[kind]) for kind in TYPES)}
    for name, lines in groups.items():
        values |= {f"{name}.keys": len(lines), f"{name}.digest": hashlib.sha256(b"".join(sorted(lines))).hexdigest()}
    return values


def _line(*parts: bytes) -> bytes:
    """Each part with its length, so that no two lists of parts look alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()
