"""A real Redis as the probe sees it: answers, refusals in fixed words, silence, and no way to write."""

import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator.adapters.probes.redis import RedisProbe
from orchestrator.adapters.system import NeverStop, StopRequest
from orchestrator.core.ports import Answer, Stop
from orchestrator.errors import ProbeError
from tests.integration.probes.redis_server import RedisServer, redis_server
from tests.patience import FOREVER_SECONDS
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as server:
        for command in (
            ("HSET", "identity", "uuid", "3f1c", "rows", "42", "code", "007"),
            ("SET", "ward", "Cardiologie"),
            ("RPUSH", "queue", "a", "b"),
            ("ZADD", "scores", 1, "a"),
            ("SET", "letter", "x" * 129),
            ("SET", "bytes", b"\xff\xfe"),
            ("SET", "brief", "x", "PXAT", 4_102_444_800_000),
        ):
            server.execute(*command)
        yield server


def ask(question: Mapping[str, object], *, timeout_us: int = TIMEOUT_US, stop: Stop | None = None) -> Answer:
    return RedisProbe().ask(question, timeout_us=timeout_us, stop=stop or NeverStop())


def values(server: RedisServer, user: str = "reader", **commands: list[str]) -> Answer:
    return ask({"url": server.url(user=user), "values": commands})


def test_each_command_becomes_a_value_by_its_name(server: RedisServer) -> None:
    answer = values(
        server,
        uuid=["HGET", "identity", "uuid"],
        rows=["hget", "identity", "rows"],
        code=["HGET", "identity", "code"],
        ward=["GET", "ward"],
        keys=["DBSIZE"],
        queue=["LLEN", "queue"],
        scores=["ZCARD", "scores"],
        there=["EXISTS", "ward"],
        gone=["EXISTS", "nobody"],
        kind=["TYPE", "queue"],
        expires=["EXPIRETIME", "brief"],
        role=["ROLE"],
        aof=["INFO", "aof_enabled"],
        users=["ACL", "USERS"],
        who=["ACL", "WHOAMI"],
    )
    assert answer.fault == ""
    assert answer.values == {
        "uuid": "3f1c",
        "rows": 42,
        "code": "007",
        "ward": "Cardiologie",
        "keys": 7,
        "queue": 2,
        "scores": 1,
        "there": True,
        "gone": False,
        "kind": "list",
        "expires": 4_102_444_800,
        "role": "master",
        "aof": 1,
        "users": 3,
        "who": "reader",
    }


def test_accounts_are_one_digest_that_changes_with_any_of_them(server: RedisServer) -> None:
    before = values(server, accounts=["ACL", "LIST"]).values["accounts"]
    server.execute("ACL", "SETUSER", "reader", "+time")
    after = values(server, accounts=["ACL", "LIST"]).values["accounts"]
    assert len(str(before)) == len(str(after)) == 64
    assert before != after


@pytest.mark.parametrize(
    "command",
    [
        ["SET", "ward", "x"],
        ["GETDEL", "ward"],
        ["EVAL", "return 1", "0"],
        ["CONFIG", "GET", "requirepass"],
        ["HGETALL", "identity"],
        ["GET"],
        ["GET", "a", "b"],
        [],
    ],
)
def test_what_does_not_only_read_one_value_is_not_sent(server: RedisServer, command: list[str]) -> None:
    with pytest.raises(ProbeError):
        values(server, x=command)
    assert server.execute("GET", "ward") == b"Cardiologie"


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (["GET", "nobody"], "x: it is not there"),
        (["GET", "letter"], "x: a text over 128 characters"),
        (["GET", "bytes"], "x: it is not text"),
        (["GET", "queue"], "a key of another type"),
        (["INFO", "no_such_field"], "x: there is no such field"),
    ],
)
def test_what_is_no_evidence_is_a_fault_and_never_its_content(
    server: RedisServer, command: list[str], fault: str
) -> None:
    assert values(server, x=command) == Answer(answered=False, values={}, fault=fault)


def test_who_may_not_read_is_told_so(server: RedisServer) -> None:
    assert values(server, "canary", x=["GET", "ward"]).fault == "permission denied"
    refused = ask({"url": server.url(password="wrong"), "values": {"x": ["DBSIZE"]}})
    assert refused.fault == "authentication refused"
    anonymous = ask({"url": f"redis://127.0.0.1:{server.server.port}", "values": {"x": ["DBSIZE"]}})
    assert anonymous.fault == "authentication refused"
    assert ask({"url": server.url(database="99"), "values": {"x": ["DBSIZE"]}}).fault == "command refused"


def test_a_password_may_be_in_a_file(server: RedisServer, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret-word\n")
    file.chmod(0o600)
    url = f"redis://reader@127.0.0.1:{server.server.port}/0"
    assert ask({"url": url, "password-file": str(file), "values": {"x": ["DBSIZE"]}}).answered


@pytest.mark.parametrize("url", ["http://h/", "redis:///0", "redis://h/ward", "redis://h:x/0"])
def test_a_url_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ProbeError) as caught:
        ask({"url": url, "values": {"x": ["DBSIZE"]}})
    assert url not in str(caught.value)


def test_nobody_listens() -> None:
    answer = ask({"url": f"redis://127.0.0.1:{CLOSED_PORT}/0", "values": {"x": ["DBSIZE"]}})
    assert answer == Answer(answered=False, values={}, fault="connection refused")


def test_a_server_that_hangs_is_given_up_in_time(server: RedisServer) -> None:
    server.server.signal(signal.SIGSTOP)
    try:
        question = {"url": server.url(), "values": {"x": ["DBSIZE"]}}
        assert ask(question, timeout_us=SHORT_TIMEOUT_US).fault == "timeout"
        stop = StopRequest()
        threading.Timer(0.1, stop.request, args=("test",)).start()
        assert ask(question, timeout_us=FOREVER_SECONDS * 1_000_000, stop=stop).fault == "stopped"
        stop.close()
    finally:
        server.server.signal(signal.SIGCONT)


def test_what_speaks_another_protocol_is_no_redis() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            talking, _ = listener.accept()
            with talking:
                talking.recv(100)
                talking.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        found = ask({"url": f"redis://127.0.0.1:{port}/0", "values": {"x": ["DBSIZE"]}})
        thread.join()
    assert found == Answer(answered=False, values={}, fault="not this protocol")


def test_a_server_that_drips_bytes_is_given_up_in_time() -> None:
    """A time-out of each byte would wait without end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, over = listener.getsockname()[1], threading.Event()

        def drip() -> None:
            talking, _ = listener.accept()
            with talking, suppress(OSError):
                talking.sendall(b"$1000")
                while not over.wait(0.02):
                    talking.sendall(b"0")

        thread = threading.Thread(target=drip)
        thread.start()
        found = ask({"url": f"redis://127.0.0.1:{port}/0", "values": {"x": ["DBSIZE"]}}, timeout_us=SHORT_TIMEOUT_US)
        over.set()
        thread.join()
    assert found.fault == "timeout"
