"""A sealed run as the exports see it: its evidence and the exact files of its bundle. Reads them; verifies nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from orchestrator.core.journal import Entry, parse_journal
from orchestrator.errors import EvidenceError
from reports.evidence import Evidence, parse_evidence
from reports.layout import EVIDENCE, read_bundle
from reports.materials import JOURNAL


@dataclass(frozen=True)
class SealedRun:
    """One run whose bundle was found valid by whoever made this value."""

    bundle: bytes
    files: Mapping[str, bytes]
    evidence: Evidence

    @property
    def run_id(self) -> str:
        """The run's name, the same everywhere."""
        return self.evidence.run_id

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The journal, its chain checked."""
        return parse_journal(self.files[JOURNAL], genesis=self.evidence.plan_sha256)

    def moment(self, lines: Iterable[int]) -> datetime:
        """When the last of these lines was written; the end of the journal where there are none."""
        known = [line for line in lines if line < len(self.entries)]
        return self.entries[max(known)].at if known else self.evidence.journal.ended_at


def read_sealed_run(bundle: bytes) -> SealedRun:
    """The run that a bundle holds.

    Args:
        bundle: The bytes of `bundle.zip`, verified before.

    Raises:
        EvidenceError: It is not a bundle, or holds no evidence.
    """
    files = read_bundle(bundle)
    if EVIDENCE not in files or JOURNAL not in files:
        raise EvidenceError("bundle: it holds no evidence of a run")
    return SealedRun(bundle=bundle, files=files, evidence=parse_evidence(files[EVIDENCE]))
