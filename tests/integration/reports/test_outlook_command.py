"""`reprise coverage`, `trends` and `compare` in a project: the audit file's figures, and none that is not proved."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestrator.cli import reprise
from orchestrator.errors import EvidenceError, UsageError
from reports.evidence import parse_evidence
from reports.layout import BUNDLE, EVIDENCE, VERDICT, pack, read_bundle
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import make_project
from tests.integration.reports.example_year import Year, live_a_year


@pytest.fixture(scope="module")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("looked-at"), own_seal, halves=1)


@pytest.fixture
def project(year: Year, own_seal: Seal, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", year=year, seal=own_seal)


Run = Callable[..., Result]


@pytest.fixture
def run(project: Path) -> Run:
    """The command, in that project. Errors of ours arrive as they are raised."""

    def invoke(*arguments: str) -> Result:
        done = CliRunner().invoke(reprise, [*arguments, "-C", str(project)], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return done

    return invoke


def alter(year: Year, project: Path, name: str) -> None:
    """The report is there and reads as before; one file of it is not what was signed."""
    bundle = project / "runs" / year.runs[name].name / BUNDLE
    files = read_bundle(bundle.read_bytes())
    bundle.write_bytes(pack({**files, VERDICT: files[VERDICT] + b" "}))


def test_coverage_names_what_was_never_tested(run: Run) -> None:
    found = json.loads(run("coverage", "--quarters", "40", "--json").output)
    assert len(found["quarters"]) == 40
    assert [one["system"] for one in found["never_tested"]] == ["archives", "labo", "pacs"]
    dpi = next(row for row in found["rows"] if row["system"] == "dpi")
    assert sum(cell["counted"] for cell in dpi["cells"]) == 2
    words = run("coverage", "--quarters", "40").output
    assert "never tested: pacs, perimeter 6" in words


def test_a_report_that_does_not_verify_covers_nothing(run: Run, project: Path, year: Year) -> None:
    alter(year, project, "passed")
    alter(year, project, "gaps")
    found = json.loads(run("coverage", "--quarters", "40", "--json").output)
    assert "dpi" in [one["system"] for one in found["never_tested"]]
    assert "restore-dpi" not in run("trends", "--quarters", "40").output


def test_trends_are_the_figures_of_the_evidence(run: Run, year: Year) -> None:
    (trend,) = json.loads(run("trends", "restore-dpi", "--quarters", "40", "--json").output)
    evidence = parse_evidence((year.runs["passed"] / EVIDENCE).read_bytes())
    measured = {one.quantity.value: one.value for one in evidence.measurements.measurements}
    first = trend["points"][0]
    assert first["run_id"] == year.runs["passed"].name
    assert first["rto"]["value"] == measured["rto"].model_dump()
    assert first["rpo"]["value"] == measured["rpo"].model_dump()
    words = run("trends", "restore-dpi", "--quarters", "40").output
    assert "change since 20260210T020000Z-restore-dpi-0000: RTO -" in words


def test_a_drill_that_was_never_measured_is_named(run: Run) -> None:
    with pytest.raises(UsageError, match="no run of archives was measured"):
        run("trends", "archives", "--quarters", "40")


def test_two_runs_side_by_side(run: Run, year: Year) -> None:
    names = (year.runs["passed"].name, year.runs["gaps"].name)
    found = json.loads(run("compare", *names, "--json").output)
    assert (found["first"]["run_id"], found["second"]["run_id"]) == names
    assert (found["first"]["verdict"], found["second"]["verdict"]) == ("passed", "passed-with-gaps")
    rto = next(one for one in found["figures"] if one["quantity"] == "rto")
    assert rto["change"] == rto["second"]["upper"] - rto["first"]["upper"] < 0
    assert {one["first"] for one in found["checks"]} == {"ok"}
    assert "failed" in {one["second"] for one in found["checks"]}
    assert "restore" in {one["step"] for one in found["steps"]}
    words = run("compare", *names).output
    assert "figures" in words
    assert "restore" in words


def test_what_does_not_verify_is_not_compared(run: Run, project: Path, year: Year) -> None:
    alter(year, project, "gaps")
    with pytest.raises(EvidenceError, match=r"0002: its evidence does not verify: .*file-digest"):
        run("compare", year.runs["passed"].name, year.runs["gaps"].name)
