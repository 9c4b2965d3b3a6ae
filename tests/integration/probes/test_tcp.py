import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack, closing

from orchestrator.adapters.probes.tcp import TcpProbe
from orchestrator.adapters.system import NeverStop, StopRequest, monotonic_us
from orchestrator.core.ports import Answer, Stop
from tests.patience import FOREVER_SECONDS
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000


def ask(question: Mapping[str, object], *, timeout_us: int = TIMEOUT_US, stop: Stop | None = None) -> Answer:
    return TcpProbe().ask(question, timeout_us=timeout_us, stop=stop or NeverStop())


def test_somebody_listens_or_refuses() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        assert ask({"host": "127.0.0.1", "port": listening.getsockname()[1]}).values == {"open": True}
    assert ask({"host": "127.0.0.1", "port": CLOSED_PORT}) == Answer(answered=True, values={"open": False})


def test_of_several_servers_one_that_listens_is_enough_to_be_open() -> None:
    with closing(socket.create_server(("127.0.0.2", 0))) as listening:
        port = listening.getsockname()[1]
        question = {"dsn": f"host=127.0.0.1,127.0.0.2 port={CLOSED_PORT},{port} user=u"}
        assert ask(question).values == {"open": True}
    assert ask({"dsn": f"host=127.0.0.1,127.0.0.2 port={CLOSED_PORT} user=u"}).values == {"open": False}


def test_silence_is_no_proof_that_nothing_is_there() -> None:
    with ExitStack() as stack:
        full = stack.enter_context(closing(socket.socket()))
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # The kernel drops what does not fit in the queue of a server that accepts nobody. The first one fills it.
        stack.enter_context(closing(socket.create_connection(full.getsockname())))
        for _ in range(3):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        question: dict[str, object] = {"host": "127.0.0.1", "port": full.getsockname()[1]}
        begun_us = monotonic_us()
        assert ask(question, timeout_us=300_000) == Answer(answered=False, values={}, fault="timeout")
        assert monotonic_us() - begun_us >= 300_000
        stop = StopRequest()
        threading.Timer(0.1, stop.request, args=("test",)).start()
        assert ask(question, timeout_us=FOREVER_SECONDS * 1_000_000, stop=stop).fault == "stopped"
        stop.close()


def test_a_name_that_nobody_knows_is_no_answer() -> None:
    assert ask({"host": "nowhere.invalid", "port": 1}).fault == "name not resolved"
