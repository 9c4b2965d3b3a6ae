"""The catalogue as a whole: files put together, each able to change what those before it say. Reads no file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Self

from orchestrator.core.model import Identifier, Record, Title
from orchestrator.core.yaml_text import Document, Place
from orchestrator.errors import DefinitionError, EvidenceError, Fault
from reports.catalogue.definition import CatalogueFile, FrameworkDefinition, Link, PerimeterDefinition
from reports.catalogue.mapping import Activity, Control, FrameworkTitle, Mapping, OwnFile


class Framework(Record):
    """A framework with its controls, and what each kind of drill contributes to."""

    title: Title
    optional: bool = False
    controls: dict[str, Title] = {}
    common: tuple[Link, ...] = ()
    kinds: dict[Identifier, tuple[Link, ...]] = {}

    def changed(self, by: FrameworkDefinition) -> Self:
        """This one with what a file says otherwise."""
        return self.model_copy(
            update={
                "title": by.title or self.title,
                "optional": self.optional if by.optional is None else by.optional,
                "controls": self.controls | by.controls,
                "common": self.common if by.common is None else by.common,
                "kinds": self.kinds | by.kinds,
            }
        )

    def linked(self, kind: Identifier) -> tuple[Link, ...]:
        """What a kind of drill contributes to."""
        return self.kinds.get(kind, ())


class Catalogue(Record):
    """Everything that is known, in the order in which it is printed."""

    version: str
    own: tuple[OwnFile, ...] = ()
    activities: dict[Identifier, Title] = {}
    perimeters: dict[str, PerimeterDefinition] = {}
    frameworks: dict[Identifier, Framework] = {}
    kinds: dict[Identifier, Title] = {}

    @property
    def optional(self) -> tuple[Identifier, ...]:
        """The frameworks that are printed only where they are chosen."""
        return tuple(name for name, framework in self.frameworks.items() if framework.optional)

    def with_file(self, file: CatalogueFile, *, document: Document) -> Self:
        """This catalogue with one more file.

        Raises:
            DefinitionError: The file names what nothing defines. Every such place, with its line.
        """
        untitled = tuple(_untitled(self, file, document=document))
        if untitled:
            raise DefinitionError(untitled)
        merged = self.model_copy(
            update={
                "activities": self.activities | file.activities,
                "perimeters": self.perimeters | file.perimeters,
                "frameworks": self.frameworks | dict(_changed(self, file)),
                "kinds": self.kinds | {name: kind.title for name, kind in file.kinds.items()},
            }
        )
        faults = tuple(_unknown_names(merged, file, document=document))
        if faults:
            raise DefinitionError(faults)
        return merged

    def choosing(self, frameworks: Iterable[str]) -> Self:
        """Only what is printed: what is not optional, and these.

        Raises:
            EvidenceError: There is no such framework.
        """
        chosen = frozenset(frameworks)
        if unknown := sorted(chosen - self.frameworks.keys()):
            raise EvidenceError(f"catalogue: there is no framework {', '.join(unknown)}")
        kept = {name: one for name, one in self.frameworks.items() if not one.optional or name in chosen}
        return self.model_copy(update={"frameworks": kept})

    def mapping(self, *, kind: str, perimeters: tuple[int, ...]) -> Mapping:
        """What is printed for a drill of this kind within these perimeters."""
        return Mapping(
            version=self.version,
            own=self.own,
            kind=self.kinds.get(kind),
            activities=tuple(self._activity(number) for number in perimeters),
            frameworks=tuple(FrameworkTitle(id=name, title=one.title) for name, one in self.frameworks.items()),
            controls=(*self._own_controls(kind), *self._common_controls(kind)),
        )

    def _activity(self, number: int) -> Activity:
        perimeter = self.perimeters[str(number)]
        official = tuple(self.activities[name] for name in perimeter.activities)
        return Activity(perimeter=number, title=perimeter.title, official=official)

    def _own_controls(self, kind: str) -> Iterator[Control]:
        for name, framework in self.frameworks.items():
            yield from (_control(name, framework, link) for link in framework.linked(kind))

    def _common_controls(self, kind: str) -> Iterator[Control]:
        for name, framework in self.frameworks.items():
            named = {link.control for link in framework.linked(kind)}
            links = (link for link in framework.common if link.control not in named)
            yield from (_control(name, framework, link).model_copy(update={"common": True}) for link in links)


def _control(name: Identifier, framework: Framework, link: Link) -> Control:
    title = framework.controls[link.control]
    return Control(framework=name, reference=link.control, title=title, primary=link.primary, basis=link.basis)


def _changed(catalogue: Catalogue, file: CatalogueFile) -> Iterator[tuple[Identifier, Framework]]:
    for name, definition in file.frameworks.items():
        known = catalogue.frameworks.get(name)
        if known is not None:
            yield name, known.changed(definition)
        elif definition.title is not None:
            yield name, Framework(title=definition.title).changed(definition)


def _untitled(catalogue: Catalogue, file: CatalogueFile, *, document: Document) -> Iterator[Fault]:
    for name, definition in file.frameworks.items():
        if name not in catalogue.frameworks and definition.title is None:
            hint = _close(name, catalogue.frameworks) or "give it a title: {fr: ..., en: ...}"
            yield document.fault(("frameworks", name), "is a new framework and has no title", hint=hint)


def _unknown_names(catalogue: Catalogue, file: CatalogueFile, *, document: Document) -> Iterator[Fault]:
    for number, perimeter in file.perimeters.items():
        for index, activity in enumerate(perimeter.activities):
            if activity not in catalogue.activities:
                place = ("perimeters", number, "activities", index)
                hint = _close(activity, catalogue.activities) or "add it under activities"
                yield document.fault(place, f"{activity} is no activity that is known", hint=hint)
    for name, definition in file.frameworks.items():
        yield from _of_framework(catalogue, name, definition, document=document)


def _of_framework(
    catalogue: Catalogue, name: Identifier, definition: FrameworkDefinition, *, document: Document
) -> Iterator[Fault]:
    known, place = catalogue.frameworks[name].controls, ("frameworks", name)
    yield from _of_links(definition.common or (), known=known, place=(*place, "common"), document=document)
    for kind, links in definition.kinds.items():
        here = (*place, "kinds", kind)
        if kind not in catalogue.kinds:
            hint = _close(kind, catalogue.kinds) or f"add it: kinds: {{{kind}: {{title: ...}}}}"
            yield document.fault(here, "is no kind of drill that is known", hint=hint)
        yield from _of_links(links, known=known, place=here, document=document)


def _of_links(links: tuple[Link, ...], *, known: dict[str, Title], place: Place, document: Document) -> Iterator[Fault]:
    times = Counter(link.control for link in links)
    for index, link in enumerate(links):
        here = (*place, index, "control")
        if link.control not in known:
            hint = _close(link.control, known) or "add its title under controls"
            yield document.fault(here, f"{link.control} is no control of this framework", hint=hint)
        elif times[link.control] > 1:
            yield document.fault(here, f"{link.control} is named more than once", hint="keep one of them")


def _close(written: str, known: Iterable[str]) -> str | None:
    close = get_close_matches(written, list(known), n=1)
    return f"did you mean {close[0]}?" if close else None
