import hashlib
from collections.abc import Iterator

import pytest

from orchestrator.adapters.probes.command import CommandProbe
from orchestrator.adapters.probes.files import FilesProbe
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import NeverStop
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer
from orchestrator.lab import Layout
from tests.patience import wait_until
from tests.staging import connected

TIMEOUT_US = 60_000_000


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


@pytest.fixture
def place(connections: SshConnections) -> Iterator[str]:
    """An empty directory on a host."""
    made = connections.run("restore", ["mktemp", "-d"], timeout_us=TIMEOUT_US).stdout.decode().strip()
    yield made
    connections.run("restore", ["rm", "-rf", "--", made], timeout_us=TIMEOUT_US)


def shell(connections: SshConnections, script: str, place: str) -> None:
    assert connections.run("restore", ["sh", "-c", script, "sh", place], timeout_us=TIMEOUT_US).exit_code == 0


def files(connections: SshConnections, path: str) -> Values:
    question = {"host": "restore_target", "path": path}
    answer = FilesProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert answer.answered, answer.fault
    return answer.values


def command(connections: SshConnections, *words: str, host: str = "restore") -> Answer:
    question = {"host": host, "command": list(words)}
    return CommandProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())


def test_what_lies_below_a_path_is_counted(connections: SshConnections, place: str) -> None:
    shell(connections, 'mkdir -p "$1/a/b"; printf 12345 > "$1/a/x"; printf 678 > "$1/a/b/y"; ln -s /etc "$1/l"', place)
    values = files(connections, place)
    # A link to a directory is followed by nobody and is no file of its own.
    assert (values["exists"], values["files"], values["bytes"]) == (True, 2, 8)
    assert files(connections, f"{place}/a/x") | {"open_deleted": 0} == {
        "exists": True,
        "files": 1,
        "bytes": 5,
        "open_deleted": 0,
        "unseen_processes": 0,
    }


def test_what_is_gone_is_gone(connections: SshConnections, place: str) -> None:
    values = files(connections, f"{place}/nothing")
    assert values == {"exists": False, "files": 0, "bytes": 0, "open_deleted": 0, "unseen_processes": 0}


HOLDERS = {
    "open": "held = open(path, 'w')",
    "mapped": (
        "import mmap\n"
        "with open(path, 'w+b') as file:\n"
        "    file.write(bytes(4096))\n"
        "    file.flush()\n"
        "    held = mmap.mmap(file.fileno(), 4096)"
    ),
}
# It ends with its channel: then its input does.
HOLD = "import os, sys\npath = sys.argv[1]\n{holder}\nos.unlink(path)\nprint('held', flush=True)\nsys.stdin.read()"


@pytest.mark.parametrize("holder", sorted(HOLDERS))
def test_a_deleted_file_that_a_process_still_holds_is_not_gone(
    connections: SshConnections, place: str, holder: str
) -> None:
    shell(connections, 'mkdir "$1/data"', place)
    program = HOLD.format(holder=HOLDERS[holder])
    words = ["/usr/bin/python3", "-c", program, f"{place}/data/file"]
    channel = connections.open("restore", words, timeout_us=TIMEOUT_US)
    assert channel.recv(5) == b"held\n"
    shell(connections, 'rmdir "$1/data"', place)
    gone: Values = {"exists": False, "files": 0, "bytes": 0, "open_deleted": 0, "unseen_processes": 0}
    assert files(connections, f"{place}/data") == gone | {"open_deleted": 1}
    # Another directory whose name only begins alike is another directory.
    assert files(connections, f"{place}/dat") == gone
    channel.close()
    wait_until(lambda: files(connections, f"{place}/data") == gone)


# It says so once its child is dead, buries it never, and ends with its channel.
ZOMBIE = (
    "import os,sys;p=os.fork() or os._exit(0);os.waitid(os.P_PID,p,os.WEXITED|os.WNOWAIT);"
    "print('dead!',flush=True);sys.stdin.read()"
)


def test_a_process_that_has_ended_holds_nothing(connections: SshConnections, place: str) -> None:
    channel = connections.open("restore", ["/usr/bin/python3", "-c", ZOMBIE], timeout_us=TIMEOUT_US)
    assert channel.recv(5) == b"dead!"
    assert files(connections, place)["unseen_processes"] == 0
    channel.close()


def test_a_directory_that_may_not_be_read_is_no_answer(connections: SshConnections, place: str) -> None:
    shell(connections, 'mkdir "$1/closed"; touch "$1/closed/x"; chmod 0 "$1/closed"', place)
    question = {"host": "restore", "path": place}
    answer = FilesProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    shell(connections, 'chmod 700 "$1/closed"', place)
    assert not answer.answered
    assert "could not look" in answer.fault


def test_a_path_of_the_inventory_can_be_named(connections: SshConnections) -> None:
    question = {"host": "source_host", "path": "{postgresql_data}"}
    answer = FilesProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert int(answer.values["files"]) > 100
    unknown = {"host": "source", "path": "{no_such_variable}"}
    answer = FilesProbe(connections=connections).ask(unknown, timeout_us=TIMEOUT_US, stop=NeverStop())
    assert (answer.answered, "no_such_variable" in answer.fault) == (False, True)


def test_a_command_says_how_it_ended_and_not_what_it_wrote(connections: SshConnections) -> None:
    answer = command(connections, "sh", "-c", "echo Martin; echo Dupont; echo oops >&2; exit 3")
    assert answer == Answer(answered=True, values={"exit_code": 3, "lines_out": 2, "lines_err": 1})


def test_a_command_that_wrote_the_same_has_the_same_digest(connections: SshConnections) -> None:
    question = {"host": "restore", "command": ["sh", "-c", "echo Martin; echo oops >&2"], "digest": True}
    answer = CommandProbe(connections=connections).ask(question, timeout_us=TIMEOUT_US, stop=NeverStop())
    written = hashlib.sha256(b"Martin\n").hexdigest()
    assert answer.values == {"exit_code": 0, "lines_out": 1, "lines_err": 1, "output_sha256": written}


def test_a_command_that_is_not_there_has_an_exit_code_too(connections: SshConnections) -> None:
    assert command(connections, "/nowhere/program").values["exit_code"] == 127


def test_a_host_that_cannot_be_asked_is_no_answer(connections: SshConnections) -> None:
    answer = command(connections, "true", host="elsewhere")
    assert (answer.answered, answer.values) == (False, {})
    assert "elsewhere" in answer.fault
