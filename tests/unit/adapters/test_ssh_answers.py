import json

import pytest

from orchestrator.adapters.ssh.address import HostAddress
from orchestrator.adapters.ssh.inspector import marker_fault
from orchestrator.adapters.ssh.reachability import judge_answers, parse_endpoint
from orchestrator.errors import SshError

MARKER = {"project": "reprise-lab", "group": "staging", "host": "restore"}


def fault(marker: object) -> str:
    content = marker if isinstance(marker, bytes) else json.dumps(marker).encode()
    return marker_fault(content, project="reprise-lab", groups={"staging"}, host="restore")


def test_a_marker_that_names_project_group_and_host_is_believed() -> None:
    assert fault(MARKER) == ""
    assert fault(MARKER | {"since": "2026-11-23"}) == ""


@pytest.mark.parametrize("key", sorted(MARKER))
def test_a_marker_of_another_place_is_not_believed(key: str) -> None:
    assert f"{key} other" in fault(MARKER | {key: "other"})
    assert fault({name: value for name, value in MARKER.items() if name != key})
    assert fault(MARKER | {key: [MARKER[key]]})
    assert fault(MARKER | {key: ""})


@pytest.mark.parametrize("content", [b"", b"restore", b"[]", b"null", b"\xff\xfe", b'"restore"'])
def test_what_is_no_marker_is_not_believed(content: bytes) -> None:
    assert fault(content)


@pytest.mark.parametrize("answer", ["refused", "timeout", "unreachable"])
def test_silence_and_refusal_are_what_is_wanted_of_production(answer: str) -> None:
    assert judge_answers(["p:1"], json.dumps([answer]).encode()) == ""


@pytest.mark.parametrize(
    "content",
    [
        b'["connected", "refused"]',
        b'["refused", "connected"]',
        b'["name not resolved", "refused"]',
        b'["error EACCES", "refused"]',
        b'["not tried", "refused"]',
        b'["refused"]',
        b"[]",
        b"{}",
        b"",
    ],
)
def test_anything_else_is_a_no(content: bytes) -> None:
    assert judge_answers(["p:1", "q:2"], content)


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [("db.example:5432", ("db.example", 5432)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:22", ("::1", 22))],
)
def test_an_endpoint_is_a_host_and_a_port(endpoint: str, place: tuple[str, int]) -> None:
    assert parse_endpoint(endpoint) == place


@pytest.mark.parametrize("endpoint", ["", "db", "db:", ":5432", "db:0", "db:65536", "db:pg", "db:5432x", "db:²"])
def test_what_is_not_is_refused(endpoint: str) -> None:
    assert parse_endpoint(endpoint) is None


ADDRESS = HostAddress(
    name="restore", address="127.0.0.1", user="u", variables={"postgresql_data": "/d", "postgresql_port": 5432}
)


def test_a_drill_names_what_the_inventory_knows() -> None:
    assert ADDRESS.fill("{postgresql_data}/base") == "/d/base"
    assert ADDRESS.fill("--port={postgresql_port} {host}") == "--port=5432 restore"
    assert ADDRESS.fill("awk '{print $1}' ${HOME}") == "awk '{print $1}' ${HOME}"


def test_what_the_inventory_does_not_know_is_named() -> None:
    with pytest.raises(SshError, match="postgresql_log"):
        ADDRESS.fill("{postgresql_log}")
