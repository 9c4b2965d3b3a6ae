"""The commands about evidence: seal, verify, keys."""

import shlex
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from orchestrator.adapters.system import SystemClock
from orchestrator.app.register import make_register_key
from orchestrator.app.runs import find_run
from orchestrator.app.sealing import make_keys, open_seal, seal_run, trusted_certificates
from orchestrator.cli.options import console, echo_json, json_option, language_option, project_option
from orchestrator.core.model import Language
from orchestrator.errors import ExitCode
from orchestrator.project import load_project
from reports.seal import Sealed
from reports.verification import Status, VerificationReport
from reports.verify import verify as verify_evidence

STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.NOTED: "yellow"}


@click.command()
@click.argument("name", metavar="RUN", default="latest")
@project_option
@language_option
def seal(name: str, project: Path, lang: str | None) -> None:
    """Finish the evidence of RUN. On a run that is sealed already this changes nothing."""
    loaded = load_project(project)
    sealed = seal_run(find_run(loaded, name), seal=open_seal(loaded), language=Language(lang) if lang else None)
    print_sealed(console(), sealed, project=loaded.root)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--certificate",
    "certificates",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A certificate that you trust, received from somebody you know (default: trust/ of this project).",
)
@project_option
@json_option
@click.option("--lang", type=click.Choice([language.value for language in Language]), help="Language of the answers.")
def verify(path: Path, certificates: tuple[Path, ...], project: Path, as_json: bool, lang: str | None) -> int:
    """Check PATH (a report, a bundle, a run directory): signatures, digests, chain, and every figure computed again.

    Works offline. The certificate inside the evidence proves nothing by itself, and is never used.
    """
    report = verify_evidence(path, certificates=trusted_certificates(certificates, project=project))
    if as_json:
        echo_json(_document(report))
    else:
        _print_report(report, language=Language(lang or Language.ENGLISH))
    return ExitCode.PASSED if report.valid else ExitCode.EVIDENCE


@click.group()
def keys() -> None:
    """The signing key and its certificate, and the key of the register."""


@keys.command("init")
@project_option
@click.option("--if-missing", is_flag=True, help="Do nothing where there is a key already.")
def keys_init(project: Path, if_missing: bool) -> None:
    """Make a key and a self-signed certificate, and the register's own key: no third party vouches for the names."""
    loaded = load_project(project)
    seal_key = make_keys(loaded, clock=SystemClock(), if_missing=if_missing)
    for line in (*seal_key, *make_register_key(loaded, if_missing=if_missing)):
        click.echo(line)


def print_sealed(screen: Console, sealed: Sealed, *, project: Path) -> None:
    """Where the evidence is, and the command that verifies it."""
    screen.print(f"report    {sealed.report_pdf}")
    screen.print(f"bundle    {sealed.bundle}")
    command = shlex.join(["reprise", "verify", "-C", str(project), str(sealed.report_pdf)])
    screen.print(f"verify    {command}")


def _print_report(report: VerificationReport, *, language: Language) -> None:
    screen = console()
    for check in report.checks:
        detail = f": {check.detail}" if check.detail else ""
        line = (
            f"[{STYLES[check.status]}]{check.status:<7}[/] {check.within(language)} ({check.subject}){escape(detail)}"
        )
        screen.print(line)
    if report.valid:
        screen.print(f"valid: {report.run_id}, verdict {report.verdict}, signed by {report.signer}", style="bold green")
    else:
        screen.print("NOT VALID: do not rely on it", style="bold red")


def _document(report: VerificationReport) -> dict[str, object]:
    checks = [{"check": c.code, "subject": c.subject, "status": c.status, "detail": c.detail} for c in report.checks]
    return {
        "name": report.name,
        "valid": report.valid,
        "run": report.run_id,
        "verdict": report.verdict,
        "signer": report.signer,
        "checks": checks,
    }
