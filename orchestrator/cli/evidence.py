"""The commands about evidence: seal, verify, keys."""

import shlex
from pathlib import Path

import click
from rich.console import Console

from orchestrator.adapters.system import SystemClock
from orchestrator.app.runs import find_run
from orchestrator.app.sealing import make_keys, open_seal, seal_run, trusted_certificates
from orchestrator.cli.options import console, echo_json, json_option, language_option, project_option
from orchestrator.core.model import Language
from orchestrator.errors import ExitCode
from orchestrator.project import load_project
from reports.seal import Sealed
from reports.verify import verify as verify_evidence


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
def verify(path: Path, certificates: tuple[Path, ...], project: Path, as_json: bool) -> int:
    """Check PATH (a report, a bundle, a run directory): signatures, digests, chain, and every figure computed again.

    Works offline. The certificate inside the evidence proves nothing by itself, and is never used.
    """
    report = verify_evidence(path, certificates=trusted_certificates(certificates, project=project))
    if as_json:
        echo_json(
            {
                "path": str(path),
                "valid": report.valid,
                "checks": [{"check": check.name, "ok": check.ok, "detail": check.detail} for check in report.checks],
            }
        )
    else:
        _print_checks(report.checks, valid=report.valid)
    return ExitCode.PASSED if report.valid else ExitCode.EVIDENCE


@click.group()
def keys() -> None:
    """The signing key and its certificate."""


@keys.command("init")
@project_option
@click.option("--if-missing", is_flag=True, help="Do nothing where there is a key already.")
def keys_init(project: Path, if_missing: bool) -> None:
    """Make a key and a self-signed certificate: integrity, but no third party vouches for the name."""
    loaded = load_project(project)
    for line in make_keys(loaded, clock=SystemClock(), if_missing=if_missing):
        click.echo(line)


def print_sealed(screen: Console, sealed: Sealed, *, project: Path) -> None:
    """Where the evidence is, and the command that verifies it."""
    screen.print(f"report    {sealed.report_pdf}")
    screen.print(f"bundle    {sealed.bundle}")
    command = shlex.join(["reprise", "verify", "-C", str(project), str(sealed.report_pdf)])
    screen.print(f"verify    {command}")


def _print_checks(checks: object, *, valid: bool) -> None:
    screen = console()
    for check in checks:  # type: ignore[attr-defined]
        word, style = ("ok", "green") if check.ok else ("FAILED", "bold red")
        screen.print(f"[{style}]{word:<7}[/{style}] {check.name}  {check.detail}")
    screen.print("valid" if valid else "NOT VALID", style="bold green" if valid else "bold red")
