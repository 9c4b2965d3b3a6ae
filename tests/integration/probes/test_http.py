"""A web service as a probe and a watch see it: real servers, refusals, silence, drips, wrong certificates."""

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestrator.adapters.probes.http import HttpProbe
from orchestrator.adapters.system import NeverStop, monotonic_us
from orchestrator.adapters.watches.http import build
from orchestrator.core.events import Event, Values
from orchestrator.core.ports import Answer
from orchestrator.core.samples import parse_samples
from orchestrator.core.watching import WatchDefinition
from orchestrator.errors import ProbeError
from tests.integration.probes.certificates import make_certificate
from tests.observing import observers
from tests.patience import wait_until
from tests.scratch import CLOSED_PORT

TIMEOUT_US = 60_000_000
BODY = json.dumps({"state": "ok", "nodes": [{"name": "a", "rows": 7}], "load": 0.5, "long": "x" * 200}).encode()


class Service(BaseHTTPRequestHandler):
    """One page, and one that says that it is ill."""

    def do_GET(self) -> None:
        ill = self.path == "/ill"
        self.send_response(503 if ill else 200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(*, context: ssl.SSLContext | None = None, pages: type[BaseHTTPRequestHandler] = Service) -> Iterator[str]:
    """The address of a service that is there until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving() as url:
        yield url


def ask(question: Mapping[str, object], *, timeout_us: int = TIMEOUT_US) -> Answer:
    return HttpProbe().ask(question, timeout_us=timeout_us, stop=NeverStop())


def fault(source: Mapping[str, object], *, timeout_us: int = TIMEOUT_US) -> str:
    asker = build(source, timeout_us=timeout_us)  # type: ignore[arg-type]
    return asker.ask(deadline_us=monotonic_us() + timeout_us)


@contextmanager
def speaking(speak: Callable[[socket.socket, threading.Event], object]) -> Iterator[str]:
    """The address of a server that speaks as it is told to the first who comes; it is over when the block ends."""
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                speak(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


def test_status_size_digest_and_named_values(service: str) -> None:
    values = {"state": "state", "rows": "nodes.0.rows"}
    answer = ask({"url": f"{service}/", "values": values})
    digest = hashlib.sha256(BODY).hexdigest()
    found: Values = {"status": 200, "bytes": len(BODY), "body_sha256": digest, "state": "ok", "rows": 7}
    assert answer == Answer(answered=True, values=found)


def test_a_service_that_is_ill_has_answered(service: str) -> None:
    assert ask({"url": f"{service}/ill"}).values["status"] == 503
    assert fault({"url": f"{service}/ill"}) == "status 503"
    assert fault({"url": f"{service}/ill", "status": 503}) == ""


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nobody", "value: it is not there"),
        ("nodes.1.rows", "value: it is not there"),
        ("load", "value: neither number, boolean nor text, cast it"),
        ("long", "value: a text over 128 characters"),
        ("nodes", "value: neither number, boolean nor text, cast it"),
    ],
)
def test_a_value_that_could_be_anything_is_a_fault(service: str, path: str, words: str) -> None:
    assert ask({"url": service, "values": {"value": path}}) == Answer(answered=False, values={}, fault=words)


def test_a_body_that_says_something_else_is_no_answer_to_a_watch(service: str) -> None:
    assert fault({"url": service, "contains": '"state": "ok"'}) == ""
    assert fault({"url": service, "contains": "yesterday"}) == "another body"


def test_a_service_is_watched_where_it_was_and_where_it_comes_back(service: str) -> None:
    gone = f"http://127.0.0.1:{CLOSED_PORT}"
    assert fault({"url": f"{gone}/ {service}/"}) == ""
    assert fault({"url": f"{service}/ {gone}/"}) == ""
    assert fault({"url": f"{gone}/ {service}/ill"}) == "status 503"
    assert fault({"url": f"{gone}/ {gone}/"}) == "connection refused"


def test_nobody_listens() -> None:
    assert ask({"url": f"http://127.0.0.1:{CLOSED_PORT}/"}).fault == "connection refused"


def test_silence_and_drips_end_in_time() -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not over.wait(0.01):
                connection.sendall(b"x")
        except OSError:
            pass

    for speak in (lambda _, over: over.wait(), drip):
        with speaking(speak) as url:
            assert ask({"url": url}, timeout_us=300_000).fault == "timeout"


def test_a_connection_that_breaks_and_words_that_are_not_http() -> None:
    with speaking(lambda connection, _: None) as url:
        assert ask({"url": url}).fault == "connection lost"
    with speaking(lambda connection, _: connection.sendall(b"SSH-2.0-x\r\n")) as url:
        assert ask({"url": url}).fault == "not HTTP"
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    with speaking(lambda connection, _: connection.sendall(cut)) as url:
        assert ask({"url": url}).fault == "connection lost"


def test_a_certificate_is_judged_by_who_is_named(tmp_path: Path) -> None:
    own, other = (make_certificate(tmp_path, name) for name in ("own", "other"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    with serving(context=context) as url:
        assert ask({"url": url, "ca-file": str(own)}).values["status"] == 200
        assert ask({"url": url, "ca-file": str(other)}).fault == "certificate refused"
        assert ask({"url": url.replace("https", "http")}).fault == "connection lost"


def test_a_certificate_says_how_long_and_who_issued_it(tmp_path: Path) -> None:
    own = make_certificate(tmp_path, "own", days=40)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    with serving(context=context) as url:
        asked = {"url": url, "ca-file": str(own)}
        values = ask({**asked, "certificate": True, "issuer": "own"}).values
        assert values["certificate.days_left"] == 39
        assert values["certificate.issuer_matches"] is True
        assert ask({**asked, "issuer": "other"}).values["certificate.issuer_matches"] is False
        assert not [name for name in ask(asked).values if name.startswith("certificate")]
    with serving() as clear:
        assert ask({"url": clear, "certificate": True}).fault == "no TLS"


@pytest.mark.parametrize("url", ["ftp://host/", "host", "http://", "http://user:secret@host/", "http://host:port/"])
def test_what_is_no_address_of_a_web_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ProbeError) as caught:
        ask({"url": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", " ", "http://host/ ftp://host/", "http://host/ http://user:secret@host/"])
def test_each_of_several_addresses_must_be_one(url: str) -> None:
    with pytest.raises(ProbeError) as caught:
        fault({"url": url})
    assert "secret" not in str(caught.value)


def test_a_watch_sees_the_service_go(tmp_path: Path) -> None:
    events, file = list[Event](), tmp_path / "portal.csv"
    with serving() as url:
        written = {"id": "portal", "probe": "http", "every": 20_000, "timeout": TIMEOUT_US, "with": {"url": url}}
        watch = observers().watch(WatchDefinition.model_validate(written), file=file, record=events.append)
        wait_until(lambda: len(parse_samples(file.read_text())) > 3)
    wait_until(lambda: [one for one in parse_samples(file.read_text()) if not one.answered])
    series = watch.finish()
    samples = parse_samples(file.read_text())
    assert series.count == len(samples)
    assert {one.fault for one in samples if not one.answered} <= {"connection refused", "connection lost"}
    assert [getattr(event, "answers", None) for event in events] == [True, False]


class LettingIn(BaseHTTPRequestHandler):
    """One page, for whoever comes as `agent` with the right password."""

    def do_GET(self) -> None:
        told = self.headers.get("Authorization")
        # base64 of "agent:s3cret é:", in UTF-8.
        self.send_response(200 if told == "Basic YWdlbnQ6czNjcmV0IMOpOg==" else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def door() -> Iterator[str]:
    """Host and port of a service that lets one person in."""
    with serving(pages=LettingIn) as url:
        yield url.removeprefix("http://")


def _password(directory: Path, text: str) -> str:
    file = directory / "password"
    file.write_text(text + "\n", encoding="utf-8")
    file.chmod(0o600)
    return str(file)


@pytest.mark.parametrize(("text", "status"), [("s3cret é:", 200), ("another", 401)])
def test_a_person_logs_in_or_is_refused(door: str, tmp_path: Path, text: str, status: int) -> None:
    question = {"url": f"http://agent@{door}/", "password-file": _password(tmp_path, text)}

    assert ask(question).values["status"] == status
    assert fault(question) == ("" if status == 200 else "status 401")


def test_nobody_is_named_to_who_asks_for_nobody(door: str) -> None:
    assert ask({"url": f"http://{door}/"}).values["status"] == 401


@pytest.mark.parametrize("url", ["http://agent@127.0.0.1:1/", "http://agent:word@127.0.0.1:1/"])
def test_a_user_without_a_password_file_is_refused(url: str) -> None:
    with pytest.raises(ProbeError, match="a user and password-file come together") as refused:
        ask({"url": url})
    assert "word@" not in str(refused.value)


def test_a_password_without_a_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="a user and password-file come together"):
        ask({"url": "http://127.0.0.1:1/", "password-file": _password(tmp_path, "word")})


def test_a_watch_asks_where_a_service_was_and_where_it_comes_back(service: str) -> None:
    nobody = f"http://127.0.0.1:{CLOSED_PORT}"

    assert not fault({"url": f"{nobody} {service}"})
    assert fault({"url": f"{nobody} {service}/ill"}) == "status 503"
    assert fault({"url": f"{nobody} {nobody}"}) == "connection refused"


def test_a_watch_of_nothing_is_refused() -> None:
    with pytest.raises(ProbeError, match="url"):
        fault({"url": " "})
