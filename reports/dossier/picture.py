"""What runs and register come to over a period: the figures of a dossier, and of whatever else shows them. Pure.

Nothing here is signed or drawn. Whoever shows such a figure takes it from here, so that no two of them differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orchestrator.core.model import Identifier, Language, Moment, Record, Title
from orchestrator.core.plan import Organisation
from reports.catalogue import Activity, FrameworkTitle, load_catalogue
from reports.dossier.actions import FollowUp, build_follow_up
from reports.dossier.chronicle import Chronicle
from reports.dossier.coverage import Coverage, build_coverage, known_pairs
from reports.dossier.lines import RunLine, build_lines
from reports.dossier.period import Period
from reports.dossier.programme import Programme, build_programme, wanted_runs
from reports.dossier.runs import DossierRun
from reports.dossier.trends import Trend, build_trends
from reports.register.entries import Perimeters


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


class Pictured(Protocol):
    """What can be put in words: a picture, or a dossier that holds one."""

    @property
    def scope(self) -> Scope:
        """What it is about."""

    @property
    def catalogue(self) -> CatalogueExtract:
        """The words of perimeters and kinds."""

    @property
    def runs(self) -> tuple[RunLine, ...]:
        """Every run, the oldest first."""

    @property
    def programme(self) -> Programme:
        """What was due, and what became of it."""

    @property
    def coverage(self) -> Coverage:
        """Which system was tested when."""

    @property
    def trends(self) -> tuple[Trend, ...]:
        """RTO and RPO of each drill."""

    @property
    def follow_up(self) -> FollowUp:
        """What was found and done about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that is computed from runs and register over one period."""

    scope: Scope
    catalogue: CatalogueExtract
    runs: tuple[RunLine, ...]
    unreadable: tuple[DossierRun, ...]
    """Bundles that cannot be read and of whose run the register knows nothing."""
    programme: Programme
    coverage: Coverage
    trends: tuple[Trend, ...]
    follow_up: FollowUp


def build_picture(
    scope: Scope, runs: Sequence[DossierRun], chronicle: Chronicle, *, catalogue: CatalogueExtract
) -> Picture:
    """Compute it.

    Args:
        scope: The period, the perimeters, the project's drills, and when it is computed.
        runs: The bundles at hand, read and verified, in any order.
        chronicle: The register from its first line, its chain checked.
        catalogue: The words of perimeters and kinds.
    """
    period, perimeters, now = scope.period, scope.perimeters, scope.made_at
    wanted = wanted_runs(chronicle, period=period, perimeters=perimeters)
    lines = build_lines(runs, chronicle, wanted=wanted, perimeters=perimeters)
    programme = build_programme(chronicle, lines, period=period, perimeters=perimeters, now=now)
    unreadable = (run for run in runs if run.facts is None and chronicle.run(run.run_id).started is None)
    return Picture(
        scope=scope,
        catalogue=catalogue,
        runs=lines,
        unreadable=tuple(sorted(unreadable, key=lambda run: run.run_id)),
        programme=programme,
        coverage=_cover(scope, lines, chronicle, programme=programme, catalogue=catalogue),
        trends=build_trends(lines),
        follow_up=build_follow_up(chronicle, lines, perimeters=perimeters, now=now),
    )


def extract_catalogue() -> CatalogueExtract:
    """The words of this version's catalogue, those of every perimeter: what the dossier leaves out is named too."""
    catalogue = load_catalogue()
    own = catalogue.mapping(kind="", perimeters=tuple(map(int, catalogue.perimeters)))
    kinds = tuple(KindTitle(id=name, title=title) for name, title in catalogue.kinds.items())
    return CatalogueExtract(version=own.version, activities=own.activities, kinds=kinds, frameworks=own.frameworks)


def _cover(
    scope: Scope,
    lines: Sequence[RunLine],
    chronicle: Chronicle,
    *,
    programme: Programme,
    catalogue: CatalogueExtract,
) -> Coverage:
    declared = [(drill.system, drill.perimeters) for drill in scope.drills]
    until = scope.period.ends_at
    return build_coverage(
        lines,
        programme,
        pairs=known_pairs(chronicle, lines, declared=declared, perimeters=scope.perimeters, until=until),
        kinds=[kind.id for kind in catalogue.kinds],
        period=scope.period,
        perimeters=scope.perimeters,
        now=scope.made_at,
    )
