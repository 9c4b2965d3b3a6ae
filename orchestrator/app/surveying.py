"""What lies on disk of every run, with its digests, and whether it is what was sealed. Removes nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator.app.answering import run_lock
from orchestrator.app.runs import list_run_directories
from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from orchestrator.project import Project
from orchestrator.store import RunDirectory
from reports.envelope import parse_attestation
from reports.layout import ARCHIVED, ATTESTATION, BUNDLE, EVIDENCE, RENEWALS, REPORT_HTML, THINNED, read_bundle
from reports.materials import SERIES_FOLDER
from reports.register.entries import Category, RemovedFile
from reports.removal import RunFiles

_BESIDE = frozenset({BUNDLE, ARCHIVED, RENEWALS, THINNED})
"""What a run's directory may hold beside what its bundle holds."""
_LAST = (BUNDLE, EVIDENCE, ATTESTATION)
"""In this order, behind everything else: whoever comes in between can still tell what it was."""


def survey_runs(project: Project) -> Iterator[RunFiles]:
    """Every run of the project, the oldest first, one at a time: a bundle is held in memory."""
    for path in list_run_directories(project):
        yield survey_run(project, path)


def survey_run(project: Project, path: Path) -> RunFiles:
    """One run."""
    contents, strange = _contents(path)
    own = {name: _removed(project.root, path / name, content) for name, content in contents.items()}
    ordered = sorted(own, key=lambda name: (_LAST.index(name) if name in _LAST else -1, name))
    leftovers = tuple(_leftovers(project, path.name))
    copies = tuple(own[name] for name in ordered if name.startswith(SERIES_FOLDER) or name == REPORT_HTML)
    return RunFiles(
        run_id=path.name,
        files={
            Category.EVIDENCE: (*leftovers, *(own[name] for name in ordered)),
            Category.COPIES: copies,
            Category.LEFTOVERS: leftovers,
        },
        attestation_sha256=_statement(contents),
        altered=strange or _altered(contents),
        retention=_retention(path),
    )


def _contents(path: Path) -> tuple[dict[str, bytes], str]:
    """Every file by its name, and what is none, in words."""
    found, strange = {}, ""
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            strange = f"{name} is no file"
        elif file.is_file():
            try:
                found[name] = file.read_bytes()
            except OSError as error:
                strange = f"{name} cannot be read: {error.strerror}"
    return found, strange


def _altered(contents: Mapping[str, bytes]) -> str:
    """What differs from the bundle: it is as it was sealed, and holds all of the run."""
    try:
        whole = read_bundle(contents.get(BUNDLE, b""))
    except EvidenceError as error:
        return str(error)
    if _statement(whole) != _statement(contents):
        return f"{BUNDLE} is that of another attestation"
    for name, content in contents.items():
        if name in whole and name not in _BESIDE and name != ATTESTATION and whole[name] != content:
            return f"{name} is not the file that was sealed"
        if name not in whole and name not in _BESIDE:
            return f"{name} is no part of what was sealed"
    return ""


def _statement(contents: Mapping[str, bytes]) -> str | None:
    """Of the statement, not of the file: that may get a time-stamp later."""
    try:
        return sha256(parse_attestation(contents[ATTESTATION]).payload)
    except (KeyError, EvidenceError):
        return None


def _retention(path: Path) -> str | None:
    """What its report says. A plan that cannot be read is altered anyway."""
    try:
        return RunDirectory(path).read_plan().organisation.retention
    except EvidenceError:
        return None


def _leftovers(project: Project, run_id: str) -> Iterator[RemovedFile]:
    box, lock = project.answers(run_id), project.locks / f"{run_lock(run_id)}.lock"
    for file in [*(sorted(box.iterdir()) if box.is_dir() else ()), lock]:
        if file.is_file() and not file.is_symlink():
            yield _removed(project.root, file, file.read_bytes())


def _removed(root: Path, file: Path, content: bytes) -> RemovedFile:
    return RemovedFile(path=file.relative_to(root).as_posix(), sha256=sha256(content), size=len(content))
