"""A ledger on a real host, and a real server asked about everybody in it."""

from collections.abc import Iterator

import pytest

from orchestrator.adapters.probes.postgresql import build
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import NeverStop
from orchestrator.core.ports import Answer
from orchestrator.lab import Layout
from tests.scratch import ScratchServer
from tests.staging import connected

TIMEOUT_US = 60_000_000
QUERIES = {"back": "select count(*) from people where id in ({erased})"}


@pytest.fixture(scope="module", autouse=True)
def people(server: ScratchServer) -> None:
    server.execute("create table people as select generate_series(1, 9)::bigint as id")


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def ledger(connections: SshConnections) -> Iterator[str]:
    """The path of an empty ledger on a host of the lab."""
    made = connections.run("repository", ["mktemp"], timeout_us=TIMEOUT_US).stdout.decode().strip()
    yield made
    connections.run("repository", ["rm", "-f", "--", made], timeout_us=TIMEOUT_US)


def ask(server: ScratchServer, connections: SshConnections, path: str, *lines: str) -> Answer:
    text = "".join(f"{line}\n" for line in lines).encode()
    connections.run("repository", ["tee", "--", path], timeout_us=TIMEOUT_US, stdin=text)
    question = {"dsn": server.dsn(), "erased": {"host": "repository_host", "path": path}, "queries": QUERIES}
    return build(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())


def test_whoever_is_back_is_counted_and_the_ledger_told(
    server: ScratchServer, connections: SshConnections, ledger: str
) -> None:
    lines = ("7 2026-11-24T12:00:00Z", "70 2026-11-24T12:00:00Z", "9 2026-11-24T12:00:00Z")
    answer = ask(server, connections, ledger, *lines)
    assert (answer.fault, answer.values["back"], answer.values["ledger.lines"]) == ("", 2, 3)
    assert answer.values["ledger.sha256"] != ask(server, connections, ledger, *lines[:2]).values["ledger.sha256"]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [((), "it is empty"), (("7",), "line 1"), (("seven 2026-11-24T12:00:00Z",), "invalid")],
)
def test_a_ledger_that_says_nothing_of_this_database_is_no_answer(
    server: ScratchServer, connections: SshConnections, ledger: str, lines: tuple[str, ...], fault: str
) -> None:
    answer = ask(server, connections, ledger, *lines)
    assert not answer.answered
    assert fault in answer.fault


def test_without_its_ledger_nothing_is_asked(server: ScratchServer, connections: SshConnections, ledger: str) -> None:
    question = {"dsn": server.dsn(), "erased": {"host": "repository", "path": ledger + "-gone"}, "queries": QUERIES}
    answer = build(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert (answer.answered, answer.fault) == (False, "ledger of erasures: the host could not read it")


def test_a_question_without_a_ledger_is_the_probes_own(server: ScratchServer, connections: SshConnections) -> None:
    question = {"dsn": server.dsn(), "query": "select count(*) as n from people"}
    answer = build(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer == Answer(answered=True, values={"n": 9})
