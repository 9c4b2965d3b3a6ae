"""What a project chooses for its evidence: own rules of the scan, frameworks and files of the catalogue."""

from difflib import get_close_matches
from pathlib import Path

from orchestrator.core.yaml_text import Place
from orchestrator.errors import DefinitionError, Fault
from orchestrator.project import Project, project_fault
from reports.catalogue import Catalogue, OwnText, load_whole_catalogue
from reports.scan import OwnRules, build_own_rules, parse_names


def own_rules(project: Project) -> OwnRules:
    """What is scanned for beside what everybody scans for.

    Raises:
        DefinitionError: The list of names cannot be read, or has a line that cannot be looked for.
    """
    privacy = project.definition.privacy
    named = privacy.names
    names = () if named is None else parse_names(_names_text(project, named), file=str(named))
    return build_own_rules(patterns={one.name: one.pattern for one in privacy.patterns}, names=names)


def chosen_catalogue(project: Project) -> Catalogue:
    """The catalogue with the project's own files and the optional frameworks that it prints.

    Raises:
        DefinitionError: A file cannot be read or meant, or there is no such framework.
    """
    chosen = project.definition.catalogue
    texts = [
        OwnText(name=str(file), content=_content(project, file, place=("catalogue", "files", index)))
        for index, file in enumerate(chosen.files)
    ]
    catalogue = load_whole_catalogue(files=texts)
    unknown = [index for index, name in enumerate(chosen.frameworks) if name not in catalogue.frameworks]
    if unknown:
        raise DefinitionError(tuple(_unknown(project, catalogue, index=index) for index in unknown))
    return catalogue.choosing(chosen.frameworks)


def _unknown(project: Project, catalogue: Catalogue, *, index: int) -> Fault:
    name = project.definition.catalogue.frameworks[index]
    close = get_close_matches(name, catalogue.optional, n=1)
    hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(catalogue.optional)}"
    return project_fault(project, ("catalogue", "frameworks", index), f"there is no framework {name}", hint=hint)


def _names_text(project: Project, file: Path) -> str:
    place = ("privacy", "names")
    try:
        return _content(project, file, place=place).decode("utf-8")
    except UnicodeDecodeError as error:
        fault = project_fault(project, place, f"{file} is no text in UTF-8", hint="write one name a line, in UTF-8")
        raise DefinitionError((fault,)) from error


def _content(project: Project, file: Path, *, place: Place) -> bytes:
    try:
        return (project.root / file).read_bytes()
    except OSError as error:
        hint = "a path is taken from the project's directory"
        raise DefinitionError((project_fault(project, place, f"{file}: {error.strerror}", hint=hint),)) from error
