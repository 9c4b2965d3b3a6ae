"""kill -9 of the orchestrator, and Ctrl-C, in a real drill: the target is cleaned, the run sealed as aborted."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from orchestrator.lab import Layout
from orchestrator.lab.processes import lab_processes
from tests.patience import PATIENCE_SECONDS
from tests.workshop import DRILL, Workshop


def started(workshop: Workshop, *, until: Callable[[str], bool]) -> "subprocess.Popen[bytes]":
    """Start the drill and come back as soon as its journal holds a line that is waited for."""
    process = workshop.start("run", DRILL, "--yes")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        journals = list(workshop.project.glob("runs/*/journal.jsonl"))
        if journals and any(until(line) for line in journals[0].read_text().splitlines()):
            return process
        time.sleep(0.01)
    process.kill()
    process.wait()
    raise AssertionError("the drill never came that far:\n" + workshop.log.read_text())


def begins(step: str) -> Callable[[str], bool]:
    return lambda line: '"step_started"' in line and f'"step":"{step}"' in line and '"self_test":false' in line


def clean(lab: Layout) -> bool:
    """Nothing restored is left, nothing of a playbook runs, and the source serves."""
    processes = lab_processes(lab)
    restored = [p for p in processes if p.host == "restore" and p.name in ("postgres", "pgbackrest")]
    serving = [p for p in processes if p.host == "source" and p.name == "postgres"]
    return not restored and bool(serving) and not (lab.host("restore").directory / "data" / lab.database).exists()


@pytest.mark.parametrize("step", ["manifest", "lose", "restore", "content", "nominal"])
def test_killed_in_mid_drill_it_is_recovered(workshop: Workshop, lab: Layout, step: str) -> None:
    process = started(workshop, until=begins(step))
    process.send_signal(signal.SIGKILL)
    process.wait()
    acknowledged = (workshop.latest / "journal.jsonl").read_bytes()
    assert not (workshop.latest / "report.pdf").exists()
    assert workshop.entered == ["drill_started"]
    assert f"open: {workshop.latest.name}" in workshop.reprise("register", "show").out
    assert workshop.reprise("seal", workshop.latest.name).code == 2

    recovered = workshop.reprise("recover")

    assert recovered.code == 0, recovered.out + recovered.err
    assert clean(lab)
    assert workshop.judgement["verdict"] == "aborted"
    assert workshop.entered == ["drill_started", "drill_ended", "run_sealed"]
    whole = acknowledged[: acknowledged.rfind(b"\n") + 1]
    assert (workshop.latest / "journal.jsonl").read_bytes().startswith(whole)
    assert workshop.reprise("verify", workshop.latest / "report.pdf").code == 0
    assert workshop.reprise("recover").out.strip() == "no run was interrupted"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_cleans_up_and_says_so(workshop: Workshop, lab: Layout, number: signal.Signals) -> None:
    process = started(workshop, until=begins("restore"))
    process.send_signal(number)

    assert process.wait(timeout=PATIENCE_SECONDS) == 3
    assert clean(lab)
    assert workshop.judgement["verdict"] == "aborted"
    assert ("stop-requested", number.name) in workshop.findings
    assert workshop.reprise("verify", workshop.latest / "report.pdf").code == 0
