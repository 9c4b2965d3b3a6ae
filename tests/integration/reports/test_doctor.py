"""`reprise doctor` on a real project: sound, nothing fails; what is made wrong is named, with what to do."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paramiko
import pytest
from click.testing import CliRunner

from orchestrator.app.register import make_register_key, open_register
from orchestrator.cli import reprise
from orchestrator.locks import locked
from orchestrator.project import Project, load_project
from orchestrator.testing import FakeClock
from reports.register.entries import DrillPlanned
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import PROJECT
from tests.integration.reports.example_run import Setting, Story, write_run

INVENTORY = "all: {children: {restore_target: {hosts: {restore: {ansible_host: 127.0.0.9, ansible_port: 2222}}}}}\n"
RUN = "20260201T020000Z-restore-dpi-0001"


class Patient:
    """A project that is examined."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock, self.code = root, FakeClock(at=datetime.now(UTC)), 0

    @property
    def project(self) -> Project:
        return load_project(self.root)

    def examined(self, *words: str) -> dict[str, dict[str, Any]]:
        done = CliRunner().invoke(
            reprise, ["doctor", "-C", str(self.root), "--json", *words], catch_exceptions=False, standalone_mode=False
        )
        self.code = int(done.return_value)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        worst = {"ok": 0, "warn": 1, "fail": 2}
        return {one["subject"]: one for one in sorted(answers, key=lambda one: worst[one["health"]])}

    def spoil(self, change: Callable[[str], str]) -> None:
        text = (self.root / "reprise.yml").read_text(encoding="utf-8")
        assert change(text) != text
        (self.root / "reprise.yml").write_text(change(text), encoding="utf-8")


@pytest.fixture
def patient(own_seal: Seal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    root = tmp_path / "project"
    shutil.copytree(own_seal.key_path.parent.parent, root)
    (root / "reprise.yml").write_text(PROJECT, encoding="utf-8")
    (root / "inventory.yml").write_text(INVENTORY, encoding="utf-8")
    keys = paramiko.HostKeys()
    keys.add("[127.0.0.9]:2222", "ecdsa-sha2-nistp256", paramiko.ECDSAKey.generate())
    keys.save(str(root / "known_hosts"))
    for path in (root, *root.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o022)
    made = Patient(root)
    monkeypatch.setattr("orchestrator.cli.doctor.SystemClock", lambda: made.clock)
    make_register_key(made.project, if_missing=False)
    return made


def test_a_sound_project_fails_nothing(patient: Patient) -> None:
    found = patient.examined()
    assert [one for one in found.values() if one["health"] == "fail"] == []
    assert patient.code == 0
    healthy = (
        "packages",
        "ansible-playbook",
        "keys/",
        "what drills are made of",
        "signing key",
        "register key",
        "runs",
    )
    assert {name: found[name]["health"] for name in healthy} == dict.fromkeys(healthy, "ok")
    assert "days left" in found["signing certificate"]["detail"]
    assert found["known hosts"]["detail"] == "of 1 staging hosts"
    assert found["register"]["health"] == "warn"  # there is none yet
    assert found["locks"]["detail"] == "nobody holds one"


@pytest.mark.parametrize(
    ("subject", "spoil", "said"),
    [
        ("keys/", lambda one: (one.root / "keys" / "seal.key.pem").chmod(0o640), "seal.key.pem (0640)"),
        ("signing key", lambda one: (one.root / "keys" / "seal.key.pem").unlink(), "it cannot be read"),
        ("register key", lambda one: (one.root / "keys" / "register.key.pem").unlink(), "it cannot be read"),
        ("what drills are made of", lambda one: (one.root / "reprise.yml").chmod(0o666), "reprise.yml (0666)"),
        ("known hosts", lambda one: (one.root / "known_hosts").write_text(""), "no key is known of restore"),
        ("inventory", lambda one: (one.root / "inventory.yml").unlink(), "there is no inventory"),
        (
            "environment.SOURCE_DSN",
            lambda one: one.spoil(lambda text: f'{text}environment: {{SOURCE_DSN: {{secret: "env:NOT_SET"}}}}\n'),
            "env:NOT_SET: it is not set",
        ),
        (
            "register.publish.0",
            lambda one: one.spoil(
                lambda text: f'{text}register: {{publish: [{{webhook: {{url: "https://h/", secret: "file:no"}}}}]}}\n'
            ),
            "file:no: it cannot be read",
        ),
        ("reprise.yml: privacy", lambda one: one.spoil(lambda text: text + "privacy: {names: gone}\n"), "gone"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    patient: Patient, subject: str, spoil: Callable[[Patient], object], said: str
) -> None:
    spoil(patient)
    found = patient.examined()[subject]
    assert found["health"] == "fail", found
    assert said in found["detail"]
    assert found["hint"]
    assert patient.code == 1


def test_certificates_say_how_long_they_last(patient: Patient) -> None:
    for days, health in ((30, "ok"), (3 * 365 - 30, "warn"), (3 * 365 + 2, "fail")):
        patient.clock = FakeClock(at=datetime.now(UTC) + timedelta(days=days))
        found = patient.examined()["signing certificate"]
        assert found["health"] == health, found
    assert "it ended on" in found["detail"]


def test_a_run_that_was_interrupted_and_one_that_is_under_way(patient: Patient) -> None:
    directory = write_run(patient.root / "runs" / RUN, story=Story.PASSED, setting=Setting(run_id=RUN))
    assert "is not sealed" in patient.examined()[RUN]["detail"]
    journal = (directory / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (directory / "journal.jsonl").write_bytes(b"".join(journal[:-1]))
    found = patient.examined()[RUN]
    assert (found["health"], "reprise recover" in found["hint"]) == ("fail", True)
    hosts = json.loads((directory / "plan.json").read_text(encoding="utf-8"))["hosts"]
    with locked([hosts[0]["name"]], directory=patient.project.locks, holder="restore-dpi (process 1)"):
        answers = patient.examined()
    assert answers[RUN]["detail"] == "it is under way: its targets are held"
    assert answers[f"lock of {hosts[0]['name']}"]["detail"] == "held by restore-dpi (process 1)"


def test_what_stopped_half_way_is_said(patient: Patient) -> None:
    (patient.root / "runs" / ".x.part").mkdir(parents=True)
    assert ".x.part" in patient.examined()["runs"]["detail"]
    (patient.root / "runs" / ".x.part").rmdir()
    (patient.root / "runs" / ".x.removed").mkdir()
    found = patient.examined()["runs"]
    assert (found["health"], "reprise prune --yes" in found["hint"]) == ("warn", True)


def test_the_register_and_a_clock_that_went_back(patient: Patient) -> None:
    register = open_register(patient.project, clock=patient.clock)
    register.append([DrillPlanned(drill="x", system="x", perimeters=(5,), due_at=patient.clock.now())])
    patient.clock.advance(86_400_000_000)
    found = patient.examined()["register"]
    assert (found["health"], found["detail"]) == ("ok", "1 entries, signed for; the last 1 days ago")
    patient.clock = FakeClock(at=patient.clock.now() - timedelta(days=9))
    found = patient.examined()["register"]
    assert (found["health"], "the clock went back" in found["detail"]) == ("fail", True)
    (patient.root / "register" / "register.jsonl").write_bytes(b"")
    assert "are missing" in patient.examined()["register"]["detail"]


def test_an_authority_is_asked_only_where_that_is_wanted(patient: Patient) -> None:
    """On a port of this machine where nobody listens."""
    shutil.copy(patient.root / "trust" / "seal.crt.pem", patient.root / "trust" / "tsa.pem")
    timestamp = 'timestamp: {url: "http://127.0.0.1:9/", trust: [trust/tsa.pem]}'
    patient.spoil(
        lambda text: text.replace("certificate: trust/seal.crt.pem}", f"certificate: trust/seal.crt.pem, {timestamp}}}")
    )
    assert patient.examined()["time-stamp authority"]["health"] == "ok"
    assert patient.code == 0
    found = patient.examined("--network")["time-stamp authority"]
    assert (found["health"], patient.code) == ("fail", 1)


def test_it_changes_nothing(patient: Patient) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in patient.root.rglob("*")}

    before = state()
    patient.examined()
    assert state() == before


def test_for_people_each_answer_is_a_line_with_a_hint(patient: Patient) -> None:
    (patient.root / "keys" / "seal.key.pem").chmod(0o644)
    done = CliRunner().invoke(
        reprise, ["doctor", "-C", str(patient.root)], catch_exceptions=False, standalone_mode=False
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("fail") and "keys/" in line)
    assert "seal.key.pem (0644)" in line
    assert "      hint: chmod 600" in done.stdout
