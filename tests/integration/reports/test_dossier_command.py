"""`reprise dossier` in a project: what it takes, what it leaves out and says, and `reprise verify` of what it made."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestrator.cli import reprise
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import load_project
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.layout import DOSSIER_JSON
from reports.dossier.lines import Standing
from reports.pades import read_attachments
from reports.register.checkpoint import origin_of
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_project import make_project
from tests.integration.reports.example_register import SECRET
from tests.integration.reports.example_run import Setting, Story, write_run
from tests.integration.reports.example_year import Year, at, live_a_year


@pytest.fixture(scope="session")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("lived"), own_seal, halves=1)


@pytest.fixture
def project(year: Year, own_seal: Seal, tmp_path: Path) -> Path:
    """A project with the runs, the register and the key of that year, and a drill of its own that nobody ever ran."""
    root = make_project(tmp_path / "project", year=year, seal=own_seal)
    # A line that somebody is still writing is nobody's yet.
    with (root / "register" / "register.jsonl").open("ab") as log:
        log.write(b'{"seq":')
    return root


Run = Callable[..., Result]


@pytest.fixture
def run(project: Path) -> Run:
    """The command, in that project. Errors of ours arrive as they are raised."""

    def ran(*words: str) -> Result:
        return CliRunner().invoke(
            reprise, [words[0], "-C", str(project), *words[1:]], catch_exceptions=False, standalone_mode=False
        )

    return ran


def made(project: Path) -> Dossier:
    pdf = project / "dossiers" / "2026-01-01--2026-12-31" / "dossier.pdf"
    return parse_dossier(read_attachments(pdf.read_bytes())[DOSSIER_JSON])


def test_the_audit_file_of_a_project(run: Run, project: Path, year: Year) -> None:
    result = run("dossier", "--from", "2026-01-01", "--to", "2026-12-31", "--perimeter", "5", "--lang", "fr")

    dossier = made(project)
    assert "3 begun, 2 that count as a test" in result.stdout
    assert {line.run_id for line in dossier.runs} == {path.name for path in year.runs.values()}
    assert {line.standing for line in dossier.runs} == {Standing.PROVED}
    assert dossier.scope.perimeters == (5,)
    assert [drill.id for drill in dossier.scope.drills] == ["never"]
    assert "archives" in {one.system for one in dossier.coverage.untested_systems}
    # Perimeter 6 alone: the failover drill is not this dossier's.
    assert {one.drill for one in dossier.programme.occurrences} == {"restore-dpi", "pitr-labo"}
    archive = project / "dossiers" / "2026-01-01--2026-12-31" / "dossier.zip"
    verified = run("verify", str(archive))
    assert verified.return_value == 0
    assert "valid: dossier.zip, signed by" in verified.stdout


def test_runs_that_nobody_sealed_or_entered_are_said(run: Run, project: Path) -> None:
    setting = Setting(run_id="20260601T020000Z-lost-0001", started=at(6, 1))
    write_run(project / "runs" / setting.run_id, story=Story.PASSED, setting=setting)
    other = Setting(run_id="20250601T020000Z-old-0001", started=at(6, 1).replace(year=2025))
    write_run(project / "runs" / other.run_id, story=Story.PASSED, setting=other)
    (project / "runs" / "20260602T020000Z-none-0001").mkdir()
    (project / "runs" / "20260602T020000Z-none-0001" / "bundle.zip").write_bytes(b"no bundle")

    run("dossier", "--from", "2026-01-01", "--to", "2026-12-31")

    dossier = made(project)
    assert dossier.scope.unsealed == ("20260601T020000Z-lost-0001",)
    assert [one.run_id for one in dossier.unreadable] == ["20260602T020000Z-none-0001"]
    assert dossier.scope.perimeters == (1, 2, 3, 4, 5, 6)


def test_a_project_without_a_register_proves_nothing_and_says_so(run: Run, project: Path) -> None:
    shutil.rmtree(project / "register")

    result = run("dossier", "--from", "2026-01-01", "--to", "2026-12-31", "--json")

    facts = json.loads(result.stdout)
    assert facts["counts"]["tested_by"] == 0
    assert facts["counts"]["standings"]["unregistered"] == 3
    verified = json.loads(run("verify", facts["archive"], "--json").stdout)
    assert verified["valid"] is True
    assert {"check": "register-root", "status": "noted"}.items() <= next(
        check for check in verified["checks"] if check["check"] == "register-root"
    ).items()


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [("2026-02-01", "2026-01-31", "before it begins"), ("1900-01-01", "2026-01-31", "is no period")],
)
def test_what_is_no_period_is_refused(first: str, last: str, message: str, run: Run) -> None:
    with pytest.raises(UsageError, match=message):
        run("dossier", "--from", first, "--to", last)


def test_a_register_that_does_not_hold_together_is_refused(run: Run, project: Path) -> None:
    log = project / "register" / "register.jsonl"
    log.write_bytes(b"\n".join(log.read_bytes().split(b"\n")[1:]))

    with pytest.raises(EvidenceError, match=r"register\.jsonl: entry 0: it does not follow"):
        run("dossier", "--from", "2026-01-01", "--to", "2026-12-31")
    assert not list((project / "dossiers").glob("*/*"))


def test_the_projects_own_register_key_is_asked(run: Run, project: Path, year: Year) -> None:
    public = SECRET.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = load_project(project).register_public_key
    key.parent.mkdir(exist_ok=True)
    key.write_bytes(public)

    made_here = json.loads(run("dossier", "--from", "2026-01-01", "--to", "2026-12-31", "--json").stdout)
    verified = json.loads(run("verify", made_here["archive"], "--json").stdout)
    assert verified["valid"] is True
    assert {check["check"]: check["status"] for check in verified["checks"]}["register-signature"] == "ok"

    other = year.register.checkpoint(origin=origin_of("other"))
    (project / "register" / "checkpoint").write_text(other, encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"it is a checkpoint of .*/other, not of .*/demo"):
        run("dossier", "--from", "2026-01-01", "--to", "2026-12-31", "--out", str(project / "again"))
