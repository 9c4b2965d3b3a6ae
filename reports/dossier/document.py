"""The dossier as one value, `reprise/dossier/v1`: everything that the PDF says, and what it does not have room for.

Pure: the same scope, bundles, register and catalogue give the same bytes on every machine; a verifier makes it again.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.model import Record
from orchestrator.errors import EvidenceError
from reports.dossier.actions import FollowUp
from reports.dossier.chronicle import Chronicle
from reports.dossier.controls import ControlLine, merge_controls
from reports.dossier.coverage import Coverage
from reports.dossier.lines import RunLine, Standing
from reports.dossier.picture import CatalogueExtract, Picture, Scope, build_picture
from reports.dossier.programme import Fate, Programme
from reports.dossier.proof import RegisterProof, build_proof
from reports.dossier.runs import DossierRun
from reports.dossier.trends import Trend
from reports.register.entries import RegisterEntry
from reports.scan import ScanResult
from reports.signing.statement import SignatureStatement


class Counts(Record):
    """The figures of the first page. What was planned is the sum of the eight fates."""

    planned: int
    fates: dict[Fate, int]
    runs: int
    """Runs that began within the period, planned or not."""
    unplanned: int
    standings: dict[Standing, int]
    tested_by: int
    """Runs that count as a test."""
    systems: int
    untested_systems: int


class Dossier(Record):
    """Everything. `verify` builds it again from the archive's bundles and register, and compares bytes."""

    format: Literal["reprise/dossier/v1"] = "reprise/dossier/v1"
    scope: Scope
    catalogue: CatalogueExtract
    counts: Counts
    programme: Programme
    coverage: Coverage
    runs: tuple[RunLine, ...]
    unreadable: tuple[DossierRun, ...]
    """Bundles that cannot be read and of whose run the register knows nothing."""
    trends: tuple[Trend, ...]
    follow_up: FollowUp
    controls: tuple[ControlLine, ...]
    proof: RegisterProof
    scan: ScanResult
    signature: SignatureStatement
    versions: dict[str, str]


def build_dossier(
    *,
    scope: Scope,
    runs: Sequence[DossierRun],
    entries: Sequence[RegisterEntry],
    checkpoint: str | None,
    catalogue: CatalogueExtract,
    scan: ScanResult,
    signature: SignatureStatement,
    versions: dict[str, str],
) -> Dossier:
    """Build the document.

    Args:
        scope: What it is about.
        runs: The bundles at hand, read and verified, in any order.
        entries: The register from its first line, its chain checked.
        checkpoint: The text of its latest signed checkpoint; None where there is none.
        catalogue: The words of perimeters, kinds and frameworks.
        scan: That the register's extract holds no health data.
        signature: Of the signature that will be made.
        versions: Of the programs that compute and draw it.

    Raises:
        EvidenceError: The checkpoint is none.
    """
    picture = build_picture(scope, runs, Chronicle(entries), catalogue=catalogue)
    return Dossier(
        scope=scope,
        catalogue=catalogue,
        counts=_count(picture),
        programme=picture.programme,
        coverage=picture.coverage,
        runs=picture.runs,
        unreadable=picture.unreadable,
        trends=picture.trends,
        follow_up=picture.follow_up,
        controls=merge_controls(picture.runs, frameworks=[framework.id for framework in catalogue.frameworks]),
        proof=build_proof(entries, checkpoint=checkpoint, period=scope.period),
        scan=scan,
        signature=signature,
        versions=versions,
    )


def parse_dossier(content: bytes) -> Dossier:
    """Read `dossier.json`.

    Raises:
        EvidenceError: It is not a dossier in canonical form.
    """
    try:
        dossier = Dossier.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise EvidenceError("dossier.json: it is not a dossier of this format") from error
    if canonical(dossier) != content:
        raise EvidenceError("dossier.json: it is not in canonical form")
    return dossier


def _count(picture: Picture) -> Counts:
    programme, coverage = picture.programme, picture.coverage
    own = [run for run in picture.runs if run.in_period]
    fates = Counter(occurrence.fate for occurrence in programme.occurrences)
    standings = Counter(run.standing for run in own)
    return Counts(
        planned=len(programme.occurrences),
        fates={fate: fates[fate] for fate in Fate},
        runs=len(own),
        unplanned=len(programme.unplanned),
        # What there was none of before there was retention is left out, so that dossiers of before can be built again.
        standings={one: standings[one] for one in Standing if one is not Standing.REMOVED or standings[one]},
        tested_by=sum(run.counts for run in own),
        systems=len({row.system for row in coverage.rows}),
        untested_systems=len(coverage.untested_systems),
    )
