"""A real directory as the probe sees it: counts, digests, who is let in, and silence."""

import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.probes.ldap import LdapProbe
from orchestrator.adapters.system import NeverStop, StopRequest
from orchestrator.core.ports import Answer, Stop
from orchestrator.errors import ProbeError
from tests.integration.probes.certificates import make_certificate
from tests.integration.probes.ldap_server import CANARY, MARKERS, PEOPLE, PERSON, SUFFIX, LdapServer, ldap_server
from tests.patience import FOREVER_SECONDS
from tests.scratch import CLOSED_PORT, PASSWORD

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000


@pytest.fixture(scope="module")
def server() -> Iterator[LdapServer]:
    with ldap_server() as server:
        yield server


def ask(question: Mapping[str, object], *, timeout_us: int = TIMEOUT_US, stop: Stop | None = None) -> Answer:
    return LdapProbe().ask(question, timeout_us=timeout_us, stop=stop or NeverStop())


def question(server: LdapServer, **more: object) -> dict[str, Any]:
    return {**server.source(), **more}


def test_entries_are_counted_and_digested(server: LdapServer) -> None:
    people = {"people": "(objectClass=inetOrgPerson)", "in-1": "(departmentNumber=1)", "nobody": "(uid=nobody)"}
    answer = ask(question(server, base=SUFFIX, counts=people))
    assert answer.fault == ""
    assert answer.values["bound"] is True
    assert [answer.values[name] for name in ("entries", "people", "in-1", "nobody")] == [8, 3, 2, 0]
    assert len(str(answer.values["digest"])) == 64


def test_a_value_of_the_only_entry_may_be_evidence(server: LdapServer) -> None:
    asked = question(server, base=SUFFIX, scope="base", values={"name": "dc", "class": "structuralObjectClass"})
    answer = ask(asked)
    assert {name: answer.values[name] for name in ("entries", "name", "class")} == {
        "entries": 1,
        "name": "hopital",
        "class": "domain",
    }


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"base": PEOPLE, "scope": "one"}, "values: more than one entry"),
        ({"base": PEOPLE, "filter": "(uid=nobody)"}, "values: no entry"),
        ({"base": SUFFIX, "scope": "base", "values": {"x": "telephoneNumber"}}, "x: no value"),
        ({"base": SUFFIX, "scope": "base", "values": {"x": "objectClass", "y": "dc"}}, None),
    ],
)
def test_what_is_not_one_value_is_a_fault(server: LdapServer, more: dict[str, object], fault: str | None) -> None:
    answer = ask(question(server, **{"values": {"x": "cn"}, **more}))
    assert answer.fault == (fault or "")


def test_who_is_let_in_and_who_is_not_are_answers(server: LdapServer) -> None:
    assert ask({"url": server.url, "bind_dn": PERSON, "password": "1"}).values == {"bound": True}
    assert ask({"url": server.url, "bind_dn": PERSON, "password": "2"}).values == {"bound": False}
    assert ask({"url": server.url, "bind_dn": f"uid=nobody,{PEOPLE}", "password": "1"}).values == {"bound": False}
    assert ask({"url": server.url}).values == {"bound": True}


def test_who_is_shown_nothing_finds_nothing(server: LdapServer) -> None:
    assert ask({"url": server.url, "base": SUFFIX}).values["entries"] == 0
    assert ask({**server.source(CANARY), "base": MARKERS}).values["entries"] == 1
    person = {"url": server.url, "bind_dn": PERSON, "password": "1", "base": MARKERS}
    assert ask(person).values["entries"] == 0


def test_a_base_that_is_not_there_has_no_entries(server: LdapServer) -> None:
    assert ask(question(server, base=f"ou=nowhere,{SUFFIX}")).values["entries"] == 0


def test_a_password_in_the_digest_is_told_by_its_absence(server: LdapServer) -> None:
    with_all = ask(question(server, base=PEOPLE)).values["digest"]
    by_name = {"base": PEOPLE, "attributes": ["uid", "cn", "sn", "departmentNumber", "objectClass", "ou"]}
    without = ask(question(server, **by_name)).values["digest"]
    same = ask(question(server, **{**by_name, "attributes": [*reversed(by_name["attributes"]), "userPassword"]}))
    assert with_all != without
    assert same.values["digest"] == with_all


def test_every_change_changes_the_digest_and_what_is_excluded_does_not(server: LdapServer) -> None:
    asked = question(server, base=SUFFIX, exclude=MARKERS)
    before = ask(asked).values
    with server.owner() as owner:
        assert owner.add(f"cn=m,{MARKERS}", "device")  # type: ignore[no-untyped-call]
        assert ask(asked).values == before
        assert owner.modify(PERSON, {"departmentNumber": [("MODIFY_REPLACE", ["9"])]})  # type: ignore[no-untyped-call]
        assert ask(asked).values["digest"] != before["digest"]
        assert owner.modify(PERSON, {"departmentNumber": [("MODIFY_REPLACE", ["1"])]})  # type: ignore[no-untyped-call]
        assert ask(asked).values == before


def test_a_reference_that_leads_nowhere_is_counted(server: LdapServer) -> None:
    asked = question(server, base=SUFFIX, references=["member", "seeAlso"])
    with server.owner() as owner:
        members = [PERSON.replace("uid=", "UID=").replace(",", ", "), f"uid=gone,{PEOPLE}"]
        assert owner.add(f"cn=g,{SUFFIX}", "groupOfNames", {"member": members})  # type: ignore[no-untyped-call]
        found = {name: value for name, value in ask(asked).values.items() if "." in name}
        assert owner.delete(f"cn=g,{SUFFIX}")  # type: ignore[no-untyped-call]
    assert found == {"member.references": 2, "member.dangling": 1, "seeAlso.references": 0, "seeAlso.dangling": 0}


def test_more_entries_than_a_page_are_all_found() -> None:
    with ldap_server(people=1203) as crowd:
        assert ask(question(crowd, base=PEOPLE, counts={"two": "(departmentNumber=1)"})).values["entries"] == 1204
        one = {"url": crowd.url, "bind_dn": PERSON, "password": "1", "base": PEOPLE}
        assert ask(one) == Answer(answered=False, values={}, fault="more entries than the server gives")


@pytest.mark.parametrize(
    "question",
    [
        {"url": "http://h/"},
        {"url": "ldap://h", "bind_dn": "cn=x"},
        {"url": "ldap://h", "base": "", "filter": "(uid=x"},
        {"url": "ldap://h", "base": "", "counts": {"x": "uid"}},
        {"url": "ldap://h", "scope": "all"},
        {"url": "ldap://h", "password": "a", "password-file": "b"},
    ],
)
def test_a_question_without_meaning_is_refused(question: dict[str, object]) -> None:
    with pytest.raises(ProbeError):
        ask(question)


def test_a_login_without_a_password_is_none(server: LdapServer, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("\n")
    file.chmod(0o600)
    with pytest.raises(ProbeError, match="first line is empty"):
        ask({"url": server.url, "bind_dn": PERSON, "password_file": str(file)})
    file.write_text("1\n")
    assert ask({"url": server.url, "bind_dn": PERSON, "password_file": str(file)}).values == {"bound": True}


def test_nobody_listens() -> None:
    assert ask({"url": f"ldap://127.0.0.1:{CLOSED_PORT}"}).fault == "connection refused"


def test_a_server_that_hangs_is_given_up_in_time(server: LdapServer) -> None:
    server.server.signal(signal.SIGSTOP)
    try:
        assert ask(question(server, base=SUFFIX), timeout_us=SHORT_TIMEOUT_US).fault == "timeout"
        stop = StopRequest()
        threading.Timer(0.1, stop.request, args=("test",)).start()
        assert ask(server.source(), timeout_us=FOREVER_SECONDS * 1_000_000, stop=stop).fault == "stopped"
        stop.close()
    finally:
        server.server.signal(signal.SIGCONT)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_what_speaks_another_protocol_is_no_directory(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            talking, _ = listener.accept()
            with talking:
                talking.recv(100)
                talking.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        found = ask({"url": f"ldap://127.0.0.1:{port}"})
        thread.join()
    assert (found.answered, found.fault) == (False, "connection lost")


@pytest.mark.parametrize(("days", "fault"), [(1, ""), (-1, "certificate refused")])
def test_a_certificate_is_judged_by_who_is_named_and_by_its_time(tmp_path: Path, days: int, fault: str) -> None:
    own, stranger = make_certificate(tmp_path, "own", days=days), make_certificate(tmp_path, "stranger")
    with ldap_server(certificate=own) as server:
        asked = question(server, start_tls=True, base=PEOPLE)
        answer = ask({**asked, "ca-file": str(own)})
        assert (answer.fault, answer.values.get("entries")) == (fault, None if fault else 4)
        assert ask({**asked, "ca-file": str(stranger)}).fault == "certificate refused"


def test_tls_that_the_server_has_not_is_no_answer(server: LdapServer) -> None:
    assert ask(question(server, start_tls=True)).answered is False
    assert PASSWORD not in ask(question(server, start_tls=True)).fault


def test_a_server_that_drips_bytes_is_given_up_in_time() -> None:
    """A time-out of each byte would wait without end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, over = listener.getsockname()[1], threading.Event()

        def drip() -> None:
            talking, _ = listener.accept()
            with talking, suppress(OSError):
                talking.sendall(b"0\x84\x00\xff\xff\xff")
                while not over.wait(0.02):
                    talking.sendall(b"0")

        thread = threading.Thread(target=drip)
        thread.start()
        found = ask({"url": f"ldap://127.0.0.1:{port}"}, timeout_us=SHORT_TIMEOUT_US)
        over.set()
        thread.join()
    assert found.fault == "timeout"
