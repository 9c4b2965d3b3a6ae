"""A real Redis under a watch and a canary: killed, frozen, restarted, and asked what it kept."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.canaries import redis as canaries
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.adapters.watches import redis as watches
from orchestrator.core.ports import Asker, CanaryTechnique
from orchestrator.errors import ProbeError
from tests.integration.probes.redis_server import RedisServer, redis_server
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000
SHARED_TIMEOUT_US = 4_000_000
"""Half of it runs out; the other half must do on the busiest machine."""

NOBODY = f"redis://127.0.0.1:{CLOSED_PORT}/0"


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    """Running and empty but for its identity, whatever the test before did to it."""
    running.server.kill()
    running.server.start()
    running.execute("FLUSHALL")
    running.execute("SET", "identity", "x")
    return running


def asker(server: RedisServer, **more: str | bool) -> Asker:
    return watches.build({"url": server.url(), "command": "EXISTS identity", **more}, timeout_us=TIMEOUT_US)


def ask(asker: Asker, *, timeout_us: int = TIMEOUT_US) -> str:
    return asker.ask(deadline_us=monotonic_us() + timeout_us)


def technique() -> CanaryTechnique:
    return canaries.build(connections=SshConnections(hosts={}, known_hosts=Path("/nowhere")))


def test_a_watch_sees_what_is_there_and_not_only_that_a_port_answers(server: RedisServer) -> None:
    watch = asker(server)
    assert ask(watch) == ""
    server.execute("DEL", "identity")
    assert ask(watch) == "nothing there"
    server.server.kill()
    assert ask(watch) == "connection refused"
    server.server.start()
    server.execute("SET", "identity", "x")
    assert ask(watch) == ""


def test_a_replica_is_no_service_where_one_must_write(server: RedisServer) -> None:
    server.execute("REPLICAOF", "127.0.0.1", CLOSED_PORT)
    try:
        assert ask(asker(server)) == "read-only replica"
        assert ask(asker(server, writable=False)) == ""
    finally:
        server.execute("REPLICAOF", "NO", "ONE")


def test_a_server_that_hangs_costs_a_watch_its_time_out_and_no_more(server: RedisServer) -> None:
    watch = asker(server)
    server.server.signal(signal.SIGSTOP)
    try:
        assert ask(watch, timeout_us=SHORT_TIMEOUT_US) == "timeout"
    finally:
        server.server.signal(signal.SIGCONT)
    assert ask(watch) == ""


def test_the_service_is_looked_for_where_it_was_and_where_it_comes_back(server: RedisServer) -> None:
    assert ask(asker(server, url=f"{NOBODY} {server.url()}")) == ""
    with redis_server() as other:
        other.execute("SET", "identity", "x")
        server.server.signal(signal.SIGSTOP)
        try:
            assert ask(asker(server, url=f"{server.url()} {other.url()}"), timeout_us=SHARED_TIMEOUT_US) == ""
        finally:
            server.server.signal(signal.SIGCONT)
        server.execute("DEL", "identity")
        server.server.kill()
        other.execute("DEL", "identity")
        assert ask(asker(server, url=f"{server.url()} {other.url()}")) == "nothing there"


def test_a_watch_that_would_write_is_refused(server: RedisServer) -> None:
    with pytest.raises(ProbeError, match="only these are asked"):
        asker(server, command="INCR identity")


def test_every_acknowledged_marker_is_there_after_the_server_was_killed(server: RedisServer) -> None:
    writer = technique().writer({"url": server.url(user="canary")}, run_id="killed")
    for number in range(1, 21):
        assert writer.commit(number, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.kill()
    assert writer.commit(21, deadline_us=monotonic_us() + TIMEOUT_US) in {"connection lost", "connection refused"}
    assert writer.commit(22, deadline_us=monotonic_us() + TIMEOUT_US) == "connection refused"
    server.server.start()
    assert writer.commit(23, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    writer.close()
    found = technique().survivors({"url": server.url(user="canary")}, run_id="killed", timeout_us=TIMEOUT_US)
    assert (found.answered, found.ranges) == (True, ((1, 20), (23, 23)))


def test_a_server_that_hangs_costs_a_marker_and_the_next_is_on_a_new_connection(server: RedisServer) -> None:
    writer = technique().writer({"url": server.url(user="canary")}, run_id="hung")
    assert writer.commit(1, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.signal(signal.SIGSTOP)
    try:
        assert writer.commit(2, deadline_us=monotonic_us() + SHORT_TIMEOUT_US) == "timeout"
    finally:
        server.server.signal(signal.SIGCONT)
    assert writer.commit(3, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    writer.close()


@pytest.mark.parametrize("setting", [("appendfsync", "everysec"), ("appendonly", "no")])
def test_what_is_not_on_disk_is_not_acknowledged(server: RedisServer, setting: tuple[str, str]) -> None:
    server.execute("CONFIG", "SET", *setting)
    writer = technique().writer({"url": server.url(user="canary")}, run_id="volatile")
    fault = writer.commit(1, deadline_us=monotonic_us() + TIMEOUT_US)
    assert fault == "nothing durable: appendonly yes and appendfsync always are needed"
    found = technique().survivors({"url": server.url(user="canary")}, run_id="volatile", timeout_us=TIMEOUT_US)
    assert (found.answered, found.ranges) == (True, ())


def test_only_the_markers_of_this_run_are_read(server: RedisServer) -> None:
    server.execute("SADD", "reprise:canary:other", 4)
    server.execute("SADD", "reprise:canary:mine", 1, 2, 7)
    found = technique().survivors({"url": server.url(user="canary")}, run_id="mine", timeout_us=TIMEOUT_US)
    assert found.ranges == ((1, 2), (7, 7))


def test_nothing_there_to_ask_is_not_an_answer() -> None:
    found = technique().survivors({"url": NOBODY}, run_id="x", timeout_us=TIMEOUT_US)
    assert (found.answered, found.fault) == (False, "connection refused")
