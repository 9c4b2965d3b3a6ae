"""Reads a whole keyspace, batch by batch: each key with its type, its whole value and when it expires."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.redis.session import Session

_BATCH = 500
_READ: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "string": ("GET", ()),
    "hash": ("HGETALL", ()),
    "list": ("LRANGE", ("0", "-1")),
    "set": ("SMEMBERS", ()),
    "zset": ("ZRANGE", ("0", "-1", "WITHSCORES")),
    "stream": ("XRANGE", ("-", "+")),
}
TYPES = tuple(_READ)
"""What a key can be. A type of a module is none of them, and a fault: what cannot be read cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key. `items` are its value's parts in an order that the value alone gives; `expires` an instant of Unix time.

    `expires` is in milliseconds and None where the key stays; 0 where only that it expires was asked.
    """

    key: bytes
    kind: str
    items: tuple[bytes, ...]
    expires: int | None


def read_keyspace(session: Session, *, instants: bool, limit: Limit) -> Iterator[Entry]:
    """Every key that is there from the beginning to the end of the reading, once.

    Args:
        session: Whose database is read.
        instants: Whether to ask when keys expire (Redis 7.0 or newer), and not only whether.
        limit: When the wait is over.

    Raises:
        NoAnswerError: The server refused, time is over, or a key is of a type that nobody here reads.
    """
    cursor, seen = b"0", set[bytes]()
    while True:
        # A key may be named twice while the table of keys is resized.
        cursor, named = session.ask("SCAN", cursor, "COUNT", _BATCH, limit=limit)
        fresh = [key for key in dict.fromkeys(named) if key not in seen]
        seen.update(fresh)
        yield from _entries(session, fresh, instants=instants, limit=limit)
        if cursor == b"0":
            return


def _entries(session: Session, keys: list[bytes], *, instants: bool, limit: Limit) -> Iterator[Entry]:
    kinds = [kind.decode() for kind in session.ask_all([("TYPE", key) for key in keys], limit=limit)] if keys else []
    there = [(key, kind) for key, kind in zip(keys, kinds, strict=True) if kind != "none"]
    if not there:
        return
    lasting = session.ask_all([("PEXPIRETIME" if instants else "PTTL", key) for key, _ in there], limit=limit)
    values = session.ask_all([_reading(key, kind) for key, kind in there], limit=limit)
    for (key, kind), expiry, value in zip(there, lasting, values, strict=True):
        if expiry != _GONE and value is not None:
            yield Entry(key=key, kind=kind, items=_items(kind, value), expires=_expires(expiry, instants=instants))


_GONE, _STAYS = -2, -1
"""What Redis says of the expiry of a key that has expired meanwhile, and of one that does not expire."""


def _reading(key: bytes, kind: str) -> tuple[str | bytes, ...]:
    if kind not in _READ:
        raise NoAnswerError("a key of a type that cannot be read here")
    command, words = _READ[kind]
    return (command, key, *words)


def _expires(answer: int, *, instants: bool) -> int | None:
    if answer == _STAYS:
        return None
    return answer if instants else 0


def _items(kind: str, value: Any) -> tuple[bytes, ...]:
    match kind:
        case "string":
            return (value,)
        case "set":
            return tuple(sorted(value))
        case "hash":
            fields = sorted(zip(value[::2], value[1::2], strict=True))
            return tuple(part for field in fields for part in field)
        case "stream":
            return tuple(part for number, fields in value for part in (number, b"%d" % len(fields), *fields))
        case _:
            return tuple(value)
