"""What the catalogue says of one drill: values that evidence holds and reports print. Decides nothing.

It never says that anything conforms: a drill is one piece of evidence among others.
"""

from enum import StrEnum

from orchestrator.core.model import SHA256, Identifier, Record, Title


class Basis(StrEnum):
    """What a link between a kind of drill and a control rests on."""

    SOURCE = "source"
    """The text of the control itself asks for such a drill; it was read."""
    MEMORY = "memory"
    """The same, but its wording was not at hand and is to be checked."""
    ANALYST = "analyst"
    """A reading of ours: no text says so."""


class Control(Record):
    """One control, clause or article, with its title. `primary`: what this kind of drill is first of all about."""

    framework: Identifier
    reference: str
    title: Title
    primary: bool = False
    common: bool = False
    """Whether every drill contributes to it, whatever its kind."""
    basis: Basis | None = None


class Activity(Record):
    """A perimeter as the drill names it, with the official activities in the words of art. R.1111-9 CSP.

    No activity: the perimeter (recovery) is transverse, and no official activity bears its number.
    """

    perimeter: int
    title: Title
    official: tuple[Title, ...]


class FrameworkTitle(Record):
    """A framework and what it is called, in the order in which reports print them."""

    id: Identifier
    title: Title


class OwnFile(Record):
    """A file of the organisation's own that had its say: a verifier without it takes the mapping as said."""

    name: str
    version: str
    sha256: SHA256


class Mapping(Record):
    """What the catalogue says of one drill. `kind` is None where the catalogue does not know the drill's kind."""

    version: str
    own: tuple[OwnFile, ...] = ()
    kind: Title | None
    activities: tuple[Activity, ...]
    frameworks: tuple[FrameworkTitle, ...]
    controls: tuple[Control, ...]
