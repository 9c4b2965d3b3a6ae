"""A year that the commands alone wrote: programme, due, waive, annotate, actions, retry; then its audit file."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.app.register import make_register_key, view_register
from orchestrator.app.sealing import open_seal, seal_run
from orchestrator.errors import DefinitionError, EvidenceError, ExitCode, UsageError
from orchestrator.store import RunDirectory
from reports.dossier.chronicle import Chronicle, Entered, EventType
from reports.dossier.document import parse_dossier
from reports.dossier.layout import DOSSIER_JSON
from reports.dossier.programme import Fate
from reports.evidence import parse_evidence
from reports.pades import read_attachments
from reports.register.account import examine_runs
from reports.register.entries import DrillMissed, DrillPlanned, DrillStarted, RunAnnotated
from reports.register.of_run import beginning
from tests.integration.reports.clocked import Clocked
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import PROJECT
from tests.integration.reports.example_run import DRILL, Setting, Story, write_run

DRILLS = {"restore-dpi": "dpi", "failover-pacs": "pacs"}
MODULES = ("programme", "annotations", "drills", "dossier")


class Year(Clocked):
    """A project in 2026."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, at=datetime(2026, 1, 5, 8, tzinfo=UTC))

    def on(self, month: int, day: int, hour: int = 8) -> None:
        self.advance_to(datetime(2026, month, day, hour, tzinfo=UTC))

    def run(self, drill: str, story: Story = Story.PASSED) -> str:
        """A run that began now, as a drill leaves it, entered and sealed as the product does it."""
        began = self.clock.now()
        run_id = f"{began:%Y%m%dT%H%M%SZ}-{drill}-0001"
        setting = Setting(run_id=run_id, started=began, drill={"id": drill, "system": DRILLS[drill]})
        directory = RunDirectory(write_run(self.root / "runs" / run_id, story=story, setting=setting))
        seal_run(directory, seal=open_seal(self.project, clock=self.clock), language=None)
        return run_id

    def schedule(self, drill: str, **said: str) -> None:
        schedule = {"cadence": "quarterly", "at": "02:00", "catch-up": "7d", **said}
        content = {**DRILL, "id": drill, "system": DRILLS[drill], "schedule": schedule}
        (self.root / "drills" / f"{drill}.yml").write_text(
            yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
        )

    def entries(self, kind: type[EventType]) -> list[Entered[EventType]]:
        return list(Chronicle(view_register(self.project).entries()).of(kind))


@pytest.fixture
def year(own_seal: Seal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Year:
    root = tmp_path / "project"
    shutil.copytree(own_seal.key_path.parent.parent, root)
    (root / "reprise.yml").write_text(PROJECT, encoding="utf-8")
    (root / "drills").mkdir()
    made = Year(root)
    for module in MODULES:
        monkeypatch.setattr(f"orchestrator.cli.{module}.SystemClock", lambda: made.clock)
    for drill in DRILLS:
        made.schedule(drill)
    make_register_key(made.project, if_missing=False)
    return made


def made(root: Path) -> Any:
    pdf = root / "dossiers" / "2026-01-01--2026-12-31" / "dossier.pdf"
    return parse_dossier(read_attachments(pdf.read_bytes())[DOSSIER_JSON])


def test_a_year_in_the_audit_file(year: Year) -> None:
    year.call("programme")
    year.on(2, 10)
    on_time = year.run("restore-dpi")
    year.on(4, 9)
    assert "0 planned, 1 missed" in year.call("programme").stdout
    words = ("--reason", "déménagement du site de secours", "--by", "directeur des systèmes d’information")
    year.call("waive", "failover-pacs", "--until", "2026-10-01", *words)
    year.on(5, 4)
    failed = year.run("restore-dpi", Story.FAILED)
    year.on(5, 5)
    action = ("--topic", "action", "--by", "responsable", "--action", "debit")
    year.call("annotate", failed, *action, "--text", "Doubler le débit.", "--owner", "stockage", "--due", "2026-05-31")
    year.call("annotate", failed, "--topic", "cause", "--by", "responsable", "--text", "Le volume avait doublé.")
    year.on(7, 3)
    late = year.run("restore-dpi")
    year.on(8, 3)
    again = year.run("restore-dpi", Story.GAPS)
    year.call("annotate", again, "--topic", "approval", "--by", "RSSI", "--text", "Approuvé.")
    year.on(11, 24)
    assert "0 planned, 0 missed" in year.call("programme").stdout
    year.call("dossier", "--from", "2026-01-01", "--to", "2026-12-31")

    dossier = made(year.root)
    fates = {(one.drill, one.due_at.month): (one.fate, one.run_id) for one in dossier.programme.occurrences}
    assert fates == {
        ("restore-dpi", 3): (Fate.ON_TIME, on_time),
        ("restore-dpi", 6): (Fate.LATE, late),
        ("restore-dpi", 9): (Fate.ON_TIME, again),
        ("restore-dpi", 12): (Fate.TO_COME, None),
        ("failover-pacs", 3): (Fate.MISSED, None),
        ("failover-pacs", 6): (Fate.WAIVED, None),
        ("failover-pacs", 9): (Fate.WAIVED, None),
        ("failover-pacs", 12): (Fate.TO_COME, None),
    }
    missed = next(one for one in dossier.programme.occurrences if one.fate is Fate.MISSED)
    assert missed.missed_line == year.entries(DrillMissed)[0].line
    assert "no run was begun for it by 2026-04-07T04:00:00Z" in missed.missed_reason
    assert [(one.id, one.overdue) for one in dossier.follow_up.actions] == [("debit", True)]
    assert {one.topic for one in dossier.follow_up.statements} == {"cause", "approval"}
    assert next(one for one in dossier.follow_up.approvals if one.run_id == again).separated


def test_the_programme_is_entered_once(year: Year) -> None:
    first = year.facts("programme")
    assert first["entered"] == {"planned": 8, "missed": 0}
    assert {one["state"] for one in first["programme"]} == {"to-come"}
    assert year.facts("programme")["entered"] == {"planned": 0, "missed": 0}
    assert year.facts("programme", "--until", "2027-06-30")["entered"] == {"planned": 4, "missed": 0}


def test_nothing_is_planned_in_the_past(year: Year) -> None:
    year.on(7, 1)
    year.call("programme")
    assert sorted({entry.event.due_at.month for entry in year.entries(DrillPlanned)}) == [9, 12]


def test_a_miss_is_entered_once_and_only_after_the_catch_up(year: Year) -> None:
    year.call("programme")
    year.on(4, 6)
    assert year.facts("programme")["entered"]["missed"] == 0
    assert {one["state"] for one in year.facts("due") if one["pressing"]} == {"overdue"}
    year.on(4, 8)
    assert year.facts("programme")["entered"]["missed"] == 2
    assert year.facts("programme")["entered"]["missed"] == 0


def test_due_presses_until_it_is_done(year: Year) -> None:
    year.call("programme")
    assert year.call("due").return_value == 0
    year.on(4, 10)
    result = year.call("due")
    assert result.return_value == 1
    assert "not entered yet" in result.stdout
    for drill in DRILLS:
        year.run(drill)
    assert year.call("due").return_value == 0


def test_a_run_that_failed_is_begun_and_not_missed(year: Year) -> None:
    year.call("programme")
    year.on(3, 1)
    year.run("restore-dpi", Story.FAILED)
    year.on(4, 20)
    year.call("programme")
    assert [entry.event.drill for entry in year.entries(DrillMissed)] == ["failover-pacs"]
    states = {one["drill"]: one["state"] for one in year.facts("due") if one["pressing"]}
    assert states == {"restore-dpi": "begun", "failover-pacs": "missed"}


def test_what_was_planned_stays_planned(year: Year) -> None:
    year.call("programme")
    year.schedule("restore-dpi", at="03:00")
    (year.root / "drills" / "failover-pacs.yml").unlink()
    facts = year.facts("programme")
    assert facts["entered"]["planned"] == 4
    assert len([note for note in facts["notes"] if "its schedule has changed" in note]) == 4
    assert len([note for note in facts["notes"] if "no schedule any more" in note]) == 4


def test_a_time_zone_that_does_not_exist(year: Year) -> None:
    year.schedule("restore-dpi", timezone="Europe/Pairs")
    with pytest.raises(DefinitionError, match=r"drills/restore-dpi.yml: schedule.timezone: .*Europe/Pairs"):
        year.call("programme")


def test_a_bundled_drill_is_planned_where_it_is_named(year: Year) -> None:
    assert year.facts("programme", "postgresql-restore")["entered"]["planned"] == 12
    with pytest.raises(UsageError, match="no drill with a schedule is called nothing"):
        year.call("programme", "nothing")


@pytest.mark.parametrize(
    ("drill", "until", "reason", "by", "problem"),
    [
        ("nothing", "2026-06-30", "a move", "the head", "there is no drill called nothing"),
        ("restore-dpi", "2026-01-04", "a move", "the head", "that day is over"),
        ("restore-dpi", "2027-01-07", "a move", "the head", "more than 366 days away"),
        ("restore-dpi", "2026-06-30", " ", "the head", "--reason: it is empty"),
        ("restore-dpi", "2026-06-30", "a move", "", "--by: it is empty"),
        ("restore-dpi", "2026-06-30", "x" * 301, "the head", "has 301 characters"),
    ],
)
def test_a_waiver_that_makes_no_sense(year: Year, drill: str, until: str, reason: str, by: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        year.call("waive", drill, "--until", until, "--reason", reason, "--by", by)


def test_a_waiver_needs_everything_and_is_listed(year: Year) -> None:
    year.call("programme")
    assert "no waiver is in force" in year.call("waive").stdout
    with pytest.raises(UsageError, match="needs --until, --reason and --by"):
        year.call("waive", "restore-dpi", "--reason", "a move")
    year.call("waive", "restore-dpi", "--until", "2026-06-30", "--reason", "a move", "--by", "the head")
    assert [one["drill"] for one in year.facts("waive")] == ["restore-dpi"]
    year.on(7, 1)
    assert year.facts("waive") == []


def test_a_waiver_repairs_nothing(year: Year) -> None:
    year.call("programme")
    year.on(4, 1)
    year.call("waive", "restore-dpi", "--until", "2026-12-31", "--reason", "a move", "--by", "the head")
    year.on(4, 20)
    year.call("programme")
    assert {entry.event.drill for entry in year.entries(DrillMissed)} == set(DRILLS)


def test_actions_the_open_ones_first(year: Year) -> None:
    run = year.run("restore-dpi", Story.FAILED)
    words = ("annotate", "latest", "--topic", "action", "--by", "lead")
    year.call(*words, "--text", "Write it.", "--action", "written", "--owner", "ops", "--due", "2026-01-10")
    year.call(*words, "--text", "Double it.", "--action", "doubled", "--owner", "ops", "--due", "2026-03-01")
    year.call(*words, "--text", "Done.", "--action", "written", "--state", "done")
    assert [(one["id"], one["state"]) for one in year.facts("actions")] == [("doubled", "open"), ("written", "done")]
    year.on(3, 2)
    assert "overdue" in year.call("actions").stdout
    assert {entry.event.run_id for entry in year.entries(RunAnnotated)} == {run}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--topic", "action"), "needs --action ID"),
        (("--topic", "action", "--action", "Not So"), "no name of an action"),
        (("--topic", "action", "--action", "new"), "needs --owner and --due"),
        (("--topic", "action", "--action", "new", "--owner", "a", "--due", "2026-03-01", "--state", "done"), "no such"),
        (("--topic", "note", "--action", "new"), "belong to --topic action"),
        (("--topic", "note", "--owner", "a"), "say something of an action"),
    ],
)
def test_an_annotation_that_makes_no_sense(year: Year, words: tuple[str, ...], problem: str) -> None:
    year.run("restore-dpi")
    with pytest.raises(UsageError, match=problem):
        year.call("annotate", "latest", *words, "--by", "lead", "--text", "Said.")


def test_nothing_is_entered_that_evidence_must_not_hold(year: Year) -> None:
    year.run("restore-dpi")
    with pytest.raises(EvidenceError, match=r"--text.*email") as refused:
        year.call("annotate", "latest", "--topic", "note", "--by", "lead", "--text", "Ask jean.martin@chu.fr first.")
    assert "martin" not in str(refused.value)
    assert not year.entries(RunAnnotated)


def opened(year: Year) -> str:
    """A run that was entered as begun, and has no end."""
    began = year.clock.now()
    run_id = f"{began:%Y%m%dT%H%M%SZ}-restore-dpi-0002"
    setting = Setting(run_id=run_id, started=began, drill={"id": "restore-dpi"})
    run = RunDirectory(write_run(year.root / "runs" / run_id, story=Story.PASSED, setting=setting))
    log = open_seal(year.project, clock=year.clock).register
    log.append([beginning(run.read_plan(), requester="ops", reason="", change="")])
    return run_id


def test_an_open_run_is_neither_annotated_nor_tried_again(year: Year) -> None:
    run = opened(year)
    with pytest.raises(UsageError, match="it is open") as refused:
        year.call("annotate", run, "--topic", "note", "--by", "lead", "--text", "Said.")
    assert "reprise recover" in str(refused.value.hint)
    with pytest.raises(UsageError, match="it is open"):
        year.call("retry", run, "--yes")


def test_a_run_that_nobody_knows(year: Year) -> None:
    with pytest.raises(UsageError, match="the register knows no run called nothing"):
        year.call("annotate", "nothing", "--topic", "note", "--by", "lead", "--text", "Said.")
    with pytest.raises(UsageError, match="there is no run called nothing"):
        year.call("retry", "nothing", "--yes")


def inventory(year: Year, *, target: str) -> None:
    """Hosts on which nobody listens."""
    groups = {"restore_target": target, "database_primary": "primary", "backup_repository": "repository"}
    hosts = {
        group: {"hosts": {name: {"ansible_host": f"127.0.77.{number}", "ansible_port": 1}}}
        for number, (group, name) in enumerate(groups.items(), start=1)
    }
    (year.root / "inventory.yml").write_text(yaml.safe_dump({"all": {"children": hosts}}), encoding="utf-8")
    (year.root / "known_hosts").touch()


def test_what_acts_on_other_hosts_is_no_second_attempt(year: Year) -> None:
    run = year.run("restore-dpi")
    inventory(year, target="elsewhere")
    with pytest.raises(UsageError, match=r"elsewhere"):
        year.call("retry", run, "--yes")
    assert len(year.entries(DrillStarted)) == 1


def test_a_run_of_another_project_is_not_tried_again(year: Year) -> None:
    run = year.run("restore-dpi")
    text = PROJECT.replace("name: demo", "name: other")
    (year.root / "reprise.yml").write_text(text, encoding="utf-8")
    shutil.rmtree(year.root / "register")
    with pytest.raises(UsageError, match="it is a run of the project demo"):
        year.call("retry", run, "--yes")


def test_another_attempt_is_entered_as_one(year: Year) -> None:
    """Nobody answers on the hosts: the guard refuses, and that too is an attempt, sealed and entered."""
    run = year.run("restore-dpi", Story.FAILED)
    inventory(year, target="target")
    text = PROJECT + "environment: {SOURCE: host=127.0.77.2, TARGET: host=127.0.77.1}\n"
    (year.root / "reprise.yml").write_text(text, encoding="utf-8")
    for playbook in ("guard.yml", "postgresql/lose.yml", "postgresql/restore.yml", "postgresql/erase.yml"):
        file = year.root / "playbooks" / playbook
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("- hosts: all\n  tasks: []\n", encoding="utf-8")
    year.on(1, 6)

    result = year.call("retry", run, "--yes", "--reason", "storage repaired")

    assert result.return_value == ExitCode.REFUSED
    again = year.entries(DrillStarted)[-1].event
    assert (again.drill, again.retry_of, again.reason) == ("restore-dpi", run, "storage repaired")
    evidence = parse_evidence((year.root / "runs" / again.run_id / "evidence.json").read_bytes())
    assert evidence.registration is not None
    assert evidence.registration.started.entry.event == again
    assert not [one for one in examine_runs(view_register(year.project).entries()) if one.subject == again.run_id]
