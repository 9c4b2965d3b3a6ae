"""A site on disk: made whole beside the old one, then put in its place. What is not ours is refused, and stays."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.canonical import sha256
from orchestrator.durable import sync_directory
from orchestrator.errors import StoreError, UsageError
from reports.site.manifest import MANIFEST, MadeRun, SiteManifest, format_manifest, parse_manifest

_DIRECTORY_MODE = 0o755


@dataclass(slots=True)
class SiteDirectory:
    """A new site that is being written. What has not changed since the old one is kept without being written again."""

    target: Path
    new: Path
    old: SiteManifest | None
    paths: list[str] = field(default_factory=list)
    runs: dict[str, MadeRun] = field(default_factory=dict)

    @property
    def manifest(self) -> SiteManifest:
        """What was written so far."""
        return SiteManifest(paths=tuple(sorted(self.paths)), runs=dict(sorted(self.runs.items())))

    def write(self, path: str, content: bytes) -> None:
        """One file, by its path within the site.

        Raises:
            StoreError: The disk is full, or it cannot be written.
        """
        self._put(path, content)
        self.paths.append(path)

    def _put(self, path: str, content: bytes) -> None:
        file = self.new / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise StoreError(f"{file}: cannot be written: {error.strerror}", hint=_ROOM) from error

    def write_run(self, run_id: str, *, fingerprint: str, files: Mapping[str, bytes]) -> None:
        """The page of a run in every language, and its files."""
        for path, content in files.items():
            self._put(path, content)
        digests = {path: sha256(content) for path, content in sorted(files.items())}
        self.runs[run_id] = MadeRun(fingerprint=fingerprint, files=digests)

    def keep_run(self, run_id: str, *, fingerprint: str) -> bool:
        """Take over a run's page and files from the old site, where they were made from the same and are as written."""
        made = self.old.runs.get(run_id) if self.old else None
        if made is None or made.fingerprint != fingerprint or not all(map(self._intact, made.files.items())):
            return False
        for path in made.files:
            (self.new / path).parent.mkdir(parents=True, exist_ok=True)
            _link(self.target / path, self.new / path)
        self.runs[run_id] = made
        return True

    def _intact(self, named: tuple[str, str]) -> bool:
        path, digest = named
        file = self.target / path
        inside = ".." not in Path(path).parts and not Path(path).is_absolute()
        return inside and file.is_file() and not file.is_symlink() and sha256(file.read_bytes()) == digest


@contextmanager
def replacing(target: Path) -> Iterator[SiteDirectory]:
    """Write a new site, and put it where the old one is once it is whole; whatever is raised leaves the old one.

    Between two renames there is an instant at which nothing is at the target. One who dies in it leaves the old site
    beside it, and the next making puts that back first.

    Args:
        target: Missing, empty, or a site of ours.

    Raises:
        UsageError: Something else is there. Nothing was touched.
        StoreError: It cannot be written.
    """
    target = target.absolute()
    _restore(target)
    old = _claim(target)
    new = _fresh(target)
    try:
        site = SiteDirectory(target=target, new=new, old=old)
        yield site
        site.write(MANIFEST, format_manifest(site.manifest))
        _swap(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


_ROOM = "free space on that disk or make the directory writable, then give the command again"


def _claim(target: Path) -> SiteManifest | None:
    """What was written there before; None where nothing is."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target}: it is no directory", hint="name a directory that is not there yet")
    if not target.exists() or not any(target.iterdir()):
        return None
    found = parse_manifest(_read(target / MANIFEST))
    if found is None:
        hint = "name a directory that is not there yet, or is empty; nothing was touched"
        raise UsageError(f"{target}: it holds something else than a site that reprise made", hint=hint)
    stranger = next((path for path in sorted(_paths(target)) if path not in found.known), None)
    if stranger is not None:
        hint = "it would be lost: move it elsewhere, then give the command again; nothing was touched"
        raise UsageError(f"{target / stranger}: it is no part of the site that reprise made", hint=hint)
    return found


def _paths(target: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(target):
        links = (name for name in folders if Path(folder, name).is_symlink())
        for name in (*names, *links):
            yield Path(folder, name).relative_to(target).as_posix()


def _fresh(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
        new.chmod(_DIRECTORY_MODE)
    except OSError as error:
        raise StoreError(f"{target.parent}: cannot be written: {error.strerror}", hint=_ROOM) from error
    return new


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _restore(target: Path) -> None:
    """Whoever died between the two renames left the old site aside."""
    aside = _aside(target)
    if parse_manifest(_read(aside / MANIFEST)) is None:
        return
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _swap(new: Path, target: Path) -> None:
    aside = _aside(target)
    try:
        if target.exists():
            target.rename(aside)
        try:
            new.rename(target)
        except OSError:
            if aside.exists():
                aside.rename(target)
            raise
        sync_directory(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be replaced: {error.strerror}", hint=_ROOM) from error
    shutil.rmtree(aside, ignore_errors=True)


def _link(source: Path, destination: Path) -> None:
    """A second name for the same file; where the disk has none, a copy."""
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)
