import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.postgresql.faults import NoAnswerError, fault_of_state, fault_of_text
from orchestrator.adapters.postgresql.places import endpoints, split_places
from orchestrator.adapters.postgresql.session import Rows
from orchestrator.adapters.probes.postgresql import only_row, scalar
from orchestrator.errors import ProbeError

BOOLEAN, BIGINT, TEXT, DOUBLE, UUID = 16, 20, 25, 701, 2950
SECRET = "s3cret-word"


def rows(*values: tuple[str | None, ...], names: tuple[str, ...] = ("a",), kind: int = TEXT) -> Rows:
    return Rows(names=names, types=(kind,) * len(names), rows=values)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [(BOOLEAN, "t", True), (BOOLEAN, "f", False), (BIGINT, "-7", -7), (TEXT, "off", "off"), (UUID, "0-1", "0-1")],
)
def test_a_value_keeps_its_type(kind: int, text: str, expected: object) -> None:
    found = scalar("a", kind, text)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        (TEXT, None, "NULL"),
        (DOUBLE, "1.5", "cast it"),
        (TEXT, "x" * 129, "over 128 characters"),
        (BIGINT, str(2**53), "2\\^53"),
        (BIGINT, str(-(2**53)), "2\\^53"),
    ],
)
def test_what_evidence_may_not_hold_is_no_answer(kind: int, text: str | None, fault: str) -> None:
    with pytest.raises(NoAnswerError, match=fault):
        scalar("a", kind, text)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (rows(), "no row"),
        (rows(("1",), ("2",)), "more than one row"),
        (rows(("1", "2"), names=("a", "a")), "one name"),
    ],
)
def test_only_one_row_of_distinct_names_is_an_answer(answer: Rows, fault: str) -> None:
    with pytest.raises(NoAnswerError, match=fault):
        only_row(answer)


def test_each_server_of_a_list_gets_its_own_port_and_what_is_common() -> None:
    found = split_places("host=a,b port=1,2 dbname=d user=u target_session_attrs=read-write")
    assert [set(place.split()) for place in found] == [
        {f"host={host}", f"port={port}", "dbname=d", "user=u", "target_session_attrs=read-write"}
        for host, port in (("a", "1"), ("b", "2"))
    ]


def test_one_port_is_for_all_servers() -> None:
    assert endpoints("host=a,b port=7") == (("a", 7), ("b", 7))
    assert endpoints("postgresql://u@h1:1,h2:2/d") == (("h1", 1), ("h2", 2))
    assert endpoints("host=name hostaddr=127.0.0.9") == (("127.0.0.9", 5432),)


@pytest.mark.parametrize("dsn", [f"password={SECRET} host", "host=a,b,c port=1,2", f"nonsense={SECRET}"])
def test_a_wrong_connection_string_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(ProbeError) as caught:
        split_places(dsn)
    assert SECRET not in str(caught.value)


@given(st.text())
def test_a_fault_never_repeats_what_a_server_says(message: str) -> None:
    words = fault_of_text(f"{SECRET} {message}")
    assert SECRET not in words
    assert len(words) < 40


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', "connection refused"),
        ("FATAL:  the database system is starting up", "not accepting connections"),
        ('password authentication failed for user "x"', "authentication refused"),
        ("session is read-only", "read-only server"),
        ("server closed the connection unexpectedly", "connection lost"),
        ("quelque chose d’autre", "connection failed"),
    ],
)
def test_what_libpq_says_becomes_fixed_words(message: str, words: str) -> None:
    assert fault_of_text(message) == words


def test_a_state_without_words_of_its_own_keeps_its_number() -> None:
    assert fault_of_state("42P01") == "table does not exist"
    assert fault_of_state("0A000") == "error 0A000"
    assert fault_of_state(None) == "connection lost"
