"""Where content comes from: the project first, then plug-ins, then what is bundled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Literal

from orchestrator.core.canonical import sha256
from orchestrator.core.plan import PinnedFile
from orchestrator.errors import UsageError

Origin = Literal["project", "plugin", "bundled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that has `drills/` and `playbooks/`."""

    root: Path
    origin: Origin


def content_sources(project: Path) -> tuple[Source, ...]:
    """Every place that content is looked for in, the first one first."""
    plugins = (
        Source(root=Path(str(files(point.load()))), origin="plugin") for point in entry_points(group="reprise.content")
    )
    return (Source(root=project, origin="project"), *plugins, Source(root=bundled_content(), origin="bundled"))


def bundled_content() -> Path:
    """The directory of the drills and playbooks that travel with the product: in the wheel, or in a checkout."""
    package = Path(str(files("orchestrator")))
    installed = package / "content"
    return installed if installed.is_dir() else package.parent


def find_drill(name: str, *, sources: tuple[Source, ...]) -> tuple[Path, Origin]:
    """The file of a drill, never one outside of a `drills/` directory.

    Raises:
        UsageError: There is no drill of this name; the message says which there are.
    """
    for source in sources:
        home = (source.root / "drills").resolve()
        file = (home / f"{name}.yml").resolve()
        if file.is_file() and file.is_relative_to(home):
            return file, source.origin
    known = ", ".join(sorted(drill_names(sources))) or "none"
    raise UsageError(f"there is no drill called {name}", hint=f"there are: {known}")


def drill_names(sources: tuple[Source, ...]) -> set[str]:
    """The names of all drills that can be found."""
    return {file.stem for source in sources for file in (source.root / "drills").glob("*.yml")}


def find_playbook(name: str, *, sources: tuple[Source, ...]) -> tuple[Path, Source]:
    """The file of a playbook, `technique/act.yml`, never one outside of a `playbooks/` directory.

    Raises:
        UsageError: There is none of this name.
    """
    for source in sources:
        home = (source.root / "playbooks").resolve()
        file = (home / name).resolve()
        if file.is_file() and file.is_relative_to(home):
            return file, source
    places = ", ".join(str(source.root / "playbooks") for source in sources)
    raise UsageError(f"there is no playbook {name}", hint=f"looked for in {places}")


def pin_content(playbooks: Mapping[str, tuple[Path, Source]]) -> tuple[PinnedFile, ...]:
    """Every file that these playbooks can read: their technique's folder and the roles beside it."""
    pinned: dict[tuple[str, Origin], PinnedFile] = {}
    for name, (file, source) in playbooks.items():
        for path in _readable(file, name=name, home=source.root / "playbooks"):
            relative = path.relative_to(source.root).as_posix()
            digest = sha256(path.read_bytes())
            pinned[relative, source.origin] = PinnedFile(name=relative, sha256=digest, origin=source.origin)
    return tuple(pinned[key] for key in sorted(pinned))


def _readable(file: Path, *, name: str, home: Path) -> Iterator[Path]:
    yield file
    folders = [home / "roles", *([home / name.split("/", 1)[0]] if "/" in name else [])]
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
