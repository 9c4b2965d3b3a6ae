"""What the register holds, one line each: typed, chained, in canonical form. Values only; the file is `log`'s.

Every entry is written before the act that it announces: a drill that was begun and then hidden is an open entry.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import ShortText
from orchestrator.core.model import SHA256, Identifier, Moment, Record, Verdict
from orchestrator.errors import ExitCode

GENESIS = "0" * 64
"""What the first entry carries where the others carry the digest of the line before."""

Perimeters = tuple[Annotated[int, Field(ge=1, le=6)], ...]


class DrillPlanned(Record):
    """The programme wants this drill by this instant."""

    type: Literal["drill_planned"] = "drill_planned"
    drill: Identifier
    system: Identifier
    perimeters: Perimeters
    due_at: Moment


class DrillMissed(Record):
    """The drill was due and did not run."""

    type: Literal["drill_missed"] = "drill_missed"
    drill: Identifier
    system: Identifier
    perimeters: Perimeters
    due_at: Moment
    reason: ShortText


class DrillWaived(Record):
    """A named person lets the drill be left out until an instant, and says why."""

    type: Literal["drill_waived"] = "drill_waived"
    drill: Identifier
    system: Identifier
    perimeters: Perimeters
    waived_by: ShortText
    reason: ShortText
    until: Moment


class DrillStarted(Record):
    """A run is about to begin: written before the guard is asked anything."""

    type: Literal["drill_started"] = "drill_started"
    run_id: str
    drill: Identifier
    kind: Identifier
    system: Identifier
    perimeters: Perimeters
    targets: tuple[ShortText, ...]
    plan_sha256: SHA256
    requester: ShortText
    reason: ShortText = ""
    change: ShortText = ""
    retry_of: str | None = None


class Ending(StrEnum):
    """How a run ended: its verdict, with what the guard refused told apart from what was aborted."""

    PASSED = "passed"
    PASSED_WITH_GAPS = "passed-with-gaps"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"
    REFUSED = "refused"


PASSING = frozenset({Ending.PASSED, Ending.PASSED_WITH_GAPS})
"""The endings by which a system was tested."""


class DrillEnded(Record):
    """What a run came to, tied to its plan and to the whole of its journal. Written before anything is sealed."""

    type: Literal["drill_ended"] = "drill_ended"
    run_id: str
    ending: Ending
    verdict: Verdict
    exit_code: ExitCode
    plan_sha256: SHA256
    journal_length: int
    journal_head: SHA256
    journal_sha256: SHA256


class RunSealed(Record):
    """The evidence of a run was signed; `attestation_sha256` is that of its statement's exact bytes (the payload)."""

    type: Literal["run_sealed"] = "run_sealed"
    run_id: str
    attestation_sha256: SHA256


class RunRenewed(Record):
    """An archive time-stamp was added to a report; `report_sha256` is that of the archived file."""

    type: Literal["run_renewed"] = "run_renewed"
    run_id: str
    report_sha256: SHA256


class Topic(StrEnum):
    """What an annotation is about."""

    CAUSE = "cause"
    ACTION = "action"
    LESSON = "lesson"
    REVIEW = "review"
    APPROVAL = "approval"
    NOTE = "note"


class ActionState(StrEnum):
    """Where a corrective action stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Action(Record):
    """A corrective action: its name is kept from one annotation to the next, and the last one says how it stands."""

    id: Identifier
    owner: ShortText
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    state: ActionState = ActionState.OPEN


class RunAnnotated(Record):
    """Something that a person says of a run afterwards. Nothing that was sealed changes."""

    type: Literal["run_annotated"] = "run_annotated"
    run_id: str
    topic: Topic
    by: ShortText
    text: Annotated[str, Field(max_length=1_000)]
    action: Action | None = None


class HoldPlaced(Record):
    """Nothing of the run may be removed, whatever a rule says, until the hold is released: a dispute, an inquiry."""

    type: Literal["hold_placed"] = "hold_placed"
    run_id: str
    by: ShortText
    reason: ShortText


class HoldReleased(Record):
    """A hold ends. `hold`: the number of the entry that placed it."""

    type: Literal["hold_released"] = "hold_released"
    run_id: str
    hold: Annotated[int, Field(ge=0)]
    by: ShortText
    reason: ShortText


class Category(StrEnum):
    """What is kept for how long."""

    EVIDENCE = "evidence"
    """Everything of a run."""
    COPIES = "copies"
    """What lies beside the bundle, which holds it too."""
    LEFTOVERS = "leftovers"
    """Answers and locks of a run that is over."""


class RemovedFile(Record):
    """A file as it was before it was removed; its path is relative to the project."""

    path: Annotated[str, Field(max_length=300)]
    sha256: SHA256
    size: Annotated[int, Field(ge=0)]

    def __str__(self) -> str:
        return f"{self.path} {self.sha256} {self.size}"


class FilesRemoved(Record):
    """Files of a run are about to be removed under a rule of retention. The register itself is never cut."""

    type: Literal["files_removed"] = "files_removed"
    run_id: str
    category: Category
    rule: Identifier
    keep: Annotated[str, Field(pattern=r"^P[0-9YMD]+$")]
    kept_since: Moment
    reason: ShortText
    by: ShortText
    files: Annotated[tuple[RemovedFile, ...], Field(min_length=1, max_length=1_000)]


RegisterEvent = (
    DrillPlanned
    | DrillMissed
    | DrillWaived
    | DrillStarted
    | DrillEnded
    | RunSealed
    | RunRenewed
    | RunAnnotated
    | HoldPlaced
    | HoldReleased
    | FilesRemoved
)
"""Everything that can be entered, told apart by its `type`."""


class RegisterEntry(Record):
    """One line of `register.jsonl`: its number from 0, the digest of the line before, when, and what."""

    seq: int
    prev: SHA256
    at: Moment
    event: Annotated[RegisterEvent, Field(discriminator="type")]

    @property
    def line(self) -> bytes:
        """The line without its line feed: what the tree's leaf and the next entry's `prev` are made of."""
        return canonical(self)

    @property
    def digest(self) -> str:
        """What the next entry's `prev` must be."""
        return sha256(self.line)
