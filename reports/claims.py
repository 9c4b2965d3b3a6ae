"""What something sealed says of its own seal, as far as runs and audit files have it in common. Nothing is believed."""

from dataclasses import dataclass
from datetime import datetime

from reports.evidence import Evidence
from reports.layout import RUN_NAMES, SealedNames
from reports.register.proof import RunProof
from reports.signing.statement import SignatureStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What something sealed says of its own seal: the evidence of a run, or the document of an audit file."""

    signature: SignatureStatement
    ended_at: datetime
    """When all that is in there was there: no seal and no time-stamp can be older."""
    ending: str
    """What that instant is, for a person: `the end of the run`."""
    names: SealedNames
    completed_by: str
    """The command that adds a time-stamp which could not be had."""
    registration: RunProof | None = None


def claims_of(evidence: Evidence) -> Claims:
    """What a run's evidence says of its own seal."""
    return Claims(
        signature=evidence.signature,
        ended_at=evidence.journal.ended_at,
        ending="the end of the run",
        names=RUN_NAMES,
        completed_by="`reprise seal`",
        registration=evidence.registration,
    )
