"""`retention` in `reprise.yml`: what is removed once it was kept for long enough, by which rule and why."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from orchestrator.core.events import ShortText
from orchestrator.core.model import Identifier
from orchestrator.core.retention import KeptFor
from orchestrator.core.written import Definition

Perimeter = Annotated[int, Field(ge=1, le=6)]


class RuleDefinition(Definition):
    """A rule: its name, how long what it is about is kept from the sealing of the run, and why no longer."""

    rule: Identifier
    keep: KeptFor
    reason: ShortText


class EvidenceRuleDefinition(RuleDefinition):
    """A rule of `evidence`. `perimeters`: of the article; none: of every run."""

    perimeters: tuple[Perimeter, ...] = ()

    def is_about(self, perimeter: int) -> bool:
        """Whether it says how long runs of a perimeter are kept."""
        return not self.perimeters or perimeter in self.perimeters


class RetentionDefinition(Definition):
    """`retention`. What no rule is about is kept.

    `evidence`: whole runs. `copies`: the series and the HTML report beside the bundle that holds them too.
    `leftovers`: answers and locks of sealed runs in `.reprise/`.
    """

    evidence: tuple[EvidenceRuleDefinition, ...] = ()
    copies: RuleDefinition | None = None
    leftovers: RuleDefinition | None = None

    @model_validator(mode="after")
    def _named_differently(self) -> Self:
        names = [one.rule for one in (*self.evidence, self.copies, self.leftovers) if one is not None]
        if len(set(names)) != len(names):
            raise ValueError("name each rule differently: the register says by its name what removed a run")
        return self
