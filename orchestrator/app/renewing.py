"""Renews the time-stamps of sealed runs and audit files before they age: that needs no key, only who tells the time."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from orchestrator.app.authorities import open_authority
from orchestrator.app.runs import find_run, list_runs
from orchestrator.app.trust import anchors, between
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import PROJECT_FILE, Project
from orchestrator.store import RunDirectory
from reports.claims import claims_of
from reports.completion import Completed, renew
from reports.dossier.complete import renew_dossier
from reports.dossier.layout import DOSSIER_ZIP
from reports.evidence import parse_evidence
from reports.keys import load_certificates
from reports.layout import ATTESTATION, EVIDENCE, REPORT_PDF, read_directory
from reports.seal import write_evidence
from reports.vouchers import Vouchers, vouchers_about

Renewal = tuple[str, Callable[[], Completed]]
"""What is renewed, as a person calls it, and what renews it."""


def open_vouchers(project: Project) -> Vouchers:
    """Who is asked when evidence is renewed. No key is needed for that.

    Raises:
        UsageError: The project names no time-stamp authority.
    """
    authority = open_authority(project)
    if authority is None:
        raise UsageError(f"{PROJECT_FILE}: signing: timestamp: is not set", hint="see docs/how-to/signing.md")
    certificate, *chain = load_certificates(project.certificate)
    return Vouchers(authority=authority, certificate=certificate, chain=between(chain), roots=anchors(project))


def renewals(project: Project, name: str | None, *, vouchers: Vouchers, now: datetime, force: bool) -> list[Renewal]:
    """What there is to renew, runs first. Nothing is renewed yet, so that one that fails stops no other.

    Args:
        project: Whose runs and audit files.
        name: A run, or the path of an audit file, wherever that is. None: every sealed run, and `dossiers/`.
        vouchers: Who is asked.
        now: The wall clock, in UTC.
        force: Whether to add a time-stamp where none ages, too.

    Raises:
        UsageError: There is no such run, or no audit file at that path.
    """
    run_renewal = partial(renew_run, vouchers=vouchers, now=now, force=force)
    dossier_renewal = partial(renew_dossier, vouchers=vouchers, now=now, force=force)
    if name is None:
        runs, dossiers = list(_sealed_runs(project)), _dossiers(project)
    else:
        directory = _dossier_at(name)
        runs, dossiers = ([find_run(project, name)], {}) if directory is None else ([], {name: directory})
    return [
        *((run.path.name, partial(run_renewal, run)) for run in runs),
        *((called, partial(dossier_renewal, directory)) for called, directory in dossiers.items()),
    ]


def renew_run(run: RunDirectory, *, vouchers: Vouchers, now: datetime, force: bool) -> Completed:
    """Add an archive time-stamp to a sealed run where it needs one, and pack its bundle again.

    Raises:
        EvidenceError: The run is not sealed, or not with a certificate that is trusted, or is not as it was sealed.
    """
    files = read_directory(run.path)
    if ATTESTATION not in files:
        raise EvidenceError(f"{run.path.name}: it is not sealed", hint="`reprise seal` does it")
    claims = claims_of(parse_evidence(files[EVIDENCE]))
    about = vouchers_about(claims.signature.certificate_sha256, pdf=files[REPORT_PDF], vouchers=vouchers)
    completed = renew(files, claims=claims, vouchers=about, now=now, force=force)
    if completed.files:
        write_evidence(run.path, files=files, added=completed.files, certificate=about.certificate)
    return completed


def _sealed_runs(project: Project) -> Iterator[RunDirectory]:
    found = (summary.directory for summary in list_runs(project))
    return (directory for directory in found if (directory.path / ATTESTATION).exists())


def _dossiers(project: Project) -> dict[str, Path]:
    """Those that lie where `reprise dossier` puts them, by their path below the project."""
    found = sorted(path.parent for path in project.dossiers.glob(f"*/{DOSSIER_ZIP}"))
    return {directory.relative_to(project.root).as_posix(): directory for directory in found}


def _dossier_at(name: str) -> Path | None:
    """The directory of an audit file that is named by its path or by that of its archive; None: a run is meant."""
    path = Path(name)
    directory = path.parent if path.name == DOSSIER_ZIP else path
    if (directory / DOSSIER_ZIP).is_file():
        return directory
    if len(path.parts) > 1:
        hint = f"name the directory that holds {DOSSIER_ZIP}, or a run by its name alone"
        raise UsageError(f"{name}: there is no audit file here", hint=hint)
    return None
