"""The control mappings of every proved run, merged: per control, which reports contribute. Pure.

A contribution is a piece of evidence, not a conformity, and a drill that failed is one too: it is told apart.
"""

from collections.abc import Sequence

from orchestrator.core.model import Record
from reports.catalogue import Control
from reports.dossier.lines import RunLine


class ControlLine(Record):
    """One control with the numbers of the reports that contribute to it: those that count as a test, and the others."""

    control: Control
    counted: tuple[int, ...]
    others: tuple[int, ...]


def merge_controls(runs: Sequence[RunLine], *, frameworks: Sequence[str]) -> tuple[ControlLine, ...]:
    """Framework by framework, the controls that drills are first of all about before the others.

    A control is primary where it is for one of the runs, and common where every drill contributes to it.

    Args:
        runs: Of the dossier; only those with a proved report are looked at.
        frameworks: In the order in which they are printed.
    """
    found: dict[tuple[str, str], list[tuple[Control, RunLine]]] = {}
    for run in runs:
        for control in run.facts.controls if run.facts else ():
            found.setdefault((control.framework, control.reference), []).append((control, run))
    merged = [_line(entries) for entries in found.values()]
    return tuple(sorted(merged, key=lambda line: _rank(line.control, frameworks)))


def _line(entries: Sequence[tuple[Control, RunLine]]) -> ControlLine:
    """The words are those of the latest run: an older one may carry an older catalogue."""
    latest = entries[-1][0]
    primary = any(control.primary for control, _ in entries)
    common = all(control.common for control, _ in entries)
    return ControlLine(
        control=latest.model_copy(update={"primary": primary, "common": common}),
        counted=tuple(run.number for _, run in entries if run.counts),
        others=tuple(run.number for _, run in entries if not run.counts),
    )


def _rank(control: Control, frameworks: Sequence[str]) -> tuple[int, bool, bool, list[tuple[int, str]]]:
    known = control.framework in frameworks
    place = frameworks.index(control.framework) if known else len(frameworks)
    return place, control.common, not control.primary, _natural(control.reference)


def _natural(reference: str) -> list[tuple[int, str]]:
    """A.8.6 comes before A.8.13: numbers are compared as numbers."""
    parts = reference.replace(".", " ").replace("(", " ").split()
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
