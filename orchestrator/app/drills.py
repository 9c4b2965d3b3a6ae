"""The drills that a project can run: their files, found by name and read."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.app.workplace import Workplace
from orchestrator.core.definition import parse_drill
from orchestrator.core.drill import Drill
from orchestrator.plugins import Origin, drill_names, find_drill


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillFile:
    """The file of a drill as it is now, whether or not it can be meant."""

    name: str
    origin: Origin
    content: bytes

    @property
    def place(self) -> str:
        """What an error names."""
        return f"drills/{self.name}"

    def parse(self) -> Drill:
        """The drill that it defines.

        Raises:
            DefinitionError: It cannot be meant.
        """
        return parse_drill(self.content.decode("utf-8", errors="replace"), file=self.place)


def read_drill(workplace: Workplace, name: str) -> DrillFile:
    """The file of one drill.

    Raises:
        UsageError: There is no drill of this name.
    """
    file, origin = find_drill(name, sources=workplace.sources)
    return DrillFile(name=file.name, origin=origin, content=file.read_bytes())


def read_drills(workplace: Workplace) -> Iterator[DrillFile]:
    """The file of every drill: the project's own, its plug-ins' and those that come with the product, by name."""
    for name in sorted(drill_names(workplace.sources)):
        yield read_drill(workplace, name)
