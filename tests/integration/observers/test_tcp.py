"""A watch of an address: a connection that is accepted is an answer, a refusal and silence are none."""

import socket

from orchestrator.adapters.system import monotonic_us
from orchestrator.adapters.watches.tcp import build
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000
SHORT_TIMEOUT_US = 400_000


def ask(source: dict[str, str | int], *, timeout_us: int = TIMEOUT_US) -> str:
    return build(source, timeout_us=timeout_us).ask(deadline_us=monotonic_us() + timeout_us)


def test_who_listens_answers_and_who_does_not_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert ask({"host": "127.0.0.1", "port": port}) == ""
        assert ask({"url": f"redis://127.0.0.1:{CLOSED_PORT} redis://127.0.0.1:{port}"}) == ""
    assert ask({"host": "127.0.0.1", "port": CLOSED_PORT}) == "connection refused"


def test_silence_costs_the_time_out_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # Whoever waits to be accepted keeps the next one from being answered at all.
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        try:
            assert ask({"host": "127.0.0.1", "port": address[1]}, timeout_us=SHORT_TIMEOUT_US) == "timeout"
        finally:
            for one in waiting:
                one.close()
