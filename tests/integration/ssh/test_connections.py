import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from orchestrator.adapters.ssh import HostAddress, SshConnections
from orchestrator.adapters.ssh.known_hosts import listed_name
from orchestrator.adapters.system import StopRequest
from orchestrator.errors import SshError, UnknownHostKeyError
from orchestrator.lab import Layout
from tests.patience import FOREVER_SECONDS, wait_until
from tests.scratch import CLOSED_PORT
from tests.staging import workplace

TIMEOUT_US = 60_000_000


def alone(host: HostAddress, *, known_hosts: Path) -> SshConnections:
    return SshConnections(hosts={host.name: host}, known_hosts=known_hosts)


def test_arguments_arrive_as_they_are(connections: SshConnections) -> None:
    arguments = ["it's", 'a "b"', "$HOME", "`id`", "a\nb", "; exit 3", "*", "é", "", "--", "\\"]
    program = "import json,sys;json.dump(sys.argv[1:],sys.stdout)"
    result = connections.run("source", ["/usr/bin/python3", "-c", program, *arguments], timeout_us=TIMEOUT_US)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == arguments


def test_an_exit_code_is_a_value_and_both_outputs_are_told_apart(connections: SshConnections) -> None:
    result = connections.run("source", ["sh", "-c", "echo out; echo err >&2; exit 7"], timeout_us=TIMEOUT_US)
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"out\n", b"err\n")


def test_input_and_output_of_some_megabytes_arrive_whole(connections: SshConnections) -> None:
    content = bytes(range(256)) * 16_384
    result = connections.run("source", ["cat"], stdin=content, timeout_us=TIMEOUT_US)
    assert result.stdout == content


def test_a_command_that_reads_nothing_is_no_error(connections: SshConnections) -> None:
    assert connections.run("source", ["true"], stdin=b"x" * 4_000_000, timeout_us=TIMEOUT_US).exit_code == 0


def test_output_is_bounded_and_a_digest_is_not(connections: SshConnections) -> None:
    command = ["head", "-c", "20000000", "/dev/zero"]
    with pytest.raises(SshError, match="more than"):
        connections.run("source", command, timeout_us=TIMEOUT_US)
    assert connections.sha256("source", command, timeout_us=TIMEOUT_US) == (
        0,
        hashlib.sha256(bytes(20_000_000)).hexdigest(),
        20_000_000,
    )


def test_what_does_not_end_in_time_is_ended_there_too(connections: SshConnections) -> None:
    # No other session of tests has a process of this name on this machine.
    seconds = f"{FOREVER_SECONDS}.{os.getpid()}"

    def goes_on() -> bool:
        looks = ["pgrep", "-fx", f"sleep {seconds.replace('.', '[.]')}"]
        return connections.run("source", looks, timeout_us=TIMEOUT_US).exit_code == 0

    with pytest.raises(SshError, match=r"no end after 0\.3 s"):
        connections.run("source", ["sleep", seconds], timeout_us=300_000)
    wait_until(lambda: not goes_on(), otherwise="it goes on at the host")


def test_a_stop_ends_the_wait(connections: SshConnections) -> None:
    stop = StopRequest()
    threading.Timer(0.2, stop.request, args=("test",)).start()
    # Had it waited for the command, or for its time, there would be an exit code or another word for it.
    with pytest.raises(SshError, match="stopped"):
        connections.run("source", ["sleep", "30"], timeout_us=TIMEOUT_US, stop=stop)
    stop.close()


def test_several_threads_share_one_connection(connections: SshConnections) -> None:
    def ask(number: int) -> bytes:
        return connections.run("source", ["sh", "-c", f"echo {number} $SSH_CONNECTION"], timeout_us=TIMEOUT_US).stdout

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = [answer.split(maxsplit=1) for answer in pool.map(ask, range(12))]
    assert [int(number) for number, _ in answers] == list(range(12))
    assert len({connection for _, connection in answers}) == 1


END_OWN_SESSION = """
import os, signal
process = os.getpid()
while open(f"/proc/{process}/comm").read() != "sshd\\n":
    process = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
os.kill(process, signal.SIGKILL)
"""


def test_a_lost_connection_is_made_anew(connections: SshConnections) -> None:
    first = connections.run("source", ["sh", "-c", "echo $SSH_CONNECTION"], timeout_us=TIMEOUT_US).stdout
    with pytest.raises(SshError):
        connections.run("source", ["/usr/bin/python3", "-c", END_OWN_SESSION], timeout_us=TIMEOUT_US)
    again = connections.run("source", ["sh", "-c", "echo $SSH_CONNECTION"], timeout_us=TIMEOUT_US).stdout
    assert first.split()
    assert again.split()
    assert again != first


def test_closing_twice_is_harmless_and_a_later_use_connects_again(lab: Layout, source: HostAddress) -> None:
    connections = alone(source, known_hosts=workplace(lab.project).project.known_hosts)
    connections.close()
    assert connections.run("source", ["true"], timeout_us=TIMEOUT_US).exit_code == 0
    connections.close()
    connections.close()
    assert connections.run("source", ["true"], timeout_us=TIMEOUT_US).exit_code == 0
    connections.close()


def test_a_key_that_is_not_known_is_refused(source: HostAddress, tmp_path: Path) -> None:
    nothing = tmp_path / "known_hosts"
    nothing.touch()
    with pytest.raises(UnknownHostKeyError, match="is not in") as caught:
        alone(source, known_hosts=nothing).run("source", ["true"], timeout_us=TIMEOUT_US)
    assert str(nothing) in str(caught.value)
    assert source.name in str(caught.value)
    assert caught.value.hint


def test_a_key_that_has_changed_is_refused(source: HostAddress, tmp_path: Path) -> None:
    changed = tmp_path / "known_hosts"
    keys = paramiko.HostKeys()
    stranger = paramiko.ECDSAKey.generate()
    keys.add(listed_name(source.address, port=source.port), stranger.get_name(), stranger)
    keys.save(str(changed))
    with pytest.raises(UnknownHostKeyError):
        alone(source, known_hosts=changed).run("source", ["true"], timeout_us=TIMEOUT_US)


def test_the_keys_that_the_user_knows_are_not_asked(
    lab: Layout, source: HostAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ".ssh"
    home.mkdir()
    (home / "known_hosts").write_bytes(workplace(lab.project).project.known_hosts.read_bytes())
    nothing = tmp_path / "known_hosts"
    nothing.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UnknownHostKeyError):
        alone(source, known_hosts=nothing).run("source", ["true"], timeout_us=TIMEOUT_US)


def test_a_file_of_keys_that_is_not_there_is_named(source: HostAddress, tmp_path: Path) -> None:
    with pytest.raises(UnknownHostKeyError, match="nowhere"):
        alone(source, known_hosts=tmp_path / "nowhere").run("source", ["true"], timeout_us=TIMEOUT_US)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"port": CLOSED_PORT}, "refused"),
        ({"user": "nobody-of-this-name"}, "not let in"),
        ({"key_file": None}, "not let in|No authentication"),
        ({"key_file": Path("/nowhere/key")}, "No such file"),
    ],
)
def test_what_keeps_us_out_is_said_in_words(
    lab: Layout, source: HostAddress, changes: dict[str, Any], words: str
) -> None:
    other = replace(source, **changes)
    with pytest.raises(SshError, match=words) as caught:
        alone(other, known_hosts=workplace(lab.project).project.known_hosts).run(
            "source", ["true"], timeout_us=TIMEOUT_US
        )
    assert "source" in str(caught.value)
    assert caught.value.hint


def test_a_host_that_the_run_does_not_have_is_not_reached(connections: SshConnections) -> None:
    with pytest.raises(SshError, match="elsewhere") as caught:
        connections.run("elsewhere", ["true"], timeout_us=TIMEOUT_US)
    assert "source" in (caught.value.hint or "")
