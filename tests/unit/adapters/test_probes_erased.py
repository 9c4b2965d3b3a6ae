import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes.erased import Ledger, about, parse_ledger
from orchestrator.errors import ProbeError

LEDGER = b"17 2026-11-24T12:00:00Z\nab-9.z 2026-11-24T12:00:00.123Z\n17 2026-11-25T00:00:00Z\n"
TWO = Ledger(ids=("17", "ab-9.z"), sha256="0" * 64)


def test_a_ledger_is_its_ids_in_order_and_its_digest() -> None:
    ledger = parse_ledger(LEDGER)
    assert ledger.ids == ("17", "ab-9.z", "17")
    assert ledger.sha256 == hashlib.sha256(LEDGER).hexdigest()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it is empty"),
        (LEDGER[:-1], "cut off"),
        (LEDGER + b"\n", "line 4"),
        (b"17\n", "line 1"),
        (b"17 2026-11-24\n", "line 1"),
        (b"17 2026-11-24T12:00:00+01:00\n", "line 1"),
        (b"17 2026-11-24T12:00:00Z Marie Curie\n", "line 1"),
        (LEDGER + b"1' or '1'='1 2026-11-24T12:00:00Z\n", "line 4"),
        (LEDGER + b"\xff 2026-11-24T12:00:00Z\n", "line 4"),
        (LEDGER + b"x" * 65 + b" 2026-11-24T12:00:00Z\n", "line 4"),
    ],
)
def test_a_ledger_that_is_not_understood_to_its_last_line_is_no_ledger(content: bytes, fault: str) -> None:
    with pytest.raises(NoAnswerError, match=fault):
        parse_ledger(content)


@given(st.text(max_size=70))
def test_no_line_brings_more_into_a_statement_than_a_word(text: str) -> None:
    try:
        ledger = parse_ledger(f"{text} 2026-11-24T12:00:00Z\n".encode("utf-8", errors="surrogatepass"))
    except NoAnswerError:
        return
    assert not set("'\"\\;\n ") & set("".join(ledger.ids))


def test_everybody_in_the_ledger_is_asked_about_once_in_every_statement() -> None:
    question = {"dsn": "d", "erased": {}, "queries": {"a": "select 1 where x in ({erased})", "b": "({erased})"}}
    asked = about(question, Ledger(ids=("17", "b", "17"), sha256="0" * 64))
    assert asked == {"dsn": "d", "queries": {"a": "select 1 where x in ('17', 'b')", "b": "('17', 'b')"}}


def test_a_single_statement_is_filled_too() -> None:
    assert about({"query": "({erased})"}, TWO) == {"query": "('17', 'ab-9.z')"}


@pytest.mark.parametrize("question", [{"query": "select 1"}, {"queries": {"a": "({erased})", "b": "select 1"}}])
def test_a_statement_that_asks_about_nobody_in_the_ledger_is_refused(question: dict[str, object]) -> None:
    with pytest.raises(ProbeError, match="asks about nobody"):
        about(question, TWO)
