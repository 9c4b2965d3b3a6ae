"""The shipped drill on the lab, as a person runs it: the whole way from the command to evidence that verifies."""

import json
import shutil
import subprocess
from pathlib import Path

from orchestrator.lab import Layout
from orchestrator.lab.processes import lab_processes
from tests.workshop import DRILL, Workshop


def measured(workshop: Workshop) -> dict[str, dict[str, int]]:
    evidence = json.loads((workshop.latest / "evidence.json").read_text())
    return {found["quantity"]: found["value"] for found in evidence["measurements"]["measurements"]}


def test_a_database_is_lost_restored_measured_signed_and_verified(workshop: Workshop, lab: Layout) -> None:
    done = workshop.run()

    assert done.code == 0, done.out + done.err
    assert workshop.judgement["verdict"] == "passed", workshop.judgement
    values = measured(workshop)
    assert 0 < values["rto"]["lower"] <= values["rto"]["upper"]
    assert values["interruption"]["upper"] <= values["rto"]["upper"]
    assert values["kept-commits"]["lower"] > 0
    assert values["holes"] == values["unsent"] == {"lower": 0, "upper": 0}
    # What was restored is gone, and the source serves again.
    restore = lab.host("restore").directory
    assert not (restore / "data" / lab.database).exists()
    assert not [process for process in lab_processes(lab) if process.host == "restore" and process.name == "postgres"]
    assert [process for process in lab_processes(lab) if process.host == "source" and process.name == "postgres"]

    bundle, certificate = workshop.latest / "bundle.zip", workshop.project / "trust" / "seal.crt.pem"
    for path in (workshop.latest / "report.pdf", workshop.latest, bundle):
        verified = workshop.reprise("verify", path, "--certificate", certificate)
        assert verified.code == 0, verified.out + verified.err
        assert "Entered in the register" in verified.out
    assert workshop.entered == ["drill_started", "drill_ended", "run_sealed"]


def test_evidence_verifies_far_away_and_not_without_a_certificate(workshop: Workshop, tmp_path: Path) -> None:
    workshop.edit("reprise.yml", lambda text: text.replace('never: ["production"', 'never: ["restore", "production"'))
    assert workshop.run().code == 4
    elsewhere = tmp_path / "auditor"
    elsewhere.mkdir()
    report = shutil.copy(workshop.latest / "report.pdf", elsewhere)
    certificate = shutil.copy(workshop.project / "trust" / "seal.crt.pem", elsewhere)
    auditor = Workshop(project=elsewhere)

    assert auditor.reprise("verify", report, "--certificate", certificate).code == 0
    assert auditor.reprise("verify", report).code == 5

    content = bytearray(Path(report).read_bytes())
    content[len(content) // 2] ^= 1
    Path(report).write_bytes(content)
    assert auditor.reprise("verify", report, "--certificate", certificate).code == 5


def test_check_and_plan_change_nothing_and_say_what_is_pinned(workshop: Workshop) -> None:
    checked = workshop.reprise("check")
    assert checked.code == 0, checked.out + checked.err
    planned = workshop.reprise("plan", DRILL, "--json")
    assert planned.code == 0
    plan = planned.documents[0]
    assert plan["recovery_point"]["manifest_sha256"]
    assert not (workshop.project / "runs").exists()


def test_a_wrong_drill_is_refused_with_every_fault_and_nothing_is_run(workshop: Workshop) -> None:
    workshop.own_drill()
    workshop.edit(f"drills/{DRILL}.yml", lambda text: text.replace("rto: 15m", "rto: 15x").replace("kind:", "knid:", 1))

    done = workshop.run()

    assert done.code == 6
    assert "objectives.rto" in done.err
    assert "knid" in done.err
    assert "did you mean kind?" in done.err
    assert not (workshop.project / "runs").exists()


def test_a_directory_that_is_no_project_is_a_usage_error(tmp_path: Path) -> None:
    done = Workshop(project=tmp_path).reprise("runs")
    assert done.code == 2
    assert "there is no project here" in done.err


def test_without_a_yes_nobody_is_surprised(workshop: Workshop) -> None:
    command = workshop.command("run", DRILL)
    done = subprocess.run(
        command, cwd=workshop.project, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--yes" in done.stderr
