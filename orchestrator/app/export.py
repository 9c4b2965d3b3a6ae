"""Sealed evidence in the formats of others: which runs, whether they verify, and what is made of them.

Nothing leaves here that does not verify: a run that is not sealed, or whose bundle is not valid, is an error by name.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from orchestrator.adapters.ciso_assistant import CisoAssistant, Pushed, Target
from orchestrator.app.register import read_entries
from orchestrator.app.runs import RunSummary, find_run, list_runs
from orchestrator.app.trust import whom_to_trust
from orchestrator.core.model import Language
from orchestrator.core.ports import Clock
from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, StoreError, UsageError
from orchestrator.project import Project
from orchestrator.store import RunDirectory
from reports.assessment import Trust
from reports.export.ciso_assistant import build_piece
from reports.export.oscal import render_oscal
from reports.export.rows import actions_table, findings_table, measurements_table, register_table, runs_table
from reports.export.run import SealedRun, read_sealed_run
from reports.export.seda import Submission, Transfer, render_seda
from reports.export.table import Table, TableName, render_csv
from reports.export.workbook import render_workbook
from reports.layout import BUNDLE
from reports.register.entries import RegisterEntry
from reports.verification import VerificationReport
from reports.verify import verify
from reports.words import Words, load_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is exported: runs by name, or those of a period of days (UTC, both ends included), or all there are."""

    names: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None

    def __post_init__(self) -> None:
        if self.names and (self.from_day or self.to_day):
            raise UsageError("export: runs by name, or a period, not both", hint="leave out one of them")
        if self.from_day and self.to_day and self.to_day < self.from_day:
            raise UsageError(f"export: the period ends on {self.to_day}, before it begins on {self.from_day}")

    def holds(self, moment: datetime) -> bool:
        """Whether an instant lies within the period."""
        day = moment.astimezone(UTC).date()
        return (self.from_day is None or self.from_day <= day) and (self.to_day is None or day <= self.to_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One link of an evidence: to what, and whether it was new."""

    target: Target
    identifier: UUID
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one run: where its bundle is, and what it is linked to."""

    run_id: str
    pushed: Pushed
    links: tuple[Linked, ...]


def export_oscal(project: Project, *, choice: Choice, language: Language) -> bytes:
    """OSCAL assessment results of the chosen runs.

    Raises:
        EvidenceError: A chosen run is not sealed or does not verify.
        UsageError: There is no such run.
    """
    return render_oscal(sealed_runs(project, choice=choice), language=language)


def export_csv(project: Project, *, table: TableName, choice: Choice, language: Language) -> bytes:
    """One table as CSV.

    Raises:
        EvidenceError: A chosen run is not sealed or does not verify, or the register is broken.
        UsageError: There is no such run, or no register.
    """
    return render_csv(_table(project, name=table, choice=choice, words=load_words(language)))


def export_workbook(project: Project, *, choice: Choice, language: Language) -> bytes:
    """Register, runs, measurements, findings and actions as one workbook; without a register, the sheets of runs only.

    Raises:
        EvidenceError: A chosen run is not sealed or does not verify, or the register is broken.
        UsageError: There is nothing to export.
    """
    words, entries = load_words(language), _entries(project, choice=choice)
    runs = sealed_runs(project, choice=choice)
    moments = [*(entry.at for entry in entries or ()), *(run.evidence.journal.ended_at for run in runs)]
    if not moments:
        raise UsageError("export: there is neither an entry of the register nor a run", hint="choose another period")
    of_runs = (runs_table(runs, words=words), measurements_table(runs), findings_table(runs, words=words))
    known = () if entries is None else (register_table(entries),)
    told = () if entries is None else (actions_table(entries),)
    return render_workbook((*known, *of_runs, *told), words=words, moment=max(moments))


def export_seda(project: Project, *, choice: Choice, transfer: Transfer, language: Language) -> Submission:
    """A SEDA submission of the chosen runs.

    Raises:
        EvidenceError: A chosen run is not sealed or does not verify.
        UsageError: There is no such run, or an agency has no identifier.
    """
    return render_seda(sealed_runs(project, choice=choice), transfer=transfer, words=load_words(language))


def push_to_ciso_assistant(
    project: Project,
    *,
    choice: Choice,
    url: str,
    token_variable: str,
    folder: UUID,
    links: Sequence[tuple[Target, UUID]],
    clock: Clock,
    language: Language,
) -> Iterator[Delivery]:
    """Push the bundle of each chosen run, and link it. Pushing again changes nothing that is as it should be.

    Args:
        project: Whose runs.
        choice: Which of them. All are verified before the first is pushed.
        url: Of the server.
        token_variable: The environment variable that holds the token.
        folder: The domain there.
        links: What each evidence is for.
        clock: What bounds an exchange.
        language: Of what is said of a run.

    Yields:
        Each run, as soon as it is there: what comes behind it may still fail.

    Raises:
        EvidenceError: A chosen run is not sealed or does not verify.
        DeliveryError: The server cannot be reached, refuses, or holds other bytes than were sent.
        UsageError: There is no such run, no token, or the URL is not safe for one.
    """
    server = CisoAssistant(url=url, token=_token(token_variable), clock=clock)
    runs, words = sealed_runs(project, choice=choice), load_words(language)
    if not runs:
        raise UsageError("export: there is no run to push", hint="name a run, or a period that holds one")
    for run in runs:
        yield _deliver(run, server=server, folder=folder, links=links, words=words)


def sealed_runs(project: Project, *, choice: Choice) -> tuple[SealedRun, ...]:
    """The chosen runs, each verified with what this project trusts, in the order of their names.

    Raises:
        EvidenceError: One is not sealed or does not verify: it is named, and nothing is exported.
        UsageError: There is no run of a name.
    """
    trust = whom_to_trust((), (), (), (), project=project.root)
    chosen = sorted({run.path for run in _chosen(project, choice=choice)})
    return tuple(_verified(path, trust=trust) for path in chosen)


def _chosen(project: Project, *, choice: Choice) -> list[RunDirectory]:
    if choice.names:
        return [find_run(project, name) for name in choice.names]
    return [run.directory for run in list_runs(project) if _within(run, choice=choice)]


def _within(run: RunSummary, *, choice: Choice) -> bool:
    if choice.from_day is None and choice.to_day is None:
        return True
    return choice.holds(run.directory.read_plan().created_at)


def _verified(path: Path, *, trust: Trust) -> SealedRun:
    bundle = path / BUNDLE
    if not bundle.is_file():
        hint = f"`reprise seal {path.name}` finishes it; a run that is still under way must end first"
        raise EvidenceError(f"{path.name}: it is not sealed, so nothing is exported", hint=hint)
    report = verify(bundle, trust=trust)
    if why := _wrong(report, name=path.name):
        hint = f"`reprise verify {bundle}` says everything that is wrong"
        raise EvidenceError(f"{path.name}: its evidence does not verify, so nothing is exported ({why})", hint=hint)
    return read_sealed_run(bundle.read_bytes())


def _wrong(report: VerificationReport, *, name: str) -> str | None:
    if report.failures:
        return f"{report.failures[0].subject}: {report.failures[0].detail}"
    if not report.valid:
        return "not everything that must be asked could be"
    return None if report.run_id == name else f"it is the evidence of {report.run_id}"


def _table(project: Project, *, name: TableName, choice: Choice, words: Words) -> Table:
    if name in (TableName.REGISTER, TableName.ACTIONS):
        entries = _entries(project, choice=choice)
        if entries is None:
            raise UsageError(f"export: {project.root} keeps no register", hint="export another table")
        return register_table(entries) if name is TableName.REGISTER else actions_table(entries)
    runs = sealed_runs(project, choice=choice)
    if name is TableName.MEASUREMENTS:
        return measurements_table(runs)
    return runs_table(runs, words=words) if name is TableName.RUNS else findings_table(runs, words=words)


def _entries(project: Project, *, choice: Choice) -> tuple[RegisterEntry, ...] | None:
    """The register's entries of the period, or those that tell of the runs that were named."""
    entries = read_entries(project)
    if entries is None:
        return None
    if choice.names:
        named = {run.path.name for run in _chosen(project, choice=choice)}
        return tuple(entry for entry in entries if getattr(entry.event, "run_id", None) in named)
    return tuple(entry for entry in entries if choice.holds(entry.at))


def write_export(path: Path, content: bytes, *, project: Project) -> None:
    """Put an export where it was asked for, whole or not at all.

    Raises:
        UsageError: That is where the project keeps its evidence.
        StoreError: It cannot be written there.
    """
    kept = (project.runs, project.register)
    if any(path.resolve().is_relative_to(folder.resolve()) for folder in kept):
        raise UsageError(f"{path}: evidence is kept there, and an export is none", hint="choose another directory")
    try:
        write_durably(path, content)
    except StoreError as error:
        raise StoreError(str(error), hint="choose a directory that exists, can be written and has space") from error


def _token(variable: str) -> str:
    token = os.environ.get(variable, "")
    if not token:
        hint = f"put a Personal Access Token in {variable}; never on a command line"
        raise UsageError(f"CISO Assistant: the environment variable {variable} is not set", hint=hint)
    return token


def _deliver(
    run: SealedRun, *, server: CisoAssistant, folder: UUID, links: Sequence[tuple[Target, UUID]], words: Words
) -> Delivery:
    piece = build_piece(run, words=words)
    pushed = server.push(
        folder=folder,
        name=piece.name,
        description=piece.description,
        observation=piece.observation,
        file_name=piece.file_name,
        content=piece.content,
    )
    linked = (
        Linked(
            target=target,
            identifier=identifier,
            added=server.link(evidence=pushed.evidence, target=target, identifier=identifier),
        )
        for target, identifier in links
    )
    return Delivery(run_id=run.run_id, pushed=pushed, links=tuple(linked))
