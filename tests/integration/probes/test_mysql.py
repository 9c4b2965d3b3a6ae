"""A real MariaDB as the probes see it: answers, refusals in fixed words, silence, and no way to write."""

import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from orchestrator.adapters.probes.mysql import MysqlProbe
from orchestrator.adapters.system import NeverStop, StopRequest
from orchestrator.core.ports import Answer, Stop
from orchestrator.errors import ProbeError
from tests.integration.probes.certificates import make_certificate
from tests.integration.probes.mariadb import MariaDb, mariadb
from tests.integration.probes.servers import give, scratch_directory
from tests.patience import FOREVER_SECONDS, wait_until
from tests.scratch import CLOSED_PORT, PASSWORD

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as server:
        server.execute(
            "create table dpi.patients (id int primary key, name varchar(40)) engine=InnoDB",
            "insert into dpi.patients values (1, 'A')",
            "create database other",
            "create table other.secrets (id int)",
            "create function other.note() returns int begin insert into dpi.patients values (3, 'C'); return 1; end",
        )
        yield server


def ask(question: Mapping[str, object], *, timeout_us: int = TIMEOUT_US, stop: Stop | None = None) -> Answer:
    return MysqlProbe().ask(question, timeout_us=timeout_us, stop=stop or NeverStop())


def queries(server: MariaDb, *statements: str, user: str = "owner") -> Answer:
    named = {f"q{number}": statement for number, statement in enumerate(statements)}
    return ask({"url": server.url(user=user), "queries": named})


def test_a_row_becomes_values_by_column_name(server: MariaDb) -> None:
    query = "select count(*) as n, sum(id) as total, 'off' as word, id = 1 as yes from patients"
    answer = ask({"url": server.url(), "query": query})
    assert answer == Answer(answered=True, values={"n": 1, "total": 1, "word": "off", "yes": 1})


def test_several_queries_see_one_instant_by_their_names(server: MariaDb) -> None:
    assert queries(server, "select count(*) from patients", "select @@version_comment").values["q0"] == 1


@pytest.mark.parametrize(
    "escape",
    [
        "set session transaction read write",
        "commit",
        "/*! set session transaction read write */",
        "call other.anything()",
        "select 1 into outfile '/tmp/reprise-never'",
        "select 1 /*!50000 into dumpfile '/tmp/reprise-never' */",
        "flush tables",
    ],
)
def test_what_is_not_a_question_is_not_sent(server: MariaDb, escape: str) -> None:
    answer = queries(server, escape)
    assert answer == Answer(answered=False, values={}, fault="not a question: select, show or with")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("select other.note()", "read-only transaction"),
        ("select 1; delete from patients", "syntax error"),
        ("select * from nowhere", "table does not exist"),
        ("select nothing from patients", "column does not exist"),
        ("select selec from", "syntax error"),
        ("select id from patients where false", "q0: no row"),
        ("select 1 union select 2", "q0: more than one row"),
        ("select 1, 2", "q0: 2 columns where one value is wanted"),
        ("select null as v", "q0: v: NULL"),
        ("select repeat('x', 129) as v", "q0: v: a text over 128 characters"),
        ("select 9007199254740992 as v", "q0: v: a number over 2^53, cast it to text"),
        ("select 1.5 as v", "q0: v: neither number, boolean nor text, cast it"),
        ("select now() as v", "q0: v: neither number, boolean nor text, cast it"),
        ("select x'00' as v", "q0: v: neither number, boolean nor text, cast it"),
    ],
)
def test_a_refusal_is_told_in_fixed_words(server: MariaDb, query: str, fault: str) -> None:
    assert queries(server, query) == Answer(answered=False, values={}, fault=fault)
    assert server.execute("select count(*) from dpi.patients") == ((1,),)


def test_who_may_not_is_told_apart_from_what_is_not_there(server: MariaDb) -> None:
    assert queries(server, "select id from other.secrets", user="reader").fault == "permission denied"
    assert ask({"url": server.url(password="wrong"), "query": "select 1"}).fault == "authentication refused"
    assert ask({"url": server.url(database="nowhere"), "query": "select 1"}).fault == "database does not exist"
    closed = f"mysql://u@127.0.0.1:{CLOSED_PORT}/dpi"
    assert ask({"url": closed, "query": "select 1"}).fault == "connection refused"


def test_a_password_comes_from_a_file_that_nobody_else_reads(server: MariaDb, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o600)
    question = {"url": server.url(password=""), "password-file": str(file), "query": "select 1 as one"}
    assert ask(question).values == {"one": 1}
    file.chmod(0o640)
    with pytest.raises(ProbeError, match="others may read"):
        ask(question)
    with pytest.raises(ProbeError, match="not both"):
        ask(question | {"password": PASSWORD})


@pytest.mark.parametrize(
    "url", [f"postgresql://u:{PASSWORD}@h/d", f"mysql://u:{PASSWORD}@/d", f"mysql://u:{PASSWORD}@h:x/d"]
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ProbeError) as caught:
        ask({"url": url, "query": "select 1"})
    assert PASSWORD not in f"{caught.value} {caught.value.hint}"


def test_a_query_that_does_not_end_is_ended_here_and_there(server: MariaDb) -> None:
    slow = {"url": server.url(), "query": f"select sleep({FOREVER_SECONDS}) as never"}
    assert ask(slow, timeout_us=SHORT_TIMEOUT_US).fault == "timeout"
    running = "select count(*) from information_schema.processlist where info like 'select sleep%'"
    wait_until(lambda: server.execute(running) == ((0,),))


def test_a_server_that_is_frozen_ends_the_wait_in_time_or_when_told(server: MariaDb) -> None:
    server.server.signal(signal.SIGSTOP)
    try:
        question = {"url": server.url(), "query": "select 1"}
        assert ask(question, timeout_us=SHORT_TIMEOUT_US).fault == "timeout"
        stop = StopRequest()
        threading.Timer(0.1, stop.request, args=("test",)).start()
        assert ask(question, timeout_us=FOREVER_SECONDS * 1_000_000, stop=stop).fault == "stopped"
        stop.close()
    finally:
        server.server.signal(signal.SIGCONT)


def test_what_listens_and_is_no_database_has_not_answered(server: MariaDb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH\r\n" * 8)

        thread = threading.Thread(target=speak)
        thread.start()
        answer = ask({"url": f"mysql://u@127.0.0.1:{listening.getsockname()[1]}/d", "query": "select 1"})
        thread.join()
    assert (answer.answered, answer.values) == (False, {})


@pytest.mark.parametrize(("days", "fault"), [(1, ""), (-1, "certificate refused")])
def test_a_certificate_is_judged_by_who_is_named_and_by_its_time(tmp_path: Path, days: int, fault: str) -> None:
    other = make_certificate(tmp_path, "other")
    with scratch_directory() as place:
        own = make_certificate(place, "own", days=days)
        give(own)
        with mariadb(f"--ssl-cert={own}", f"--ssl-key={own}") as server:
            question = {"url": server.url(), "query": "show status like 'Ssl_version'"}
            encrypted = ask(question | {"ca-file": str(own)})
            assert encrypted.fault == fault
            assert str(encrypted.values.get("Value", "")).startswith("" if fault else "TLSv1.")
            assert ask(question | {"ca-file": str(other)}).fault == "certificate refused"
            assert ask(question).values["Value"] == ""
