"""The commands about evidence: seal, renew, verify, keys."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from orchestrator.adapters.system import SystemClock
from orchestrator.app.dossier import verify_evidence
from orchestrator.app.register import is_register, make_register_key
from orchestrator.app.renewing import open_vouchers, renewals
from orchestrator.app.runs import find_run
from orchestrator.app.sealing import make_keys, open_seal, seal_run
from orchestrator.app.trust import whom_to_trust
from orchestrator.cli.answers import print_answer, print_not_valid, print_valid
from orchestrator.cli.options import (
    authority_option,
    console,
    echo_json,
    json_option,
    language_option,
    project_option,
)
from orchestrator.cli.register import verify_register_at
from orchestrator.core.model import Language
from orchestrator.errors import ExitCode, RepriseError, UsageError
from orchestrator.project import load_project
from reports.completion import Completed
from reports.seal import Sealed
from reports.verification import VerificationReport


@click.command()
@click.argument("name", metavar="RUN", default="latest")
@project_option
@language_option
def seal(name: str, project: Path, lang: str | None) -> None:
    """Finish the evidence of RUN. On a sealed run this adds the time-stamp that was missing, and nothing else."""
    loaded = load_project(project)
    tools = open_seal(loaded, clock=SystemClock())
    sealed = seal_run(find_run(loaded, name), seal=tools, language=Language(lang) if lang else None)
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
@authority_option
@click.option(
    "--qualified",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A root of a trusted list of qualified providers (default: trust/qualified/ of this project).",
)
@click.option(
    "--register-key",
    "register_keys",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The public key of a register, for the proof that the run was entered in it (default: that of this project).",
)
@click.option("--without-register", is_flag=True, help="Accept evidence of a run that was entered in no register.")
@project_option
@json_option
@click.option("--lang", type=click.Choice([language.value for language in Language]), help="Language of the answers.")
def verify(
    path: Path,
    certificates: tuple[Path, ...],
    authorities: tuple[Path, ...],
    qualified: tuple[Path, ...],
    register_keys: tuple[Path, ...],
    without_register: bool,
    project: Path,
    as_json: bool,
    lang: str | None,
) -> int:
    """Check PATH (a report, a bundle, a run directory, an audit file, a register).

    Asks for signatures, digests and chain, and computes every figure again. Works offline. The certificate inside the
    evidence proves nothing by itself, and is never used.
    """
    if is_register(path):
        return verify_register_at(
            path, key_files=register_keys, authorities=authorities, project=project, as_json=as_json
        )
    trust = whom_to_trust(certificates, authorities, qualified, register_keys, project=project)
    report = verify_evidence(path, trust=replace(trust, now=SystemClock().now(), without_register=without_register))
    if as_json:
        echo_json(_document(report))
    else:
        _print_report(report, language=Language(lang or Language.ENGLISH))
    return ExitCode.PASSED if report.valid else ExitCode.EVIDENCE


@click.command()
@click.argument("name", metavar="RUN|PATH", required=False)
@click.option(
    "--all", "every", is_flag=True, help="Every sealed run of this project, and every audit file in dossiers/."
)
@click.option("--force", is_flag=True, help="Even where the newest time-stamp is not old.")
@project_option
def renew(name: str | None, every: bool, force: bool, project: Path) -> int:
    """Add an archive time-stamp to RUN, or to the audit file at PATH, before its newest one ages.

    What was sealed is not touched. Where nothing ages nothing is done. No key is needed. Each has its own line; one
    that cannot be renewed does not stop the others, and the command then says so with its exit code.
    """
    if (name is None) is not every:
        raise UsageError("what is renewed?", hint="name one run, or the path of an audit file, or say --all")
    loaded = load_project(project)
    found = renewals(loaded, name, vouchers=open_vouchers(loaded), now=SystemClock().now(), force=force)
    ends = {_renew(called, renewal) for called, renewal in found}
    worst = (ExitCode.EVIDENCE, ExitCode.INCONCLUSIVE)
    return next((end for end in worst if end in ends), ExitCode.PASSED)


def _renew(called: str, renewal: Callable[[], Completed]) -> ExitCode:
    """Renew one and say what came of it; no error of its own may keep the next one from being renewed."""
    try:
        completed = renewal()
    except RepriseError as error:
        click.echo(f"{called}: FAILED: {error}" + (f" ({error.hint})" if error.hint else ""))
        return ExitCode.EVIDENCE
    done = ", ".join(completed.files) or "nothing ages"
    click.echo(f"{called}: {completed.away or done}")
    return ExitCode.INCONCLUSIVE if completed.away else ExitCode.PASSED


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
    if sealed.awaited:
        screen.print(f"time      MISSING: {escape(sealed.awaited)}; `reprise seal` adds it later", style="bold yellow")
    command = shlex.join(["reprise", "verify", "-C", str(project), str(sealed.report_pdf)])
    screen.print(f"verify    {command}")


def _print_report(report: VerificationReport, *, language: Language) -> None:
    screen = console()
    for check in report.checks:
        print_answer(screen, check.status, check.within(language), subject=check.subject, detail=check.detail)
    if report.valid:
        proved = f", proved at {report.proved_at:%Y-%m-%dT%H:%M:%SZ}" if report.proved_at else ""
        what = f"{report.run_id}, verdict {report.verdict}" if report.run_id else report.name
        print_valid(screen, f"{what}, signed by {report.signer}, level {report.level}{proved}")
    else:
        print_not_valid(screen)


def _document(report: VerificationReport) -> dict[str, object]:
    checks = [{"check": c.code, "subject": c.subject, "status": c.status, "detail": c.detail} for c in report.checks]
    return {
        "name": report.name,
        "valid": report.valid,
        "run": report.run_id,
        "verdict": report.verdict,
        "signer": report.signer,
        "level": report.level,
        "proved_at": f"{report.proved_at:%Y-%m-%dT%H:%M:%SZ}" if report.proved_at else None,
        "checks": checks,
    }
