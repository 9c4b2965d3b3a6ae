"""The catalogue: which activities and controls a kind of drill contributes to. Data in `catalogue.yml`, typed here.

It never says that anything conforms: a drill is one piece of evidence among others.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BeforeValidator

from orchestrator.core.model import Identifier, Record, Title

Framework = Literal["iso27001", "iso22301", "rgpd", "hds", "others"]


class Control(Record):
    """One control, clause or article, with its title. `primary`: what this kind of drill is first of all about."""

    framework: Framework
    reference: str
    title: Title
    primary: bool = False
    common: bool = False
    """Whether every drill contributes to it, whatever its kind."""


class Activity(Record):
    """A perimeter as the drill names it, with the official activities in the words of art. R.1111-9 CSP.

    No activity: the perimeter (recovery) is transverse, and no official activity bears its number.
    """

    perimeter: int
    title: Title
    official: tuple[Title, ...]


class FrameworkTitle(Record):
    """A framework and what it is called, in the order in which reports print them."""

    id: Framework
    title: Title


class Mapping(Record):
    """What the catalogue says of one drill. `kind` is None where the catalogue does not know the drill's kind."""

    version: str
    kind: Title | None
    activities: tuple[Activity, ...]
    frameworks: tuple[FrameworkTitle, ...]
    controls: tuple[Control, ...]


class _Perimeter(Record):
    title: Title
    activities: tuple[str, ...]


class _Kind(Record):
    title: Title
    iso27001: tuple[str, ...] = ()
    iso22301: tuple[str, ...] = ()
    rgpd: tuple[str, ...] = ()
    hds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Catalogue(Record):
    """The whole file. A reference that has no title is an error when it is looked up, not a blank in a report."""

    version: str
    activities: dict[str, Title]
    perimeters: Annotated[dict[int, _Perimeter], BeforeValidator(dict)]
    frameworks: dict[Framework, Title]
    controls: dict[Framework, dict[str, Title]]
    common: dict[Framework, tuple[str, ...]]
    kinds: dict[Identifier, _Kind]

    def mapping(self, *, kind: str, perimeters: tuple[int, ...]) -> Mapping:
        """What is printed for a drill of this kind within these perimeters."""
        known = self.kinds.get(kind)
        return Mapping(
            version=self.version,
            kind=known.title if known else None,
            activities=tuple(self._activity(number) for number in perimeters),
            frameworks=tuple(FrameworkTitle(id=name, title=title) for name, title in self.frameworks.items()),
            controls=(*(self._own(known) if known else ()), *self._common(known)),
        )

    def _activity(self, number: int) -> Activity:
        perimeter = self.perimeters[number]
        official = tuple(self.activities[name] for name in perimeter.activities)
        return Activity(perimeter=number, title=perimeter.title, official=official)

    def _own(self, kind: _Kind) -> tuple[Control, ...]:
        return tuple(
            self._control(framework, reference)
            for framework in self.frameworks
            for reference in getattr(kind, framework)
        )

    def _common(self, kind: _Kind | None) -> tuple[Control, ...]:
        named = {(control.framework, control.reference) for control in self._own(kind)} if kind else set()
        return tuple(
            self._control(framework, reference, common=True)
            for framework in self.frameworks
            for reference in self.common.get(framework, ())
            if (framework, reference) not in named
        )

    def _control(self, framework: Framework, written: str, *, common: bool = False) -> Control:
        reference = written.removesuffix("*")
        title = self.controls[framework][reference]
        primary = written.endswith("*")
        return Control(framework=framework, reference=reference, title=title, primary=primary, common=common)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that is shipped with this version."""
    text = files("reports.catalogue").joinpath("catalogue.yml").read_text(encoding="utf-8")
    return Catalogue.model_validate(yaml.safe_load(text))
