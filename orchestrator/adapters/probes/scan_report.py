"""What the program on the host tells of the trees that it scanned: from its words to typed values. Pure."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.core.clean_point import PointScan
from orchestrator.core.model import SHA256, Record

Count = Annotated[int, Field(ge=0)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
PointName = Annotated[str, Field(pattern=r"^[0-9]{4}-[A-Za-z0-9_-]{1,64}$")]
"""Its place in the order of the catalogue, then its id."""


class TreeScan(Record):
    """One tree. Where it does not exist everything else is 0."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    exists: bool
    files: Count = 0
    bytes: Count = 0
    unreadable: Count = 0
    canaries: Count = 0
    canaries_intact: Count = 0
    seen: dict[Word, Count] = {}
    odd: dict[Word, Count] = {}
    renamed: Count = 0
    matches: dict[Word, Count] = {}
    matched: Count = 0
    content_sha256: SHA256 | None = None
    compared: Count = 0
    changed: Count = 0


class NamedScan(TreeScan):
    """The tree of one recovery point."""

    name: PointName

    def as_point(self) -> PointScan:
        """As the decision wants it."""
        return PointScan(
            point=self.name,
            complete=self.exists and self.unreadable == 0,
            files=self.files,
            canaries=self.canaries,
            canaries_intact=self.canaries_intact,
            odd=self.odd,
            renamed=self.renamed,
            matches=self.matched,
            compared=self.compared,
            changed=self.changed,
        )


class ScanReport(Record):
    """Everything that the host says: the rules that it has, the tree that was asked for, the recovery points."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rules: tuple[Word, ...]
    scan: TreeScan
    points: tuple[NamedScan, ...]

    @model_validator(mode="after")
    def _can_find_something(self) -> Self:
        if not self.rules:
            raise ValueError("there is no rule")
        return self


def read_report(content: bytes) -> ScanReport:
    """Read what the host wrote.

    Raises:
        NoAnswerError: It is not that, or the host has no rule: a scan that can find nothing says nothing.
    """
    try:
        return ScanReport.model_validate_json(content)
    except ValidationError as error:
        if any("there is no rule" in one["msg"] for one in error.errors()):
            raise NoAnswerError("the host has no YARA rule: a scan that can find nothing says nothing") from error
        raise NoAnswerError("the host's report is not understood") from error
