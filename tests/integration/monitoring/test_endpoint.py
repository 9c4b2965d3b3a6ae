"""Prometheus asks, over HTTP: what it gets, and what it gets where nothing can be said."""

import http.client
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from orchestrator.adapters.scrape.endpoint import OPENMETRICS, TEXT, ScrapeEndpoint, parse_endpoint
from orchestrator.app.metrics import Gauge, serve_metrics, write_textfile
from orchestrator.app.workplace import open_workplace
from orchestrator.errors import EvidenceError, StoreError, UsageError
from orchestrator.locks import locked
from orchestrator.testing import FakeClock
from reports.register.entries import DrillEnded
from tests.integration.register.conftest import ended, started
from tests.integration.register.test_command import Site, site
from tests.patience import PATIENCE_SECONDS

__all__ = ["site"]
ASKS_OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4"


def ask(port: int, *, accept: str = "text/plain", path: str = "/metrics") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def test_a_project_is_scraped_and_what_changes_is_there_the_next_time(site: Site) -> None:
    workplace = open_workplace(site.root, clock=FakeClock())
    with serve_metrics(workplace, ("127.0.0.1", 0)) as endpoint:
        site.enter(started("run-0"))
        status, kind, text = ask(endpoint.port, accept=ASKS_OPENMETRICS)
        assert (status, kind) == (200, OPENMETRICS)
        assert text.endswith("# EOF\n")
        assert len(list(text_string_to_metric_families(text))) > 10  # type: ignore[no-untyped-call]
        assert 'reprise_runs_interrupted{project="Démo + essais"} 1.0' in text
        site.enter(ended("run-0"))
        status, kind, text = ask(endpoint.port)
        assert (status, kind) == (200, TEXT)
        assert 'reprise_runs_interrupted{project="Démo + essais"} 0.0' in text
        assert 'verdict="passed"} 1.0' in text
        assert ask(endpoint.port, path="/")[0] == 404


def test_where_nothing_can_be_said_it_says_so_and_lives_on(site: Site) -> None:
    def broken() -> bytes:
        raise EvidenceError("the register is not what was signed")

    with ScrapeEndpoint(("127.0.0.1", 0), answers={TEXT: broken, OPENMETRICS: broken}) as endpoint:
        for _ in range(2):
            assert ask(endpoint.port) == (503, "text/plain", "the register is not what was signed\n")


def test_a_register_that_was_altered_gives_no_metrics(site: Site) -> None:
    site.enter(started("run-0"))
    log = site.root / "register" / "register.jsonl"
    log.write_bytes(log.read_bytes().replace(b"m.durand", b"m.dupont"))
    with serve_metrics(open_workplace(site.root, clock=FakeClock()), ("127.0.0.1", 0)) as endpoint:
        assert ask(endpoint.port)[0] == 503


def test_a_run_whose_target_is_held_is_running(site: Site) -> None:
    site.enter(started("run-0"))
    gauge = Gauge(open_workplace(site.root, clock=FakeClock()))
    assert (gauge.read().running, gauge.read().interrupted) == (0, 1)
    with locked(["replica-1"], directory=site.project.locks, holder="a test"):
        assert (gauge.read().running, gauge.read().interrupted) == (1, 0)


def test_the_file_for_node_exporter_is_there_whole(site: Site) -> None:
    event: DrillEnded = ended("run-0")
    site.enter(started("run-0"), event)
    gauge = Gauge(open_workplace(site.root, clock=FakeClock()))
    file = site.root / "reprise.prom"
    write_textfile(gauge, file)
    assert file.read_bytes() == gauge.text()
    assert "# EOF" not in file.read_text(encoding="utf-8")
    assert [path.name for path in site.root.glob("*reprise.prom*")] == ["reprise.prom"]
    assert file.stat().st_mode & 0o444 == 0o444
    with pytest.raises(UsageError, match=r"files that end in \.prom"):
        write_textfile(gauge, site.root / "reprise.txt")
    with pytest.raises(StoreError, match="cannot be written"):
        write_textfile(gauge, site.root / "nowhere" / "reprise.prom")


def test_a_place_that_is_taken_is_said(site: Site) -> None:
    workplace = open_workplace(site.root, clock=FakeClock())
    with serve_metrics(workplace, ("127.0.0.1", 0)) as endpoint, pytest.raises(UsageError, match=r"127\.0\.0\.1:"):
        serve_metrics(workplace, ("127.0.0.1", endpoint.port))


def test_the_command_answers_until_it_is_told_to_stop(site: Site) -> None:
    command = [str(Path(sys.executable).with_name("reprise")), "metrics", "-C", str(site.root), "--listen", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            address = running.stdout.readline().strip()
            assert address.endswith("/metrics")
            assert ask(int(address.split(":")[2].partition("/")[0]))[0] == 200
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=PATIENCE_SECONDS) == 0
        finally:
            running.kill()


@pytest.mark.parametrize(
    ("written", "place"),
    [("9464", ("127.0.0.1", 9464)), (":9464", ("127.0.0.1", 9464)), ("192.0.2.1:80", ("192.0.2.1", 80))],
)
def test_a_port_alone_is_one_of_this_machine_only(written: str, place: tuple[str, int]) -> None:
    assert parse_endpoint(written) == place


@pytest.mark.parametrize("written", ["", "host", "host:", "h:99999", "h:-1", "h:٣"])
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="no place for metrics"):
        parse_endpoint(written)
