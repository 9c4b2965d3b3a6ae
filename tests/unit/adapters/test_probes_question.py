from typing import Any

import pytest

from orchestrator.adapters.probes.command import CommandQuestion
from orchestrator.adapters.probes.files import read_report
from orchestrator.adapters.probes.postgresql import PostgresqlQuestion
from orchestrator.adapters.probes.postgresql_digest import PostgresqlDigestQuestion
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.probes.tcp import TcpQuestion
from orchestrator.errors import ProbeError

DSN = "host=h password=s3cret-word"


@pytest.mark.parametrize(
    ("kind", "written", "complaint"),
    [
        (PostgresqlQuestion, {"query": "select 1"}, "dsn"),
        (PostgresqlQuestion, {"dsn": DSN}, "either query or queries"),
        (PostgresqlQuestion, {"dsn": DSN, "query": "a", "queries": {"b": "c"}}, "either query or queries"),
        (PostgresqlQuestion, {"dsn": DSN, "query": 7}, "query"),
        (PostgresqlQuestion, {"dsn": DSN, "query": "a", "querys": "b"}, "querys"),
        (PostgresqlDigestQuestion, {"dsn": DSN, "schema": "a", "tables": ["b"]}, "not both"),
        (TcpQuestion, {"host": "h"}, "host and port, or url, or dsn"),
        (TcpQuestion, {"host": "h", "port": 1, "dsn": DSN}, "host and port, or url, or dsn"),
        (TcpQuestion, {"host": "h", "port": 65_536}, "port"),
        (TcpQuestion, {"host": "h", "port": "22"}, "port"),
        (CommandQuestion, {"host": "h", "command": []}, "command"),
        (CommandQuestion, {"host": "h", "command": "ls -l"}, "command"),
        (CommandQuestion, {"host": "h", "command": [b"ls"]}, "something else"),
    ],
)
def test_a_question_without_meaning_is_refused_by_key_and_without_its_values(
    kind: type[Question], written: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ProbeError, match=complaint) as caught:
        read_question(kind, written, probe="some")
    assert "s3cret-word" not in str(caught.value)
    assert "it takes" in (caught.value.hint or "")


def test_a_list_of_a_drill_file_is_taken_as_it_is() -> None:
    asked = read_question(CommandQuestion, {"host": "h", "command": ["ls", "-l"]}, probe="command")
    assert asked.command == ("ls", "-l")


def test_a_schema_is_called_schema() -> None:
    asked = read_question(PostgresqlDigestQuestion, {"dsn": DSN, "schema": "public"}, probe="postgresql-digest")
    assert asked.schema_ == "public"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"exists": true, "files": "x"}', b"\xff"])
def test_a_report_that_is_not_understood_is_no_answer(content: bytes) -> None:
    answer = read_report(content)
    assert (answer.answered, answer.values) == (False, {})
