"""A real directory under a watch and a canary: killed, frozen, restarted, and asked what it kept."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.canaries import ldap as canaries
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.adapters.watches import ldap as watches
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker, CanaryTechnique
from orchestrator.errors import ProbeError
from tests.integration.probes.ldap_server import CANARY, MARKERS, PEOPLE, SUFFIX, LdapServer, ldap_server
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000
NOBODY = f"ldap://127.0.0.1:{CLOSED_PORT}"


@pytest.fixture(scope="module")
def running() -> Iterator[LdapServer]:
    with ldap_server() as server:
        yield server


@pytest.fixture
def server(running: LdapServer) -> LdapServer:
    """Running, whatever the test before did to it."""
    running.server.kill()
    running.server.start()
    return running


def asker(server: LdapServer, **more: Scalar) -> Asker:
    return watches.build({**server.source(), "base": SUFFIX, **more}, timeout_us=TIMEOUT_US)


def ask(asker: Asker, *, timeout_us: int = TIMEOUT_US) -> str:
    return asker.ask(deadline_us=monotonic_us() + timeout_us)


def technique() -> CanaryTechnique:
    return canaries.build(connections=SshConnections(hosts={}, known_hosts=Path("/nowhere")))


def place(server: LdapServer) -> dict[str, Scalar]:
    return {**server.source(CANARY), "base": MARKERS}


def test_a_watch_sees_an_entry_and_not_only_that_a_port_answers(server: LdapServer) -> None:
    watch = asker(server)
    assert ask(watch) == ""
    assert ask(asker(server, base=PEOPLE, scope="one", filter="(uid=fictif-2)")) == ""
    assert ask(asker(server, base=PEOPLE, scope="one", filter="(uid=nobody)")) == "no entry"
    assert ask(asker(server, base=f"ou=nowhere,{SUFFIX}")) == "no such entry"
    assert ask(asker(server, password="wrong")) == "authentication refused"
    server.server.kill()
    assert ask(watch) == "connection refused"
    assert ask(asker(server, url=f"{NOBODY} {server.url}")) == "connection refused"
    server.server.start()
    assert ask(watch) == ""
    assert ask(asker(server, url=f"{NOBODY} {server.url}")) == ""


def test_a_server_that_hangs_costs_a_watch_its_time_out_and_no_more(server: LdapServer) -> None:
    watch = asker(server)
    server.server.signal(signal.SIGSTOP)
    try:
        assert ask(watch, timeout_us=SHORT_TIMEOUT_US) == "timeout"
    finally:
        server.server.signal(signal.SIGCONT)
    assert ask(watch) == ""


def test_every_acknowledged_marker_is_there_after_the_server_was_killed(server: LdapServer) -> None:
    writer = technique().writer(place(server), run_id="killed")
    for number in range(1, 21):
        assert writer.commit(number, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.kill()
    assert writer.commit(21, deadline_us=monotonic_us() + TIMEOUT_US) in {"connection lost", "connection refused"}
    assert writer.commit(22, deadline_us=monotonic_us() + TIMEOUT_US) == "connection refused"
    server.server.start()
    assert writer.commit(23, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    assert writer.commit(23, deadline_us=monotonic_us() + TIMEOUT_US) == "it is there already"
    writer.close()
    found = technique().survivors(place(server), run_id="killed", timeout_us=TIMEOUT_US)
    assert (found.answered, found.ranges) == (True, ((1, 20), (23, 23)))


def test_a_server_that_hangs_costs_a_marker_and_the_next_is_on_a_new_connection(server: LdapServer) -> None:
    writer = technique().writer(place(server), run_id="hung")
    assert writer.commit(1, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    server.server.signal(signal.SIGSTOP)
    try:
        assert writer.commit(2, deadline_us=monotonic_us() + SHORT_TIMEOUT_US) == "timeout"
    finally:
        server.server.signal(signal.SIGCONT)
    assert writer.commit(3, deadline_us=monotonic_us() + TIMEOUT_US) == ""
    writer.close()


def test_only_the_markers_of_this_run_are_read(server: LdapServer) -> None:
    for run, numbers in (("other", (4,)), ("mine", (1, 2, 7))):
        writer = technique().writer(place(server), run_id=run)
        for number in numbers:
            assert writer.commit(number, deadline_us=monotonic_us() + TIMEOUT_US) == ""
        writer.close()
    found = technique().survivors(place(server), run_id="mine", timeout_us=TIMEOUT_US)
    assert found.ranges == ((1, 2), (7, 7))


def test_nothing_there_to_ask_is_not_an_answer(server: LdapServer) -> None:
    found = technique().survivors({**place(server), "url": NOBODY}, run_id="x", timeout_us=TIMEOUT_US)
    assert (found.answered, found.fault) == (False, "connection refused")
    elsewhere = {**place(server), "base": f"ou=nowhere,{SUFFIX}"}
    assert technique().survivors(elsewhere, run_id="x", timeout_us=TIMEOUT_US).answered is False


def test_a_canary_without_meaning_is_refused() -> None:
    with pytest.raises(ProbeError, match="base"):
        technique().writer({"url": NOBODY}, run_id="x")
    with pytest.raises(ProbeError, match="url"):
        technique().writer({"url": "http://h/", "base": "dc=x"}, run_id="x")
