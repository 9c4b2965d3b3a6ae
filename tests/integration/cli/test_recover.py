"""`reprise recover` where not every run can be recovered: on a project on disk whose hosts nobody answers for."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from orchestrator.core.events import RunFinished
from orchestrator.store import RunDirectory
from tests.integration.reports.example_run import RUN_ID, Story, write_run
from tests.receivers import PROXIES, WebServer

FINISHED = "20261124T020000Z-postgresql-restore-77aa"
PROJECT = """\
format: reprise/project/v1
name: demo
organisation: {name: Hébergeur Santé Exemple}
staging: {groups: [restore_target, database_primary, backup_repository]}
never: [production]
production: {endpoints: ["127.0.0.5:5432"]}
marker: {path: /etc/reprise-staging}
inventory: hosts.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
environment: {SOURCE: host=127.0.77.1, TARGET: host=127.0.77.3}
"""
HOSTS = (("primary", "database_primary"), ("repository", "backup_repository"), ("target", "restore_target"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A project with one run that was killed, and a later one that ended and was never sealed."""

    project: Path

    def reprise(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("reprise")), *arguments]
        own = {name: value for name, value in os.environ.items() if name not in PROXIES} | dict(environment or {})
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True, check=False, env=own)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def is_sealed(self, run: str) -> bool:
        return (self.project / "runs" / run / "report.pdf").exists()

    def is_closed(self, run: str) -> bool:
        directory = RunDirectory(self.project / "runs" / run)
        entries = directory.read_journal(directory.read_plan())
        return isinstance(entries[-1].event, RunFinished)


def inventory(*, hosts: tuple[tuple[str, str], ...]) -> str:
    """The hosts of the example's plan, as it pins them. Nobody listens there."""
    groups = {
        group: {"hosts": {name: {"ansible_host": f"127.0.77.{number}", "ansible_port": 2200 + number}}}
        for number, (name, group) in enumerate(hosts, start=1)
    }
    return yaml.safe_dump({"all": {"children": groups}})


def leave_uncleaned(journal: Path) -> None:
    """Only what the dead orchestrator wrote, without what the example's recovery did."""
    lines = journal.read_bytes().splitlines(keepends=True)
    died = next(index for index, line in enumerate(lines) if b'"type":"run_interrupted"' in line)
    journal.write_bytes(b"".join(lines[:died]))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "reprise.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "hosts.yml").write_text(inventory(hosts=HOSTS), encoding="utf-8")
    (tmp_path / "known_hosts").touch()
    leave_uncleaned(write_run(tmp_path / "runs" / RUN_ID, story=Story.KILLED) / "journal.jsonl")
    write_run(tmp_path / "runs" / FINISHED, story=Story.PASSED, run_id=FINISHED)
    made = Desk(project=tmp_path)
    assert made.reprise("keys", "init").returncode == 0
    return made


def test_a_host_that_is_away_leaves_its_run_interrupted_and_the_others_are_finished(desk: Desk) -> None:
    for _ in range(2):
        done = desk.reprise("recover")
        assert done.returncode == 7, done.stderr
        assert f"{RUN_ID}: its targets are not cleaned up, the guard refuses: " in done.stderr
        assert "target: host-key-known: not reached" in done.stderr
        assert "run `reprise recover` again when the host is back" in done.stderr
        assert (desk.is_closed(RUN_ID), desk.is_sealed(RUN_ID)) == (False, False)
        assert desk.is_sealed(FINISHED)
    assert f"{RUN_ID}  interrupted" in desk.reprise("runs").stdout


def test_a_run_that_is_given_up_is_sealed_as_not_clean_and_is_no_longer_tried(desk: Desk) -> None:
    assert desk.reprise("recover").returncode == 7
    given_up = desk.reprise("recover", "--give-up", RUN_ID)
    assert given_up.returncode == 7, given_up.stderr
    assert f"{RUN_ID}: aborted, and its targets are NOT established as clean" in given_up.stdout
    assert (desk.is_closed(RUN_ID), desk.is_sealed(RUN_ID)) == (True, True)
    assert desk.reprise("verify", f"runs/{RUN_ID}/report.pdf").returncode == 0
    again = desk.reprise("recover")
    assert (again.returncode, again.stdout.strip()) == (0, "no run was interrupted")


def test_a_run_whose_hosts_are_in_no_inventory_any_more_can_be_given_up(desk: Desk) -> None:
    (desk.project / "hosts.yml").write_text(inventory(hosts=HOSTS[:2]), encoding="utf-8")
    refused = desk.reprise("recover")
    assert refused.returncode == 2
    assert f"{RUN_ID}: the inventory has no target any more" in refused.stderr
    assert "--give-up" in refused.stderr
    assert desk.is_sealed(FINISHED)
    assert desk.reprise("recover", "--give-up", RUN_ID).returncode == 7


def test_a_run_that_ended_by_itself_is_not_given_up(desk: Desk) -> None:
    refused = desk.reprise("recover", "--give-up", FINISHED)
    assert refused.returncode == 2
    assert "was not interrupted" in refused.stderr
    assert not desk.is_sealed(FINISHED)


def test_machines_are_told_of_each_run(desk: Desk) -> None:
    told = [json.loads(line) for line in desk.reprise("recover", "--json").stdout.splitlines()]
    runs = {document["run"]: document for document in told if "run" in document}
    assert runs[RUN_ID]["exit_code"] == 7
    assert "the guard refuses" in runs[RUN_ID]["error"]
    assert runs[FINISHED]["judgement"]["verdict"] == "passed"


def told_by(desk: Desk, *arguments: str, port: int) -> "subprocess.CompletedProcess[str]":
    """The command, where a webhook of this machine is to be told of everything."""
    hook = f'{{webhook: {{url: "http://127.0.0.1:{port}/hook/200", secret-env: HOOK}}, language: en}}'
    (desk.project / "reprise.yml").write_text(f"{PROJECT}notify:\n  - {hook}\n", encoding="utf-8")
    return desk.reprise(*arguments, environment={"HOOK": "s3cret"})


def test_what_recovered_runs_came_to_is_told_and_logged(desk: Desk) -> None:
    with WebServer() as web:
        done = told_by(desk, "recover", "--log", port=web.port)
    assert done.returncode == 7
    ((_, _, body),) = web.seen
    message = json.loads(body)
    assert (message["occasions"], message["run_id"]) == (["passed"], FINISHED)
    assert (
        "Observed RTO: between 9.26\u00a0s and 9.32\u00a0s; objective: 15\u00a0min (objective kept)" in message["text"]
    )
    assert f"Report, in the project’s directory: runs/{FINISHED}/report.pdf" in message["text"]
    assert (desk.project / "runs" / FINISHED / "report.pdf").exists()
    assert f"level=info event=run_sealed run={FINISHED} drill=postgresql-restore verdict=passed" in done.stderr


def test_nobody_to_be_told_changes_no_exit_code_and_is_said(desk: Desk) -> None:
    done = told_by(desk, "recover", "--give-up", RUN_ID, port=1)
    assert done.returncode == 7
    assert "reprise: warning: not told: webhook 127.0.0.1: it cannot be reached" in done.stderr
    assert desk.is_sealed(RUN_ID)
    with WebServer() as web:
        again = told_by(desk, "recover", port=web.port)
        tested = told_by(desk, "notify", "--test", port=web.port)
    assert (again.returncode, tested.returncode) == (0, 0)
    assert tested.stdout == "told      webhook 127.0.0.1\n"
    assert [json.loads(body)["occasions"] for _, _, body in web.seen][-1] == ["test"]


def test_metrics_of_a_project_are_printed_and_written(desk: Desk) -> None:
    desk.reprise("recover")
    printed = desk.reprise("metrics")
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.endswith("# EOF\n")
    labels = '{drill="postgresql-restore",project="demo",system="dpi"}'
    assert f"reprise_drill_rto_objective_seconds{labels} 900.0" in printed.stdout
    assert desk.reprise("metrics", "--textfile", "reprise.prom").returncode == 0
    assert f"reprise_drill_rto_objective_seconds{labels} 900.0" in (desk.project / "reprise.prom").read_text("utf-8")
