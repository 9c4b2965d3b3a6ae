"""A run that is followed: the real engine on fakes, while those who are told take their time, or never answer."""

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app.following import Follower
from orchestrator.app.sealing import open_seal, read_run
from orchestrator.app.telling import open_teller
from orchestrator.app.workplace import open_workplace
from orchestrator.core.events import PersonDecision
from orchestrator.core.model import Verdict
from orchestrator.errors import EvidenceError
from orchestrator.logbook import EventName, open_log
from orchestrator.store import RunDirectory
from orchestrator.testing import FakeClock, MemoryJournal, Said, answer, tabletop_plan
from tests.integration.register.conftest import ended, started
from tests.integration.register.test_command import PROJECT, Site, site
from tests.integration.reports.example_run import RUN_ID, Story, write_run
from tests.integration.telling.conftest import HASTY, PATIENT, Home
from tests.integration.telling.test_teller import SECRET, hook
from tests.patience import wait_until
from tests.receivers import WebServer
from tests.stage import Stage, set_stage

__all__ = ["site"]


@pytest.fixture
def gate(web: WebServer) -> Iterator[threading.Event]:
    """As long as it is closed, the web server takes requests and answers none."""
    web.gate.clear()
    yield web.gate
    web.gate.set()


def people_stage(samples: Path, follower: Follower, *, nobody: bool = False) -> Stage:
    """People alone, who all answer, or of whom nobody ever does."""
    plan = tabletop_plan()
    said = {
        "announce": [Said(given=answer(plan, "announce", PersonDecision.DONE))],
        "decide": [Said(given=answer(plan, "decide", PersonDecision.GRANTED))],
        "confirm": [Said(given=answer(plan, "confirm", PersonDecision.DONE, values={"units": 3}))],
    }
    samples.mkdir()
    follower.planned(plan)
    return set_stage(
        samples,
        plan=plan,
        said={} if nobody else said,
        journal=lambda genesis, clock: MemoryJournal(genesis=genesis, clock=clock, told=follower.told),
    )


def test_a_drill_goes_on_while_nobody_has_taken_anything_yet(
    home: Home, web: WebServer, gate: threading.Event, tmp_path: Path
) -> None:
    home.notify(hook(web.port, more=", language: en"))
    follower = Follower(home.teller(environ=SECRET))
    stage = people_stage(tmp_path / "samples", follower)
    stage.execute()
    assert stage.result()[1].verdict is Verdict.PASSED  # and no message was answered until now
    assert home.lines == []
    gate.set()
    assert follower.settle() == ()
    told = [json.loads(body) for _, _, body in web.seen]
    assert [one["occasions"] for one in told] == [["started"], ["waiting"], ["waiting"], ["waiting"]]
    asked = told[2]["text"]
    assert "Asked: Is it so?\nWho may answer: director\nUntil: " in asked
    assert f"    reprise approve {stage.plan.run_id} decide --role director" in asked


def test_whoever_never_answers_changes_no_verdict(
    home: Home, web: WebServer, gate: threading.Event, tmp_path: Path
) -> None:
    home.notify(hook(web.port))
    follower = Follower(home.teller(environ=SECRET, limits=HASTY))
    stage = people_stage(tmp_path / "samples", follower, nobody=True)
    stage.execute()
    assert stage.result()[1].verdict is Verdict.INCONCLUSIVE
    wait_until(lambda: web.seen)
    faults = follower.settle()
    assert {fault.fault for fault in faults} == {"webhook 127.0.0.1: not taken within 0.2 s"}
    assert set(home.outcomes) == {"failed"}


def test_what_happens_is_logged_by_stable_names_and_without_what_people_said(home: Home, tmp_path: Path) -> None:
    home.notify()
    stream = io.StringIO()
    open_log(stream)
    stage = people_stage(tmp_path / "samples", Follower(home.teller()))
    stage.execute()
    lines = [dict(part.partition("=")[::2] for part in line.split(" ")) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "run_started",
        *["step_started", "person_asked", "step_finished"] * 3,
        "run_finished",
    ]
    assert {line["run"] for line in lines} == {stage.plan.run_id}
    assert lines[5] | {"ts": ""} == {
        "ts": "",
        "level": "info",
        "event": "person_asked",
        "run": stage.plan.run_id,
        "drill": "tabletop",
        "step": "decide",
        "roles": "director",
        "until": lines[5]["until"],
    }
    assert set(EventName) >= {EventName(line["event"]) for line in lines}


def test_evidence_that_cannot_be_sealed_is_told_and_the_error_goes_on(site: Site, web: WebServer) -> None:
    hooked = f"notify:\n  - {hook(web.port)}\n"
    (site.root / "reprise.yml").write_text(PROJECT + hooked, encoding="utf-8")
    directory = RunDirectory(write_run(site.root / "runs" / RUN_ID, story=Story.PASSED))
    site.enter(started(RUN_ID), ended(RUN_ID))  # as nobody's files tell it
    workplace = open_workplace(site.root, clock=FakeClock())
    follower = Follower(open_teller(workplace, limits=PATIENT, environ=SECRET))
    seal = open_seal(workplace.project, clock=workplace.clock)
    with pytest.raises(EvidenceError, match="the register says of the end"):
        follower.seal(directory, seal=seal, language=None, materials=read_run(directory))
    assert follower.settle() == ()
    ((_, _, body),) = web.seen
    assert json.loads(body)["occasions"] == ["unsealed", "passed"]
