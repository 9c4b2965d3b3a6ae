"""A real MariaDB under a watch and a canary: killed, frozen, restarted, read-only, and asked what it kept."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.canaries import mysql as canaries
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.adapters.watches import mysql as watches
from orchestrator.core.ports import Asker, CanaryTechnique
from orchestrator.errors import ProbeError
from tests.integration.probes.mariadb import MariaDb, mariadb
from tests.scratch import CLOSED_PORT, PASSWORD

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000
SHARED_TIMEOUT_US = 8_000_000
"""Half of it runs out; the other half must do on the busiest machine."""

NOBODY = f"mysql://u@127.0.0.1:{CLOSED_PORT}/dpi"
QUERY = "select 1 from identity where not @@global.read_only"
IDENTITY = (
    "create table if not exists dpi.identity (id int primary key) engine=InnoDB",
    "replace into dpi.identity values (1)",
)
MARKERS = (
    "create database if not exists reprise",
    "create table if not exists reprise.canary (run varchar(80), seq bigint, primary key (run, seq)) engine=InnoDB",
    "truncate reprise.canary",
)
DURABLE = ("--innodb-flush-log-at-trx-commit=1", "--log-bin=binlog", "--sync-binlog=1", "--server-id=1")


@pytest.fixture(scope="module")
def running() -> Iterator[MariaDb]:
    with mariadb(*DURABLE) as server:
        yield server


@pytest.fixture
def server(running: MariaDb) -> MariaDb:
    """Running, with its identity and without markers, whatever the test before did to it."""
    running.server.kill()
    running.server.start()
    running.execute(*IDENTITY, *MARKERS)
    return running


def asker(server: MariaDb, *, url: str | None = None) -> Asker:
    source = {"url": url or server.url(user="reader"), "query": QUERY}
    return watches.build(source | {"password": PASSWORD}, timeout_us=TIMEOUT_US)


def ask(asker: Asker, *, timeout_us: int = TIMEOUT_US) -> str:
    return asker.ask(deadline_us=monotonic_us() + timeout_us)


def technique() -> CanaryTechnique:
    return canaries.build(connections=SshConnections(hosts={}, known_hosts=Path("/nowhere")))


def test_a_watch_sees_what_is_there_and_not_only_that_a_port_answers(server: MariaDb) -> None:
    watch = asker(server)
    assert ask(watch) == ""
    server.execute("delete from dpi.identity")
    assert ask(watch) == "no row"
    server.execute("drop table dpi.identity")
    assert ask(watch) == "table does not exist"
    server.server.kill()
    assert ask(watch) == "connection refused"
    server.server.start()
    server.execute(*IDENTITY)
    assert ask(watch) == ""
    watch.close()


def test_what_takes_no_writes_is_no_service(server: MariaDb) -> None:
    watch = asker(server)
    server.execute("set global read_only = 1")
    assert ask(watch) == "no row"
    server.execute("set global read_only = 0")
    assert ask(watch) == ""
    watch.close()


def test_one_connection_serves_all_questions(server: MariaDb) -> None:
    watch = asker(server)
    count = "select count(*), min(id) from information_schema.processlist where user = 'reader'"
    assert ask(watch) == ""
    first = server.execute(count)
    assert [ask(watch) for _ in range(5)] == [""] * 5
    assert server.execute(count) == first
    assert first[0][0] == 1
    watch.close()


def test_a_watch_writes_nothing_whatever_it_is_told_to_ask(server: MariaDb) -> None:
    source = {"url": server.url(), "query": "insert into dpi.identity values (2)"}
    watch = watches.build(source, timeout_us=TIMEOUT_US)
    assert ask(watch) == "read-only transaction"
    assert server.execute("select count(*) from dpi.identity") == ((1,),)


def test_a_server_that_hangs_costs_a_watch_its_time_out_and_no_more(server: MariaDb) -> None:
    watch = asker(server)
    assert ask(watch) == ""
    server.server.signal(signal.SIGSTOP)
    try:
        assert [ask(watch, timeout_us=SHORT_TIMEOUT_US) for _ in range(2)] == ["timeout", "timeout"]
    finally:
        server.server.signal(signal.SIGCONT)
    assert ask(watch) == ""
    watch.close()


def test_the_service_is_looked_for_where_it_was_and_where_it_comes_back(server: MariaDb) -> None:
    url = server.url(user="reader")
    followed = asker(server, url=f"{NOBODY} {url}")
    assert ask(followed) == ""
    server.server.kill()
    # The connection that was kept is lost with its server; both are asked again.
    assert ask(followed) in {"connection lost", "connection refused"}
    assert ask(followed) == "connection refused"
    server.server.start()
    assert ask(followed) == ""
    followed.close()


def test_a_first_server_that_hangs_does_not_hide_the_second(server: MariaDb) -> None:
    with mariadb() as other:
        other.execute(*IDENTITY)
        both = asker(server, url=f"{server.url(user='reader')} {other.url(user='reader')}")
        server.server.signal(signal.SIGSTOP)
        try:
            assert ask(both, timeout_us=SHARED_TIMEOUT_US) == ""
        finally:
            server.server.signal(signal.SIGCONT)
        both.close()


def test_every_acknowledged_marker_is_there_after_the_server_was_killed(server: MariaDb) -> None:
    writer = technique().writer({"url": server.url()}, run_id="killed")
    for number in range(1, 21):
        assert writer.commit(number, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.kill()
    assert writer.commit(21, deadline_us=monotonic_us() + TIMEOUT_US) in {"connection lost", "connection refused"}
    assert writer.commit(22, deadline_us=monotonic_us() + TIMEOUT_US) == "connection refused"
    server.server.start()
    assert writer.commit(23, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    writer.close()
    found = technique().survivors({"url": server.url()}, run_id="killed", timeout_us=TIMEOUT_US)
    assert (found.answered, found.ranges) == (True, ((1, 20), (23, 23)))


def test_a_server_that_hangs_costs_a_marker_and_the_next_is_on_a_new_connection(server: MariaDb) -> None:
    writer = technique().writer({"url": server.url()}, run_id="hung")
    assert writer.commit(1, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.signal(signal.SIGSTOP)
    try:
        assert writer.commit(2, deadline_us=monotonic_us() + SHORT_TIMEOUT_US) == "timeout"
    finally:
        server.server.signal(signal.SIGCONT)
    assert writer.commit(3, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    writer.close()


@pytest.mark.parametrize("setting", ["innodb_flush_log_at_trx_commit = 2", "sync_binlog = 0"])
def test_what_is_not_on_disk_is_not_acknowledged(server: MariaDb, setting: str) -> None:
    server.execute(f"set global {setting}")
    writer = technique().writer({"url": server.url()}, run_id="volatile")
    fault = writer.commit(1, deadline_us=monotonic_us() + TIMEOUT_US)
    assert fault == "nothing durable: innodb_flush_log_at_trx_commit and sync_binlog must be 1"
    assert server.execute("select count(*) from reprise.canary") == ((0,),)


@pytest.mark.parametrize(
    ("inserted", "ranges"), [([], ()), ([1, 2, 3], ((1, 3),)), ([7, 1, 2, 5, 3], ((1, 3), (5, 5), (7, 7)))]
)
def test_only_the_markers_of_this_run_are_read_and_as_ranges(
    server: MariaDb, inserted: list[int], ranges: tuple[tuple[int, int], ...]
) -> None:
    server.execute("insert into reprise.canary values ('other', 4), ('other', 6)")
    for number in inserted:
        server.execute(f"insert into reprise.canary values ('mine', {number})")
    found = technique().survivors({"url": server.url()}, run_id="mine", timeout_us=TIMEOUT_US)
    assert (found.answered, found.ranges) == (True, ranges)


def test_nothing_there_to_ask_is_not_an_answer(server: MariaDb) -> None:
    found = technique().survivors({"url": NOBODY}, run_id="x", timeout_us=TIMEOUT_US)
    assert (found.answered, found.fault) == (False, "connection refused")
    server.execute("drop table reprise.canary")
    found = technique().survivors({"url": server.url()}, run_id="x", timeout_us=TIMEOUT_US)
    assert (found.answered, found.fault) == (False, "table does not exist")


def test_a_question_without_meaning_is_refused() -> None:
    with pytest.raises(ProbeError, match="query"):
        watches.build({"url": NOBODY}, timeout_us=TIMEOUT_US)
    with pytest.raises(ProbeError, match="with a host"):
        watches.build({"url": "postgresql://u@h/d", "query": "select 1"}, timeout_us=TIMEOUT_US)
    with pytest.raises(ProbeError, match="url"):
        technique().writer({}, run_id="x")
