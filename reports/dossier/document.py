"""The dossier as one value, `reprise/dossier/v1`: everything that the PDF says, and what it does not have room for.

Pure: the same scope, bundles, register and catalogue give the same bytes on every machine; a verifier makes it again.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.model import Identifier, Language, Moment, Record, Title
from orchestrator.core.plan import Organisation
from orchestrator.errors import EvidenceError
from reports.catalogue import Activity, FrameworkTitle, load_catalogue
from reports.dossier.actions import FollowUp, build_follow_up
from reports.dossier.chronicle import Chronicle
from reports.dossier.controls import ControlLine, merge_controls
from reports.dossier.coverage import Coverage, build_coverage, known_pairs
from reports.dossier.lines import RunLine, Standing, build_lines
from reports.dossier.period import Period
from reports.dossier.programme import Fate, Programme, build_programme, wanted_runs
from reports.dossier.proof import RegisterProof, build_proof
from reports.dossier.runs import DossierRun
from reports.dossier.trends import Trend, build_trends
from reports.register.entries import Perimeters, RegisterEntry
from reports.scan import ScanResult
from reports.signing.statement import SignatureStatement


class DeclaredDrill(Record):
    """A drill that the project has, whether or not anybody ever planned or ran it."""

    id: Identifier
    title: Title
    kind: Identifier
    system: Identifier
    perimeters: Perimeters


class Scope(Record):
    """What the dossier is about, as it was asked for: nothing of this can be computed from bundles and register."""

    organisation: Organisation
    period: Period
    perimeters: Perimeters
    language: Language
    made_at: Moment
    drills: tuple[DeclaredDrill, ...]
    """Of the project, within the perimeters."""
    unsealed: tuple[str, ...]
    """Run directories of the project that hold no bundle and that the register does not know."""


class KindTitle(Record):
    """A kind of drill that the catalogue knows."""

    id: Identifier
    title: Title


class CatalogueExtract(Record):
    """The catalogue's words that the dossier uses."""

    version: str
    activities: tuple[Activity, ...]
    kinds: tuple[KindTitle, ...]
    frameworks: tuple[FrameworkTitle, ...]


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
    period, perimeters, now = scope.period, scope.perimeters, scope.made_at
    chronicle = Chronicle(entries)
    wanted = wanted_runs(chronicle, period=period, perimeters=perimeters)
    lines = build_lines(runs, chronicle, wanted=wanted, perimeters=perimeters)
    programme = build_programme(chronicle, lines, period=period, perimeters=perimeters, now=now)
    declared = [(drill.system, drill.perimeters) for drill in scope.drills]
    pairs = known_pairs(chronicle, lines, declared=declared, perimeters=perimeters, until=period.ends_at)
    coverage = build_coverage(
        lines,
        programme,
        pairs=pairs,
        kinds=[kind.id for kind in catalogue.kinds],
        period=period,
        perimeters=perimeters,
        now=now,
    )
    unreadable = (run for run in runs if run.facts is None and chronicle.run(run.run_id).started is None)
    return Dossier(
        scope=scope,
        catalogue=catalogue,
        counts=_count(lines, programme, coverage),
        programme=programme,
        coverage=coverage,
        runs=lines,
        unreadable=tuple(sorted(unreadable, key=lambda run: run.run_id)),
        trends=build_trends(lines),
        follow_up=build_follow_up(chronicle, lines, perimeters=perimeters, now=now),
        controls=merge_controls(lines, frameworks=[framework.id for framework in catalogue.frameworks]),
        proof=build_proof(entries, checkpoint=checkpoint, period=period),
        scan=scan,
        signature=signature,
        versions=versions,
    )


def extract_catalogue() -> CatalogueExtract:
    """The words of this version's catalogue, those of every perimeter: what the dossier leaves out is named too."""
    catalogue = load_catalogue()
    own = catalogue.mapping(kind="", perimeters=tuple(map(int, catalogue.perimeters)))
    kinds = tuple(KindTitle(id=name, title=title) for name, title in catalogue.kinds.items())
    return CatalogueExtract(version=own.version, activities=own.activities, kinds=kinds, frameworks=own.frameworks)


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


def _count(runs: Sequence[RunLine], programme: Programme, coverage: Coverage) -> Counts:
    own = [run for run in runs if run.in_period]
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
