"""The runs of a dossier: what the register and the bundles say of each, and whether they say the same. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from orchestrator.core.model import Identifier, Moment, Record, Title
from orchestrator.core.written import is_none
from reports.dossier.chronicle import Chronicle, RunEntries
from reports.dossier.runs import DossierRun, Facts
from reports.register.entries import PASSING, Category, Ending, Perimeters


class Standing(StrEnum):
    """What a run is worth as proof: only `PROVED` is worth anything."""

    PROVED = "proved"
    OPEN = "open"
    UNSEALED = "unsealed"
    MISSING = "missing"
    REMOVED = "removed"
    """Its report was removed under a rule of retention, and the register says so."""
    INVALID = "invalid"
    CONTRADICTED = "contradicted"
    UNREGISTERED = "unregistered"


class Removed(Record):
    """When a run's report was removed, under which rule; `line` of the register."""

    at: Moment
    rule: Identifier
    line: int


class RunLine(Record):
    """A run, from the register and from its bundle together. `number`: its place among the reports of the dossier."""

    number: int
    run_id: str
    title: Title | None
    drill: Identifier
    kind: Identifier
    system: Identifier
    perimeters: Perimeters
    started_at: Moment
    in_period: bool
    """False for a run that is here only because it does, or does late, what was due within the period."""
    requester: str
    retry_of: str | None
    ending: Ending | None
    standing: Standing
    lines: tuple[int, ...]
    """Of the register: where the run was started, ended and sealed."""
    report: DossierRun | None
    removed: Annotated[Removed | None, Field(exclude_if=is_none)] = None
    """Where it was removed, and is not here."""

    @property
    def counts(self) -> bool:
        """Whether the system was tested by it. Inconclusive, failed, or not proved: never."""
        return self.standing is Standing.PROVED and self.ending in PASSING

    @property
    def facts(self) -> Facts | None:
        """What its report says, where it may be believed."""
        return self.report.facts if self.report and self.standing is Standing.PROVED else None


def build_lines(
    runs: Sequence[DossierRun], chronicle: Chronicle, *, wanted: Mapping[str, bool], perimeters: Perimeters
) -> tuple[RunLine, ...]:
    """Every run that the dossier is about, the oldest first.

    Args:
        runs: The bundles at hand.
        chronicle: The register.
        wanted: The runs that the register has for this period, and whether each began within it.
        perimeters: Those that the dossier is about.
    """
    bundles = {run.run_id: run for run in runs}
    known = [_registered(run_id, chronicle.run(run_id), bundles.get(run_id), wanted[run_id]) for run_id in wanted]
    strangers = (run for run in runs if run.run_id not in wanted and chronicle.run(run.run_id).started is None)
    found = [*known, *(line for run in strangers for line in _stranger(run))]
    within = [line for line in found if line is not None and set(line.perimeters) & set(perimeters)]
    ordered = sorted(within, key=lambda line: (line.started_at, line.run_id))
    return tuple(line.model_copy(update={"number": number}) for number, line in enumerate(ordered, start=1))


def _registered(run_id: str, entries: RunEntries, run: DossierRun | None, in_period: bool) -> RunLine | None:
    started = entries.started
    if started is None:
        return None
    event, facts = started.event, run.facts if run else None
    return RunLine(
        number=0,
        run_id=run_id,
        title=facts.title if facts else None,
        drill=event.drill,
        kind=event.kind,
        system=event.system,
        perimeters=event.perimeters,
        started_at=started.at,
        in_period=in_period,
        requester=event.requester,
        retry_of=event.retry_of,
        ending=entries.ended.event.ending if entries.ended else None,
        standing=_standing(run, entries),
        lines=tuple(one.line for one in (started, entries.ended, entries.sealed) if one),
        report=run,
        removed=_removed(entries) if run is None else None,
    )


def _removed(entries: RunEntries) -> Removed | None:
    found = next((one for one in entries.removals if one.event.category is Category.EVIDENCE), None)
    return Removed(at=found.at, rule=found.event.rule, line=found.line) if found else None


def _standing(run: DossierRun | None, entries: RunEntries) -> Standing:
    if entries.started is None:
        return Standing.UNREGISTERED
    if entries.ended is None:
        return Standing.OPEN
    if entries.sealed is None:
        return Standing.UNSEALED
    if run is None:
        return Standing.REMOVED if _removed(entries) else Standing.MISSING
    if not run.valid or run.facts is None:
        return Standing.INVALID
    return Standing.PROVED if entries.consistent and _agree(run.facts, entries) else Standing.CONTRADICTED


def _agree(facts: Facts, entries: RunEntries) -> bool:
    """Whether register and report speak of the same run: same drill, plan, journal, verdict and attestation."""
    if entries.started is None or entries.ended is None or entries.sealed is None:
        return False
    started, ended = entries.started.event, entries.ended.event
    registered = (started.drill, started.kind, started.system, started.perimeters, started.plan_sha256)
    ending = Ending.REFUSED if facts.refused else Ending(facts.verdict.value)
    return (
        registered == (facts.drill, facts.kind, facts.system, facts.perimeters, facts.plan_sha256)
        and (ended.plan_sha256, ended.journal_sha256) == (facts.plan_sha256, facts.journal_sha256)
        and (ended.verdict, ended.ending) == (facts.verdict, ending)
        and entries.sealed.event.attestation_sha256 == facts.attestation_sha256
    )


def _stranger(run: DossierRun) -> Iterator[RunLine]:
    """A bundle of which the register knows nothing: shown, and worth nothing."""
    facts = run.facts
    if facts is None:
        return
    yield RunLine(
        number=0,
        run_id=run.run_id,
        title=facts.title,
        drill=facts.drill,
        kind=facts.kind,
        system=facts.system,
        perimeters=facts.perimeters,
        started_at=facts.started_at,
        in_period=True,
        requester=facts.requester,
        retry_of=None,
        ending=Ending.REFUSED if facts.refused else Ending(facts.verdict.value),
        standing=Standing.UNREGISTERED,
        lines=(),
        report=run,
    )
