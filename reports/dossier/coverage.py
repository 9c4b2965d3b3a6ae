"""Which system was tested when, perimeter by perimeter, with the holes; and what was not tested at all. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from orchestrator.core.model import Identifier, Record
from reports.dossier.chronicle import Chronicle
from reports.dossier.lines import RunLine
from reports.dossier.period import Period, Quarter, Span, quarters, twelve_months
from reports.dossier.programme import Fate, Occurrence, Programme
from reports.register.entries import DrillMissed, DrillPlanned, DrillStarted, DrillWaived, Perimeters

Pair = tuple[int, str]
"""A perimeter and a system."""

OfSystem = TypeVar("OfSystem", RunLine, Occurrence)


class CellState(StrEnum):
    """What one quarter holds for one system, from the best to the worst; `TO_COME`: it has not begun."""

    TESTED = "tested"
    TRIED = "tried"
    WAIVED = "waived"
    MISSED = "missed"
    EMPTY = "empty"
    TO_COME = "to-come"


class Cell(Record):
    """One quarter of one system: the runs that count as a test, and those that do not."""

    state: CellState
    counted: int
    others: int


class CoverageRow(Record):
    """One system within one perimeter, quarter by quarter."""

    perimeter: int
    system: Identifier
    cells: tuple[Cell, ...]


class Untested(Record):
    """A system, with its perimeters in which nothing counted."""

    system: Identifier
    perimeters: Perimeters


class Indicator(Record):
    """“Every system tested at least once in 12 months”, over one span: a system is tested in all of its perimeters."""

    span: Span
    systems: int
    tested: int
    untested: tuple[Untested, ...]

    @property
    def met(self) -> bool:
        """Whether it holds. Where no system is known nothing is met."""
        return 0 < self.systems == self.tested


class Coverage(Record):
    """The matrix and its indicator, the latest span first; then what was not tested within the whole period."""

    quarters: tuple[Quarter, ...]
    rows: tuple[CoverageRow, ...]
    indicators: tuple[Indicator, ...]
    untested_systems: tuple[Untested, ...]
    untested_perimeters: Perimeters
    untested_kinds: tuple[Identifier, ...]


def build_coverage(
    runs: Sequence[RunLine],
    programme: Programme,
    *,
    pairs: Sequence[Pair],
    kinds: Sequence[str],
    period: Period,
    perimeters: Perimeters,
    now: datetime,
) -> Coverage:
    """Lay out what was tested.

    Args:
        runs: Those of the dossier; only those that began within the period are looked at.
        programme: For the quarters in which a drill was waived or missed.
        pairs: Every perimeter and system that is known.
        kinds: Of the catalogue.
        period: Of the dossier.
        perimeters: Of the dossier.
        now: When it is made, in UTC.
    """
    own = [run for run in runs if run.in_period]
    cut, of_system = tuple(quarters(period)), _by_system(own)
    due = _by_system(programme.occurrences)
    counted = [run for run in own if run.counts]
    return Coverage(
        quarters=cut,
        rows=tuple(
            CoverageRow(
                perimeter=perimeter,
                system=system,
                cells=tuple(
                    _cell(quarter, perimeter, of_system.get(system, ()), due.get(system, ()), now=now)
                    for quarter in cut
                ),
            )
            for perimeter, system in pairs
        ),
        indicators=tuple(
            _indicator(span, [run for run in counted if span.holds(run.started_at)], pairs)
            for span in twelve_months(period, now=now)
        ),
        untested_systems=untested(counted, pairs),
        untested_perimeters=tuple(
            number for number in perimeters if not any(number in run.perimeters for run in counted)
        ),
        untested_kinds=tuple(kind for kind in kinds if not any(run.kind == kind for run in counted)),
    )


def known_pairs(
    chronicle: Chronicle,
    runs: Sequence[RunLine],
    *,
    declared: Sequence[tuple[str, Perimeters]],
    perimeters: Perimeters,
    until: datetime,
) -> tuple[Pair, ...]:
    """Every perimeter and system that the project, the register or a report names.

    A system that none of them names cannot be known here, and the dossier says so.

    Args:
        chronicle: The register; what it names after `until` is left out.
        runs: Of the dossier.
        declared: The system and perimeters of each drill of the project.
        perimeters: Of the dossier.
        until: The end of the period, in UTC.
    """
    named = [*declared, *((run.system, run.perimeters) for run in runs)]
    for entry in chronicle.entries:
        if entry.at < until and isinstance(entry.event, DrillPlanned | DrillMissed | DrillWaived | DrillStarted):
            named.append((entry.event.system, entry.event.perimeters))
    found = {(number, system) for system, own in named for number in own if number in perimeters}
    return tuple(sorted(found))


def _by_system(found: Iterable[OfSystem]) -> Mapping[str, Sequence[OfSystem]]:
    grouped: dict[str, list[OfSystem]] = {}
    for one in found:
        grouped.setdefault(one.system, []).append(one)
    return grouped


def _cell(
    quarter: Quarter, perimeter: int, runs: Sequence[RunLine], due: Sequence[Occurrence], *, now: datetime
) -> Cell:
    """One quarter of one system, whose runs and dates these are."""
    own = [run for run in runs if perimeter in run.perimeters and quarter.holds(run.started_at)]
    counted = sum(run.counts for run in own)
    fates = {one.fate for one in due if perimeter in one.perimeters and quarter.holds(one.due_at)}
    state = _state(counted=counted, tried=len(own), fates=fates, begun=quarter.starts_at <= now)
    return Cell(state=state, counted=counted, others=len(own) - counted)


def _state(*, counted: int, tried: int, fates: set[Fate], begun: bool) -> CellState:
    if counted:
        return CellState.TESTED
    if tried:
        return CellState.TRIED
    if Fate.MISSED in fates:
        return CellState.MISSED
    if Fate.WAIVED in fates:
        return CellState.WAIVED
    return CellState.EMPTY if begun else CellState.TO_COME


def _indicator(span: Span, counted: Sequence[RunLine], pairs: Sequence[Pair]) -> Indicator:
    left = untested(counted, pairs)
    systems = len({system for _, system in pairs})
    return Indicator(span=span, systems=systems, tested=systems - len(left), untested=left)


def untested(counted: Sequence[RunLine], pairs: Sequence[Pair]) -> tuple[Untested, ...]:
    """Every system with the perimeters in which none of these runs, all of which count, tested it."""
    done = {(number, run.system) for run in counted for number in run.perimeters}
    left: dict[str, list[int]] = {}
    for number, system in sorted(pairs):
        if (number, system) not in done:
            left.setdefault(system, []).append(number)
    return tuple(Untested(system=name, perimeters=tuple(numbers)) for name, numbers in sorted(left.items()))
