import threading

import pytest

from orchestrator.adapters.probes.postgresql import PostgresqlProbe
from orchestrator.adapters.system import NeverStop, StopRequest
from orchestrator.core.ports import Answer
from tests.patience import FOREVER_SECONDS, wait_until
from tests.scratch import CLOSED_PORT, PASSWORD, ScratchServer

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000
SLEEPS = f"select pg_sleep({FOREVER_SECONDS})::text as a"


@pytest.fixture(scope="module", autouse=True)
def tables(server: ScratchServer) -> None:
    server.execute("create table patients (id int primary key, name text)", "insert into patients values (1, 'A')")
    server.execute("grant select on patients to reader", "create table secrets (id int)")


def ask(server: ScratchServer, *queries: str, user: str = "postgres", timeout_us: int = TIMEOUT_US) -> Answer:
    named = {f"q{number}": query for number, query in enumerate(queries)}
    question = {"dsn": server.dsn(user=user), "queries": named}
    return PostgresqlProbe().ask(question, timeout_us=timeout_us, stop=NeverStop())


def test_a_row_becomes_values_by_column_name(server: ScratchServer) -> None:
    question = {"dsn": server.dsn(), "query": "select count(*) as n, true as yes, 'off'::text as word from patients"}
    answer = PostgresqlProbe().ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer == Answer(answered=True, values={"n": 1, "yes": True, "word": "off"})


def test_several_queries_see_one_instant(server: ScratchServer) -> None:
    answer = ask(
        server, "select txid_snapshot_xmax(txid_current_snapshot())", "select 1", "select count(*) from patients"
    )
    assert (answer.answered, answer.values["q2"]) == (True, 1)


@pytest.mark.parametrize(
    "escape",
    [
        (),
        ("set transaction read write",),
        ("select set_config('transaction_read_only', 'off', false)",),
        ("select set_config('transaction_read_only', 'off', true)",),
        ("select set_config('default_transaction_read_only', 'off', false)", "commit"),
        ("rollback",),
        ("savepoint a",),
    ],
)
def test_no_question_can_write(server: ScratchServer, escape: tuple[str, ...]) -> None:
    answer = ask(server, *escape, "insert into patients values (2, 'B') returning id")
    assert not answer.answered
    assert server.execute("select count(*) from patients") == [(1,)]


def test_a_second_statement_is_not_smuggled_in(server: ScratchServer) -> None:
    assert ask(server, "select 1; commit; delete from patients").fault == "syntax error"
    assert server.execute("select count(*) from patients") == [(1,)]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("select * from nowhere", "table does not exist"),
        ("select nothing from patients", "column does not exist"),
        ("selec", "syntax error"),
        ("select id from secrets", "permission denied"),
        ("select 1/0", "error 22012"),
    ],
)
def test_a_refusal_is_told_in_fixed_words(server: ScratchServer, query: str, fault: str) -> None:
    assert ask(server, query, user="reader") == Answer(answered=False, values={}, fault=fault)


def test_what_does_not_end_is_told_in_fixed_words_too(server: ScratchServer) -> None:
    query = f"select 'x' || name || '@' from patients, pg_sleep({FOREVER_SECONDS})"
    answer = ask(server, query, user="reader", timeout_us=SHORT_TIMEOUT_US)
    assert answer == Answer(answered=False, values={}, fault="timeout")


def test_nobody_there_and_nobody_known(server: ScratchServer) -> None:
    free = {"dsn": f"host=127.0.0.1 port={CLOSED_PORT} user=u", "query": "select 1"}
    assert PostgresqlProbe().ask(free, timeout_us=TIMEOUT_US, stop=NeverStop()).fault == "connection refused"
    stranger = server.dsn(user="nobody_here")
    answer = PostgresqlProbe().ask({"dsn": stranger, "query": "select 1"}, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer.fault == "authentication refused"
    wrong = server.dsn().replace(PASSWORD, "wrong")
    answer = PostgresqlProbe().ask({"dsn": wrong, "query": "select 1"}, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer.fault == "authentication refused"


def test_the_connection_is_closed_whatever_happens(server: ScratchServer) -> None:
    ask(server, "select 1")
    ask(server, SLEEPS, timeout_us=SHORT_TIMEOUT_US)
    clients = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    otherwise = "a question goes on at the server after its end"
    wait_until(lambda: server.execute(clients) == [(1,)], otherwise=otherwise)


def test_a_stop_ends_the_wait(server: ScratchServer) -> None:
    stop = StopRequest()
    threading.Timer(0.2, stop.request, args=("test",)).start()
    question = {"dsn": server.dsn(), "query": SLEEPS}
    answer = PostgresqlProbe().ask(question, timeout_us=TIMEOUT_US, stop=stop)
    stop.close()
    assert answer.fault == "stopped"
