"""`reprise hosts`, on bare hosts: what is missing is named, a key is believed once compared, a marker is a person's."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app.starting import Start, parse_host, start_project
from tests.own_hosts import OwnHost, own_hosts
from tests.workshop import Workshop

CLOSED = "127.0.0.1:1"
"""Nobody listens there: production that does not answer."""


@pytest.fixture(scope="module")
def bare() -> Iterator[tuple[OwnHost, ...]]:
    with own_hosts((("spare", "127.0.0.71"), ("app", "127.0.0.72"))) as hosts:
        yield hosts


@pytest.fixture
def workshop(bare: tuple[OwnHost, ...], tmp_path: Path) -> Workshop:
    project = tmp_path / "project"
    start = Start(
        name="tried",
        organisation="Essai",
        hosts=tuple(parse_host(host.place) for host in bare),
        production=(CLOSED,),
        never=("production",),
        ssh_key=str(bare[0].key),
        marker=str(bare[0].home.parent / "{host}" / tmp_path.name),
    )
    start_project(project, start)
    inventory = project / "inventory" / "hosts.yml"
    inventory.write_text(inventory.read_text().replace("REPLACE: ", "/"))
    return Workshop(project=project)


def _state(workshop: Workshop, name: str) -> dict[str, str]:
    done = workshop.reprise("hosts", "--json")
    [state] = [one for one in json.loads(done.out) if one["host"] == name]
    return {answer["check"]: answer["detail"] for answer in state["answers"] if not answer["ok"]}


def _write_marker(workshop: Workshop, host: OwnHost) -> "subprocess.CompletedProcess[str]":
    script = workshop.reprise("hosts", "marker", host.name)
    assert script.code == 0, script.err
    return _on(host, "sh", script=script.out)


def _on(host: OwnHost, command: str, *, script: str) -> "subprocess.CompletedProcess[str]":
    options = [
        "-F",
        "none",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
    ]
    line = ["ssh", *options, "-i", str(host.key), "-p", str(host.port), f"{host.user}@{host.address}", command]
    return subprocess.run(line, input=script, capture_output=True, text=True, check=False, timeout=60)


def test_a_bare_host_lacks_its_key_and_is_told_how_to_get_it(workshop: Workshop) -> None:
    done = workshop.reprise("hosts")
    assert done.code == 4
    assert "host-key-known: no key is known for it. `reprise hosts trust spare`" in done.out
    assert done.out.splitlines()[-1] == "0 of 2 staging hosts ready"


def test_a_key_is_believed_with_the_fingerprint_that_the_host_itself_shows(
    workshop: Workshop, bare: tuple[OwnHost, ...]
) -> None:
    spare, _ = bare
    done = workshop.reprise("hosts", "trust", "spare", "--fingerprint", spare.fingerprint)
    assert done.code == 0, done.err
    assert set(_state(workshop, "spare")) == {"marker-matches"}
    # The other host is another question.
    assert "host-key-known" in _state(workshop, "app")
    again = workshop.reprise("hosts", "trust", "spare")
    assert (again.code, "is known already" in again.out) == (0, True)


def test_nothing_is_believed_that_was_not_compared(workshop: Workshop, bare: tuple[OwnHost, ...]) -> None:
    known = workshop.project / "trust" / "known_hosts"
    unasked = workshop.reprise("hosts", "trust", "spare")
    other = workshop.reprise("hosts", "trust", "spare", "--fingerprint", bare[1].fingerprint)
    assert (unasked.code, other.code) == (2, 4)
    assert "--fingerprint" in unasked.err
    assert known.read_bytes() == b""


def test_at_a_terminal_somebody_is_asked_and_a_no_leaves_nothing(workshop: Workshop, bare: tuple[OwnHost, ...]) -> None:
    known = workshop.project / "trust" / "known_hosts"
    for answer, written in ((b"n\n", False), (b"y\n", True)):
        shown = _at_terminal(workshop, answer, "hosts", "trust", "spare")
        assert bare[0].fingerprint in shown
        assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in shown
        assert (known.read_bytes() != b"") is written


def test_a_key_that_changed_is_refused_and_not_replaced(workshop: Workshop, bare: tuple[OwnHost, ...]) -> None:
    spare, app = bare
    known = workshop.project / "trust" / "known_hosts"
    kind, key = (app.home / "etc" / "ssh_host_ed25519_key.pub").read_text().split()[:2]
    known.write_text(f"[{spare.address}]:{spare.port} {kind} {key}\n")
    before = known.read_bytes()
    done = workshop.reprise("hosts", "trust", "spare", "--fingerprint", spare.fingerprint)
    assert done.code == 4
    assert "somebody else answers in its place" in done.err
    assert known.read_bytes() == before


def test_a_host_is_ready_once_a_person_has_written_its_marker(workshop: Workshop, bare: tuple[OwnHost, ...]) -> None:
    spare, _ = bare
    workshop.reprise("hosts", "trust", "spare", "--fingerprint", spare.fingerprint)
    assert _write_marker(workshop, spare).returncode == 0
    assert _state(workshop, "spare") == {}
    # Given again it says the same again.
    assert _write_marker(workshop, spare).returncode == 0


def test_a_marker_that_says_something_else_is_not_replaced(
    workshop: Workshop, bare: tuple[OwnHost, ...], tmp_path: Path
) -> None:
    theirs = bare[0].home / tmp_path.name
    theirs.write_text('{"project": "another"}')
    done = _write_marker(workshop, bare[0])
    assert (done.returncode, "says something else already" in done.stderr) == (1, True)
    assert theirs.read_text() == '{"project": "another"}'


def test_a_host_that_nobody_declared_gets_neither_key_nor_marker(workshop: Workshop) -> None:
    file = workshop.project / "reprise.yml"
    file.write_text(file.read_text().replace("never:\n", "never:\n  - spare\n"))
    for command in ("trust", "marker"):
        done = workshop.reprise("hosts", command, "spare")
        assert (done.code, done.out) == (4, "")
        assert "on the never-list: spare" in done.err
        unknown = workshop.reprise("hosts", command, "spaer")
        assert (unknown.code, "there are: app, spare" in unknown.err) == (2, True)


def _at_terminal(workshop: Workshop, answer: bytes, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        workshop.command(*arguments),
        cwd=workshop.project,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        os.close(theirs)
        os.write(ours, answer)
        assert process.stdout is not None
        shown = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode in (0, 3), (shown, sys.version)
    return shown
