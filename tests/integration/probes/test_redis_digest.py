"""A real keyspace as counts and digests: every way in which a restored one can differ is named."""

from collections.abc import Iterator

import pytest

from orchestrator.adapters.probes.redis_digest import RedisDigestProbe
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer
from tests.integration.probes.redis_server import RedisServer, redis_server

TIMEOUT_US = 60_000_000
FAR_MS = 4_102_444_800_000
KEYS = (
    ("SET", "string", b"\xff\x00"),
    ("SET", "brief", "x", "PXAT", FAR_MS),
    ("HSET", "hash", "b", "2", "a", "1"),
    ("RPUSH", "list", "b", "a", "b"),
    ("SADD", "set", "b", "a"),
    ("ZADD", "zset", "1.5", "b", "1", "a"),
    ("XADD", "stream", "1-1", "a", "1"),
    ("SET", "session:1", "x"),
)


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    running.execute("FLUSHALL")
    for command in KEYS:
        running.execute(*command)
    return running


def ask(server: RedisServer, **more: object) -> Answer:
    return RedisDigestProbe().ask({"url": server.url(), **more}, timeout_us=TIMEOUT_US, stop=NeverStop())


def digest(server: RedisServer, **more: object) -> Values:
    answer = ask(server, **more)
    assert answer.answered, answer.fault
    return answer.values


def test_every_type_is_counted(server: RedisServer) -> None:
    values = digest(server)
    counts = {name.removesuffix(".keys"): value for name, value in values.items() if not name.endswith(".digest")}
    each = {"hash": 1, "list": 1, "set": 1, "zset": 1, "stream": 1}
    assert counts == {"keys": 8, "string": 3, "expiring": 1, **each}


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (("SET", "string", "other"), {"string.digest"}),
        (("HSET", "hash", "b", "3"), {"hash.digest"}),
        (("LSET", "list", "0", "z"), {"list.digest"}),
        (("SADD", "set", "c"), {"set.digest"}),
        (("ZADD", "zset", "2", "a"), {"zset.digest"}),
        (("XADD", "stream", "2-1", "a", "1"), {"stream.digest"}),
        (("DEL", "list"), {"keys", "list.keys", "list.digest"}),
        (("RENAME", "set", "other-set"), {"set.digest"}),
        (("PERSIST", "brief"), {"expiring.keys", "expiring.digest"}),
        (("PEXPIREAT", "brief", str(FAR_MS + 1)), {"expiring.digest"}),
        (("PEXPIREAT", "hash", str(FAR_MS)), {"expiring.keys", "expiring.digest"}),
    ],
)
def test_a_change_is_named_by_what_it_changed(server: RedisServer, change: tuple[str, ...], differs: set[str]) -> None:
    before = digest(server)
    server.execute(*change)
    after = digest(server)
    assert {name for name in before if before[name] != after[name]} == differs


def test_the_order_in_memory_and_how_values_are_packed_change_nothing(server: RedisServer) -> None:
    before = digest(server)
    for setting in ("hash-max-listpack-entries", "set-max-intset-entries", "zset-max-listpack-entries"):
        server.execute("CONFIG", "SET", setting, "0")
    server.execute("DEL", *(str(command[1]) for command in KEYS))
    for command in reversed(KEYS):
        server.execute(*command)
    server.execute("DEL", "hash")
    server.execute("HSET", "hash", "a", "1", "b", "2")
    assert digest(server) == before


def test_what_survives_a_restart_from_the_log_is_the_same(server: RedisServer) -> None:
    before = digest(server)
    server.server.kill()
    server.server.start()
    assert digest(server) == before


def test_many_keys_are_all_read(server: RedisServer) -> None:
    for number in range(0, 3000, 500):
        server.execute("MSET", *(word for n in range(number, number + 500) for word in (f"many:{n}", n)))
    values = digest(server)
    assert (values["keys"], values["string.keys"]) == (3008, 3003)
    assert digest(server, exclude=["many:*"])["keys"] == 8


def test_what_lives_shorter_than_a_drill_is_left_out_by_name(server: RedisServer) -> None:
    before = digest(server, exclude=["session:*"])
    server.execute("DEL", "session:1")
    assert digest(server, exclude=["session:*"]) == before


def test_whether_keys_expire_can_be_compared_without_when(server: RedisServer) -> None:
    before = digest(server, expiry="presence")
    server.execute("PEXPIREAT", "brief", FAR_MS + 1)
    assert digest(server, expiry="presence") == before
    server.execute("PERSIST", "brief")
    assert digest(server, expiry="presence") != before


def test_an_empty_database_is_an_answer(server: RedisServer) -> None:
    values = digest(server)
    server.execute("FLUSHALL")
    empty = digest(server)
    assert empty["keys"] == 0
    assert set(empty) == set(values)


def test_no_name_and_no_value_is_in_the_answer(server: RedisServer) -> None:
    text = str(digest(server))
    assert "session" not in text
    assert "brief" not in text


def test_who_may_not_read_everything_gets_no_digest(server: RedisServer) -> None:
    answer = RedisDigestProbe().ask({"url": server.url(user="canary")}, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer == Answer(answered=False, values={}, fault="permission denied")
