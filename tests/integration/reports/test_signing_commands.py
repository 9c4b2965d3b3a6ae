"""The commands, on a project that names a certification authority and a time-stamp authority."""

import json
import shutil
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result

from orchestrator.cli.dossier import dossier
from orchestrator.cli.evidence import renew, seal, verify
from orchestrator.cli.register import register
from orchestrator.errors import ExitCode, UsageError
from reports.dossier.layout import DOSSIER_ARCHIVED, DOSSIER_PDF, DOSSIER_ZIP
from reports.keys import certificate_pem
from reports.layout import ARCHIVED, BUNDLE, RENEWALS, REPORT_PDF
from reports.register.keys import init_register_key
from tests.integration.reports.example_run import RUN_ID, write_run
from tests.integration.reports.workshop import Workshop

PROJECT = """\
format: reprise/project/v1
name: demo
organisation: {name: Hébergeur Santé Exemple}
staging: {groups: [restore_target]}
never: [production]
production: {endpoints: ["127.0.0.5:5432"]}
marker: {path: /etc/reprise-staging}
inventory: inventory/hosts.yml
ssh: {known-hosts: trust/known_hosts}
signing:
  key: file:keys/seal.key.pem
  certificate: trust/seal.crt.pem
"""


@pytest.fixture
def project(workshop: Workshop, tmp_path: Path) -> Path:
    """A project with a run that ended and was not sealed."""
    pki = workshop.pki
    for name in ("keys", "trust/tsa"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(pki.key("seals", "p256"), tmp_path / "keys/seal.key.pem")
    pki.write_chain(tmp_path / "trust/seal.crt.pem", "p256")
    (tmp_path / "trust/root.pem").write_bytes(certificate_pem(pki.certificate("seals", "root")))
    (tmp_path / "trust/tsa/root.pem").write_bytes(certificate_pem(pki.certificate("time", "root")))
    (tmp_path / "reprise.yml").write_text(
        f"{PROJECT}  timestamp: {{url: '{pki.tsa('time')}', trust: [trust/tsa/root.pem]}}\n", encoding="utf-8"
    )
    init_register_key(key=tmp_path / "keys/register.key.pem", public=tmp_path / "trust/register.pub.pem")
    write_run(tmp_path / "runs" / RUN_ID)
    return tmp_path


def test_a_run_is_sealed_verified_and_renewed(project: Path) -> None:
    command, run = CliRunner(), project / "runs" / RUN_ID

    sealed = command.invoke(seal, ["-C", str(project)], standalone_mode=False)
    assert sealed.exception is None
    assert "MISSING" not in sealed.output
    before = (run / REPORT_PDF).read_bytes()

    answered = command.invoke(verify, ["-C", str(project), "--json", str(run / BUNDLE)], standalone_mode=False)
    told = json.loads(answered.output)
    assert (told["valid"], told["level"]) == (True, 2)
    assert told["proved_at"].endswith("Z")

    young = command.invoke(renew, ["-C", str(project), "--all"], standalone_mode=False)
    assert "nothing ages" in young.output
    assert not (run / ARCHIVED).exists()

    forced = command.invoke(renew, ["-C", str(project), "--force", RUN_ID], standalone_mode=False)
    assert ARCHIVED in forced.output
    assert (run / REPORT_PDF).read_bytes() == before
    archived = command.invoke(verify, ["-C", str(project), str(run / ARCHIVED)], standalone_mode=False)
    assert "level 2" in archived.output
    assert archived.return_value == 0


def test_who_renews_says_what(project: Path) -> None:
    for arguments in ([], ["--all", RUN_ID]):
        done = CliRunner().invoke(renew, ["-C", str(project), *arguments], standalone_mode=False)
        assert isinstance(done.exception, UsageError)


def test_a_register_whose_authority_was_away_is_stamped_and_verified(project: Path) -> None:
    settings, command = project / "reprise.yml", CliRunner()
    whole = settings.read_text(encoding="utf-8")
    settings.write_text(whole.replace("http://127.0.0.1:", "http://127.0.0.1:1/", 1), encoding="utf-8")
    assert command.invoke(seal, ["-C", str(project)], standalone_mode=False).exception is None
    settings.write_text(whole, encoding="utf-8")

    shown = command.invoke(register, ["show", "-C", str(project)], standalone_mode=False)
    assert "pending: 2 checkpoints bear no time-stamp" in shown.output
    stamped = command.invoke(register, ["stamp", "-C", str(project)], standalone_mode=False)
    assert stamped.output == "time-stamped: 2 checkpoints\n"

    answered = command.invoke(verify, ["-C", str(project), "--json", str(project / "register")], standalone_mode=False)
    found = json.loads(answered.output)
    assert (answered.return_value, found["valid"], len(found["dated"])) == (0, True, 2)
    strict = ["-C", str(project), "--authority", str(project / "trust/root.pem"), str(project / "register")]
    refused = command.invoke(verify, strict, standalone_mode=False)
    assert refused.return_value == 5
    assert "checkpoints/000000000002.tsr" in refused.output


def test_a_dossier_whose_authority_was_away_is_completed_by_the_same_command(project: Path) -> None:
    settings, command = project / "reprise.yml", CliRunner()
    (project / "trust/register.pub.pem").unlink()  # Nothing was ever entered, so there is nothing that it signed.
    asked = ["-C", str(project), "--from", "2026-11-01", "--to", "2026-11-30"]
    made = project / "dossiers" / "2026-11-01--2026-11-30"
    whole = settings.read_text(encoding="utf-8")
    settings.write_text(whole.replace("http://127.0.0.1:", "http://127.0.0.1:1/", 1), encoding="utf-8")
    away = command.invoke(dossier, asked, standalone_mode=False)
    assert away.exception is None
    assert "MISSING" in away.output
    before = (made / DOSSIER_PDF).read_bytes()
    settings.write_text(whole, encoding="utf-8")

    other = command.invoke(dossier, [*asked, "--perimeter", "5"], standalone_mode=False)
    assert isinstance(other.exception, UsageError)
    assert "awaits its time-stamp" in str(other.exception)
    assert not (made / DOSSIER_ARCHIVED).exists()

    completed = command.invoke(dossier, [*asked, "--json"], standalone_mode=False)
    assert json.loads(completed.output)["awaited"] is None
    assert (made / DOSSIER_PDF).read_bytes() == before
    for name in (DOSSIER_ZIP, DOSSIER_ARCHIVED):
        answered = command.invoke(verify, ["-C", str(project), str(made / name)], standalone_mode=False)
        assert answered.return_value == 0
        assert "level 2, proved at " in answered.output
    again = command.invoke(dossier, asked, standalone_mode=False)
    assert isinstance(again.exception, UsageError)
    assert "already there" in str(again.exception)


def test_runs_of_earlier_keys_are_renewed_and_one_that_fails_stops_nobody(project: Path, workshop: Workshop) -> None:
    """The runs of the key before, of one that nobody here knows, and of the key now, in this order."""
    old, foreign, new = (f"20261102T08000{number}Z-postgresql-restore-1a2b" for number in (1, 2, 3))
    shutil.rmtree(project / "runs" / RUN_ID)
    for name, label, arch in ((old, "p256", "seals"), (foreign, "seal", "nobody"), (new, "rsa", "seals")):
        _change_key(project, workshop, label=label, arch=arch)
        write_run(project / "runs" / name, run_id=name)
        assert _call(seal, project, name).exception is None

    done = _call(renew, project, "--all", "--force")

    lines = dict(line.split(": ", 1) for line in done.output.splitlines())
    assert done.return_value == ExitCode.EVIDENCE
    assert {name: ARCHIVED in line for name, line in lines.items()} == {old: True, foreign: False, new: True}
    assert lines[foreign].startswith("FAILED: it was sealed with a certificate that is not trusted here")
    assert not (project / "runs" / foreign / ARCHIVED).exists()
    for name in (old, new):
        assert _call(verify, project, str(project / "runs" / name)).return_value == ExitCode.PASSED

    # Trusted again, it is renewed too.
    (project / "trust/earlier.pem").write_bytes(certificate_pem(workshop.pki.certificate("nobody", "seal")))
    assert _call(renew, project, "--all", "--force").return_value == ExitCode.PASSED
    assert (project / "runs" / foreign / ARCHIVED).exists()


def test_audit_files_are_renewed_with_the_runs_and_by_their_path(project: Path, tmp_path: Path) -> None:
    (project / "trust/register.pub.pem").unlink()  # Nothing was ever entered, so there is nothing that it signed.
    shutil.rmtree(project / "runs")
    period, elsewhere = ("--from", "2026-11-01", "--to", "2026-11-30"), tmp_path / "handed over"
    made = project / "dossiers" / "2026-11-01--2026-11-30"
    assert _call(dossier, project, *period).exception is None
    shutil.copytree(made, elsewhere)
    (project / "dossiers/broken").mkdir()
    (project / "dossiers/broken" / DOSSIER_ZIP).write_bytes(b"no archive")
    sealed = (made / DOSSIER_PDF).read_bytes()

    everything = _call(renew, project, "--all", "--force")

    assert everything.return_value == ExitCode.EVIDENCE
    assert everything.output.splitlines() == [
        f"dossiers/{made.name}: {DOSSIER_ARCHIVED}, {RENEWALS}",
        f"dossiers/broken: FAILED: {DOSSIER_ZIP}: it is not a whole ZIP archive",
    ]
    for name in (str(elsewhere), str(elsewhere / DOSSIER_ZIP)):
        alone = _call(renew, project, name, "--force")
        assert (alone.return_value, alone.output) == (ExitCode.PASSED, f"{name}: {DOSSIER_ARCHIVED}, {RENEWALS}\n")
    assert _call(renew, project, str(made)).output == f"{made}: nothing ages\n"
    for directory in (made, elsewhere):
        assert (directory / DOSSIER_PDF).read_bytes() == sealed
        for name in (DOSSIER_ZIP, DOSSIER_ARCHIVED):
            assert _call(verify, project, str(directory / name)).return_value == ExitCode.PASSED

    nowhere = _call(renew, project, str(tmp_path / "nowhere"))
    assert isinstance(nowhere.exception, UsageError)
    assert "there is no audit file here" in str(nowhere.exception)


def _call(command: Command, project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["-C", str(project), *arguments], standalone_mode=False)


def _change_key(project: Path, workshop: Workshop, *, label: str, arch: str) -> None:
    shutil.copy(workshop.pki.key(arch, label), project / "keys/seal.key.pem")
    issuer = "interm" if arch == "seals" else "root"
    workshop.pki.write_chain(project / "trust/seal.crt.pem", label, arch=arch, issuer=issuer)
