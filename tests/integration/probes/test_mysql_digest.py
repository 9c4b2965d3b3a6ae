"""Digests of real tables: the same for the same content, and for nothing else."""

from collections.abc import Iterator, Mapping

import pytest

from orchestrator.adapters.probes.mysql_digest import MysqlDigestProbe
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer
from tests.integration.probes.mariadb import MariaDb, mariadb

TIMEOUT_US = 60_000_000
ROWS = "insert into dpi.results values (1, 'a', 1.5, null, 0.1), (2, 'bc', null, x'00ff', 0.1), (3, '', 2, x'', 0.2)"
TABLE = (
    "create table dpi.results (id int, word varchar(10), amount decimal(9,2), raw varbinary(10), measure float) "
    "engine=InnoDB"
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as server:
        yield server


@pytest.fixture(autouse=True)
def tables(server: MariaDb) -> None:
    server.execute("drop database dpi", "create database dpi", TABLE, ROWS)
    server.execute("create table dpi.`odd ``name` (v json)", "insert into dpi.`odd ``name` values ('{}')")


def ask(server: MariaDb, **more: object) -> Answer:
    question: Mapping[str, object] = {"url": server.url(database=""), **more}
    return MysqlDigestProbe().ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())


def digests(server: MariaDb, **more: object) -> Values:
    answer = ask(server, **more)
    assert answer.answered, answer.fault
    return answer.values


def differing(before: Values, after: Values) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_every_table_has_rows_and_a_digest(server: MariaDb) -> None:
    values = digests(server)
    assert set(values) == {
        "dpi.results.rows",
        "dpi.results.digest",
        "dpi.odd `name.rows",
        "dpi.odd `name.digest",
        "schema.digest",
    }
    assert (values["dpi.results.rows"], values["dpi.odd `name.rows"]) == (3, 1)


def test_the_order_on_disk_does_not_matter_and_an_empty_table_has_a_digest_too(server: MariaDb) -> None:
    before = digests(server)
    reordered = ROWS.replace("values", "select * from (values") + ") as v order by 1 desc"
    server.execute("delete from dpi.results", reordered)
    assert differing(before, digests(server)) == set()
    server.execute("delete from dpi.results")
    assert digests(server)["dpi.results.rows"] == 0
    assert differing(before, digests(server)) == {"dpi.results.rows", "dpi.results.digest"}


@pytest.mark.parametrize(
    "change",
    [
        "update dpi.results set word = 'b' where id = 1",
        "update dpi.results set word = 'A' where id = 1",
        "update dpi.results set word = 'a ' where id = 1",
        "update dpi.results set amount = 0 where id = 2",
        "update dpi.results set raw = '' where id = 1",
        "update dpi.results set raw = x'00fe' where id = 2",
        "update dpi.results set measure = 0.1000001 where id = 1",
        "update dpi.results set word = 'NULL' where id = 3",
        "update dpi.results set id = 12, word = '' where id = 1",
    ],
)
def test_any_other_value_is_another_digest(server: MariaDb, change: str) -> None:
    before = digests(server)
    server.execute(change)
    assert differing(before, digests(server)) == {"dpi.results.digest"}


def test_what_moves_from_one_column_to_the_next_does_not_hide(server: MariaDb) -> None:
    server.execute("create table dpi.pairs (a varchar(9), b varchar(9))", "insert into dpi.pairs values ('1', '23')")
    before = digests(server)
    server.execute("update dpi.pairs set a = '12', b = '3'")
    assert differing(before, digests(server)) == {"dpi.pairs.digest"}


def test_a_row_that_is_there_twice_counts_twice(server: MariaDb) -> None:
    before = digests(server)
    server.execute("insert into dpi.results select * from dpi.results where id = 1")
    assert differing(before, digests(server)) == {"dpi.results.rows", "dpi.results.digest"}


@pytest.mark.parametrize(
    "change",
    [
        "create index i on dpi.results (id)",
        "alter table dpi.results modify word varchar(11)",
        "create view dpi.v as select 1 as one",
        "create trigger dpi.t before insert on dpi.results for each row set new.id = 1",
        "create function dpi.f() returns int deterministic return 1",
        "create procedure dpi.p() select 1",
        "create event dpi.e on schedule every 1 day do select 1",
    ],
)
def test_the_definition_has_a_digest_of_its_own(server: MariaDb, change: str) -> None:
    before = digests(server)
    server.execute(change)
    assert differing(before, digests(server)) == {"schema.digest"}


def test_the_number_of_the_next_row_is_no_definition(server: MariaDb) -> None:
    server.execute("create table dpi.n (id int auto_increment primary key)", "insert into dpi.n values (7)")
    before = digests(server)
    server.execute("insert into dpi.n values (9)", "delete from dpi.n where id = 9")
    assert differing(before, digests(server)) == set()


def test_tables_are_chosen_and_left_out(server: MariaDb) -> None:
    assert set(digests(server, tables=["dpi.results"])) == {"dpi.results.rows", "dpi.results.digest", "schema.digest"}
    assert "dpi.results.rows" not in digests(server, schema="dpi", exclude=["dpi.results"])
    assert ask(server, tables=["dpi.nothing"]).fault == "table does not exist"
    assert ask(server, exclude=["dpi"]).fault == "table does not exist"


def test_more_rows_than_a_group_holds_are_all_counted(server: MariaDb) -> None:
    server.execute("create table dpi.many (id int primary key) select seq as id from dpi.seq_1_to_50000")
    before = digests(server, tables=["dpi.many"])
    assert before["dpi.many.rows"] == 50_000
    server.execute("update dpi.many set id = 0 where id = 50000")
    assert differing(before, digests(server, tables=["dpi.many"])) == {"dpi.many.digest"}


def test_what_the_server_would_cut_off_has_no_digest() -> None:
    with mariadb("--max-allowed-packet=1M") as server:
        server.execute("create table dpi.letters (a longtext, b longtext)")
        server.execute("insert into dpi.letters values (repeat('x', 500000), repeat('y', 400000))")
        assert ask(server).answered
        server.execute("update dpi.letters set b = repeat('y', 600000)")
        assert ask(server) == Answer(answered=False, values={}, fault="a table is too large for the server to digest")
