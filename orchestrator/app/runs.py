"""The runs of a project: which there are, which are unfinished, what each came to."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.app.register import read_entries
from orchestrator.core.events import RunFinished
from orchestrator.core.history import History
from orchestrator.core.results import Judgement
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import Project
from orchestrator.store import RunDirectory
from reports.dossier.chronicle import Chronicle, Entered
from reports.evidence import VerdictDocument
from reports.layout import ATTESTATION, VERDICT
from reports.register.entries import Category, FilesRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line about a run. `judgement` is None as long as the run is not sealed."""

    directory: RunDirectory
    finished: bool
    judgement: Judgement | None

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self.directory.path.name


def find_run(project: Project, name: str) -> RunDirectory:
    """The run of this name, of a unique part of it, or `latest`.

    Raises:
        UsageError: There is none, or more than one.
    """
    names = [path.name for path in list_run_directories(project)]
    found = names[-1:] if name == "latest" else [known for known in names if name in known]
    if len(found) != 1:
        problem = "there is no run" if not found else "there is more than one run"
        hint = ", ".join(found or _gone(project, name) or names[-5:]) or "no drill has been run yet"
        raise UsageError(f"{problem} called {name}", hint=hint)
    return RunDirectory(project.runs / found[0])


def list_runs(project: Project) -> tuple[RunSummary, ...]:
    """Every run, oldest first."""
    return tuple(summarise(RunDirectory(path)) for path in list_run_directories(project))


def list_unsealed(project: Project) -> tuple[RunSummary, ...]:
    """Every run without evidence, oldest first: interrupted, or finished and never sealed."""
    runs = (RunDirectory(path) for path in list_run_directories(project) if not (path / ATTESTATION).exists())
    return tuple(RunSummary(directory=run, finished=_finished(run), judgement=None) for run in runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedRun:
    """A run of which only the register tells: its evidence was removed under a rule of retention."""

    run_id: str
    ending: str
    rule: str
    removed_at: datetime
    entry: int


def list_removed(project: Project) -> tuple[RemovedRun, ...]:
    """The runs whose evidence was removed and is not there, in the order of their removal.

    Raises:
        EvidenceError: The register cannot be read.
    """
    chronicle = Chronicle(read_entries(project) or ())
    there = {path.name for path in list_run_directories(project)}
    removals = [one for one in chronicle.of(FilesRemoved) if one.event.category is Category.EVIDENCE]
    return tuple(_removed(chronicle, one) for one in removals if one.event.run_id not in there)


def _removed(chronicle: Chronicle, removal: Entered[FilesRemoved]) -> RemovedRun:
    ended = chronicle.run(removal.event.run_id).ended
    return RemovedRun(
        run_id=removal.event.run_id,
        ending=ended.event.ending if ended else "",
        rule=removal.event.rule,
        removed_at=removal.at,
        entry=removal.line,
    )


def _gone(project: Project, name: str) -> list[str]:
    """The removed runs that a name may mean, each with why it is not here."""
    return [
        f"{one.run_id} was removed on {one.removed_at:%Y-%m-%d} under rule {one.rule} (entry {one.entry})"
        for one in list_removed(project)
        if name in one.run_id
    ]


def list_run_directories(project: Project) -> list[Path]:
    """The runs' directories, oldest first. A name that begins with a dot is of a run that was never begun."""
    found = project.runs.iterdir() if project.runs.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and not path.name.startswith("."))


def summarise(run: RunDirectory) -> RunSummary:
    """What a run came to, from what is on disk."""
    return RunSummary(directory=run, finished=_finished(run), judgement=_judgement(run.path))


def _finished(run: RunDirectory) -> bool:
    try:
        return History(run.read_journal(run.read_plan())).last(RunFinished) is not None
    except EvidenceError:
        return False


def _judgement(path: Path) -> Judgement | None:
    """Of a sealed run: without its attestation a verdict is only a file that sealing was about to bind."""
    if not (path / ATTESTATION).exists():
        return None
    try:
        return VerdictDocument.model_validate_json((path / VERDICT).read_bytes()).judgement
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path / VERDICT}: it cannot be read", hint=f"reprise verify {path}") from error
