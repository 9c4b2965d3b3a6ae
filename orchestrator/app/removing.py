"""Removes the files of an entry of the register, in their order, and nothing that is not as it was entered.

Decides nothing, and can be stopped at any instant: called again it goes on.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from orchestrator.core.canonical import canonical, sha256
from orchestrator.durable import sync_directory, write_durably
from orchestrator.errors import StoreError
from orchestrator.project import Project
from reports.layout import THINNED, Thinned
from reports.register.entries import Category, FilesRemoved, RemovedFile


def is_left(project: Project, event: FilesRemoved) -> bool:
    """Whether anything of an entry is there still: whoever removed it was stopped, or it was brought back."""
    going = event.category is Category.EVIDENCE and _going(project, event.run_id).is_dir()
    return going or any(_is_there(project.root, file) for file in event.files)


def remove_entered(project: Project, event: FilesRemoved) -> tuple[str, ...]:
    """Remove the files of an entry that are there and as they were entered. Can be called again.

    Returns:
        The paths of those that are others now: they were not entered, and stay.

    Raises:
        StoreError: One cannot be removed.
    """
    try:
        match event.category:
            case Category.EVIDENCE:
                return _remove_run(project, event)
            case Category.COPIES:
                _note_thinned(project.runs / event.run_id, event)
                return _remove_files(project.root, event.files)
            case Category.LEFTOVERS:
                return _remove_files(project.root, event.files)
    except OSError as error:
        hint = "make it writable, then give the command again: what was entered is removed then"
        raise StoreError(f"{error.filename}: it cannot be removed: {error.strerror}", hint=hint) from error


def _remove_run(project: Project, event: FilesRemoved) -> tuple[str, ...]:
    """First the directory gets a name that no run has: at no instant is there half a run under its own."""
    run, going = project.runs / event.run_id, _going(project, event.run_id)
    inside = PurePosixPath(run.relative_to(project.root))
    if run.is_dir():
        if altered := _altered(project.root, event.files):
            return altered
        run.rename(going)
        sync_directory(project.runs)
    own = [file for file in event.files if PurePosixPath(file.path).is_relative_to(inside)]
    left = _remove_files(project.root, [file for file in event.files if file not in own])
    moved = [_moved(file, inside=inside, going=going, root=project.root) for file in own]
    left += _remove_files(project.root, moved)
    _remove_empty(going)
    strangers = sorted(path for path in going.rglob("*") if not path.is_dir()) if going.is_dir() else []
    return (*left, *(name for path in strangers if (name := _name(path, project)) not in left))


def _moved(file: RemovedFile, *, inside: PurePosixPath, going: Path, root: Path) -> RemovedFile:
    path = going / PurePosixPath(file.path).relative_to(inside)
    return file.model_copy(update={"path": path.relative_to(root).as_posix()})


def _name(path: Path, project: Project) -> str:
    return path.relative_to(project.root).as_posix()


def _going(project: Project, run_id: str) -> Path:
    """What a run's directory is called while it is being removed. No run's name begins with a dot."""
    return project.runs / f".{run_id}.removed"


def _altered(root: Path, files: Sequence[RemovedFile]) -> tuple[str, ...]:
    return tuple(file.path for file in files if _is_there(root, file) and not _is_same(root, file))


def _remove_files(root: Path, files: Sequence[RemovedFile]) -> tuple[str, ...]:
    """One after the other, in their order: what tells of the others is the last."""
    left = []
    for file in files:
        with _unlocked(root / file.path) as free:
            if _is_there(root, file) and not (free and _is_same(root, file)):
                left.append(file.path)
            elif _is_there(root, file):
                (root / file.path).unlink()
                sync_directory((root / file.path).parent)
    for directory in {(root / file.path).parent for file in files}:
        if ".reprise/answers/" in f"{directory.as_posix()}/":
            _remove_empty(directory)
    return tuple(left)


@contextmanager
def _unlocked(path: Path) -> Iterator[bool]:
    """Whether a file is no lock that somebody holds; held by us while a block runs."""
    if path.suffix != ".lock" or not path.is_file():
        yield True
        return
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(file)


def _is_there(root: Path, file: RemovedFile) -> bool:
    return (root / file.path).is_symlink() or (root / file.path).exists()


def _is_same(root: Path, file: RemovedFile) -> bool:
    path = root / file.path
    return path.is_file() and not path.is_symlink() and sha256(path.read_bytes()) == file.sha256


def _remove_empty(directory: Path) -> None:
    """A directory that holds nothing but empty ones. One that is not empty stays, as does what is in it."""
    below = [path for path in directory.rglob("*") if path.is_dir()] if directory.is_dir() else []
    for path in (*sorted(below, reverse=True), directory):
        with suppress(OSError):
            path.rmdir()


def _note_thinned(run: Path, event: FilesRemoved) -> None:
    """Before the files go: whoever reads the directory finds them in the bundle from now on."""
    if run.is_dir() and not (run / THINNED).exists():
        prefix = f"runs/{event.run_id}/"
        names = tuple(file.path.removeprefix(prefix) for file in event.files)
        write_durably(run / THINNED, canonical(Thinned(files=names)))
