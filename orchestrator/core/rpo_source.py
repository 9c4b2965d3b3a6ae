"""What a drill file says of where its RPO comes from, if no canary writes: production's own markers, or the catalogue.

How it is computed from them is `orchestrator.core.reach`'s.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from orchestrator.core.model import Identifier
from orchestrator.core.written import Definition, Duration, Period, is_none


class DatedByClock(Definition):
    """What was written by another clock than the orchestrator's: how far the two may be apart is known or declared.

    `clock_of`: the host or group of the drill whose clock it was; it is measured before and after. `clock_error`:
    what the drill declares, in microseconds, of a clock that nobody may ask. It is printed as declared.
    """

    clock_of: Annotated[str | None, Field(exclude_if=is_none)] = None
    clock_error: Annotated[Duration | None, Field(exclude_if=is_none)] = None

    @model_validator(mode="after")
    def _clock_is_known(self) -> Self:
        if (self.clock_of is None) == (self.clock_error is None):
            raise ValueError("give either clock-error (declared) or clock-of (a host of the drill, measured)")
        return self


class ProductionMarker(DatedByClock):
    """Markers that production itself writes: which check reads the newest one in the restored data.

    `value`: the name of that check's value, microseconds since 1970-01-01T00:00:00Z by the clock of whoever wrote it.
    `period`: how often production writes one.
    """

    step: Identifier
    value: str
    period: Period


class CatalogueTimes(DatedByClock):
    """The recovery point's own times, as its catalogue gives them. Nothing is read in the data."""


class RpoSource(Definition):
    """Exactly one of the two."""

    marker: Annotated[ProductionMarker | None, Field(exclude_if=is_none)] = None
    catalogue: Annotated[CatalogueTimes | None, Field(exclude_if=is_none)] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.marker is None) == (self.catalogue is None):
            raise ValueError("give either marker (what production writes) or catalogue (the recovery point's times)")
        return self

    @property
    def dated(self) -> DatedByClock:
        """The one that is given."""
        found = self.marker or self.catalogue
        if found is None:  # No value that was validated is like that.
            raise ValueError("neither marker nor catalogue")
        return found
