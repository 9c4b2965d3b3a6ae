from typing import Any

import pytest

from orchestrator.adapters.probes.postgresql_digest import PostgresqlDigestProbe
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from tests.scratch import ScratchServer

TIMEOUT_US = 60_000_000


@pytest.fixture(autouse=True)
def tables(server: ScratchServer) -> None:
    server.execute(
        "drop schema if exists care, other cascade",
        "create schema care",
        "create schema other",
        "create table care.patients (id int primary key, name text not null, born date, seen timestamptz, ratio float)",
        "insert into care.patients select n, 'name ' || n, date '1950-01-01' + n, timestamptz '2026-01-01 00:00Z', "
        "n / 3.0 from generate_series(1, 500) as n",
        "create table care.words (word text)",
        "insert into care.words values ('a'), ('a'), ('b'), (null), (''), ('a,b'), (E'two\\nlines')",
        "create index words_idx on care.words (word)",
        'create table care."Odd ""name" (id int)',
        "create table other.canary (n int)",
    )


def digest(server: ScratchServer, *, user: str = "postgres", **question: Any) -> Values:
    asked = {"dsn": server.dsn(user=user), "exclude": ["other"]} | question
    answer = PostgresqlDigestProbe().ask(asked, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer.answered, answer.fault
    return answer.values


def fault(server: ScratchServer, *, user: str = "postgres", **question: Any) -> str:
    asked = {"dsn": server.dsn(user=user)} | question
    answer = PostgresqlDigestProbe().ask(asked, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert not answer.answered
    return answer.fault


def test_every_table_is_counted_and_digested(server: ScratchServer) -> None:
    values = digest(server)
    assert {name for name in values if name.endswith(".rows")} == {
        "care.patients.rows",
        "care.words.rows",
        'care.Odd "name.rows',
    }
    assert (values["care.patients.rows"], values["care.words.rows"], values['care.Odd "name.rows']) == (500, 7, 0)
    assert {len(str(value)) for name, value in values.items() if name.endswith("digest")} == {64}


@pytest.mark.parametrize(
    "rewrite",
    [
        (
            "create table other.copy as table care.patients order by id desc",
            "truncate care.patients",
            "insert into care.patients table other.copy",
        ),
        ("update care.patients set name = name where id % 2 = 0", "vacuum full care.patients"),
        ("insert into other.canary values (1)",),
        (
            "alter database postgres set datestyle = 'SQL, DMY'",
            "alter database postgres set timezone = 'Asia/Tokyo'",
            "alter database postgres set extra_float_digits = -5",
        ),
        ("analyze",),
    ],
)
def test_what_does_not_change_the_content_does_not_change_the_digest(
    server: ScratchServer, rewrite: tuple[str, ...]
) -> None:
    before = digest(server)
    server.execute(*rewrite)
    after = digest(server)
    server.execute("alter database postgres reset all")
    assert after == before


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("update care.patients set name = 'x' where id = 77", "patients"),
        ("update care.patients set ratio = ratio + 1e-15 where id = 1", "patients"),
        ("delete from care.patients where id = 500", "patients"),
        ("update care.patients set id = -id where id = 3", "patients"),
        ("insert into care.words values ('b')", "words"),
        ("update care.words set word = null where word = ''", "words"),
        ("update care.words set word = '' where word is null", "words"),
        ("update care.words set word = 'b' where ctid = (select min(ctid) from care.words where word = 'a')", "words"),
        ("update care.words set word = 'two lines' where word like 'two%'", "words"),
    ],
)
def test_a_changed_row_changes_the_digest_of_its_table_and_of_no_other(
    server: ScratchServer, change: str, table: str
) -> None:
    before = digest(server)
    server.execute(change)
    after = digest(server)
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {f"care.{table}.rows"} == {f"care.{table}.digest"}


@pytest.mark.parametrize(
    "change",
    [
        "drop index care.words_idx",
        "alter table care.patients drop constraint patients_pkey",
        "alter table care.patients alter column name drop not null",
        "alter table care.patients alter column name type varchar(60)",
        "alter table care.patients alter column born set default '2000-01-01'",
        "alter table care.patients add constraint adult check (id > 0) not valid",
        "create view care.names as select name from care.patients",
        "create function care.one() returns int language sql as 'select 1'",
        "grant select on care.patients to reader",
        "alter table care.words enable row level security",
        "create sequence care.numbers",
    ],
)
def test_a_changed_definition_changes_the_digest_of_the_schema_and_no_other(server: ScratchServer, change: str) -> None:
    before = digest(server)
    server.execute(change)
    after = digest(server)
    assert {name for name in before if before[name] != after[name]} == {"schema.digest"}


def test_a_sequence_may_rightly_go_on_elsewhere(server: ScratchServer) -> None:
    server.execute("create sequence care.numbers")
    before = digest(server)
    server.execute("select setval('care.numbers', 33)")
    assert digest(server) == before


def test_tables_can_be_named(server: ScratchServer) -> None:
    values = digest(server, tables=["care.words"], exclude=[])
    assert set(values) == {"care.words.rows", "care.words.digest", "schema.digest"}
    assert "care.words.rows" not in digest(server, schema="care", exclude=["care.words"])


def test_partitions_are_digested_and_their_parent_is_not_counted_twice(server: ScratchServer) -> None:
    server.execute(
        "create table care.stays (id int) partition by range (id)",
        "create table care.stays_1 partition of care.stays for values from (0) to (10)",
        "insert into care.stays values (1), (2)",
    )
    values = digest(server)
    assert values["care.stays_1.rows"] == 2
    assert "care.stays.rows" not in values


def test_nothing_to_digest_is_no_answer(server: ScratchServer) -> None:
    assert fault(server, schema="nowhere") == "table does not exist"
    assert fault(server, tables=["care.words", "care.lost"]) == "table does not exist"
    assert fault(server, exclude=["care", "other"], schema="care") == "table does not exist"


def test_rows_that_a_policy_hides_are_not_taken_for_missing(server: ScratchServer) -> None:
    server.execute(
        "grant usage on schema care to reader",
        "grant select on care.words to reader",
        "alter table care.words enable row level security",
        "create policy visible on care.words using (word = 'a')",
    )
    assert fault(server, tables=["care.words"], user="reader") == "permission denied"


def test_a_table_that_may_not_be_read_is_no_answer(server: ScratchServer) -> None:
    assert fault(server, schema="care", user="reader") == "permission denied"
