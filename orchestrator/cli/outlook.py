"""The commands that show how everything stands: coverage, trends. The figures are those of the audit file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from orchestrator.adapters.system import SystemClock
from orchestrator.app.outlook import gather
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.figures import WORDS, WRITE, change, plain_table
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.errors import UsageError
from reports.dossier.coverage import Cell, CellState, Coverage, CoverageRow, Untested
from reports.dossier.period import Quarter
from reports.dossier.runs import Figure
from reports.dossier.trends import Trend, TrendPoint
from reports.outlook import QUARTERS, Outlook

quarters_option = click.option(
    "--quarters",
    type=click.IntRange(1, 40),
    default=QUARTERS,
    show_default=True,
    help="How many quarters to look back on, the one that is under way included.",
)
STYLES = {
    CellState.TESTED: "green",
    CellState.TRIED: "magenta",
    CellState.WAIVED: "cyan",
    CellState.MISSED: "bold red",
    CellState.EMPTY: "red",
    CellState.TO_COME: "default",
}


@click.command()
@quarters_option
@project_option
@json_option
def coverage(quarters: int, project: Path, as_json: bool) -> None:
    """Show which system was tested when, perimeter by perimeter, and what was never tested at all.

    Only a run counts that passed, or passed with gaps, whose evidence verifies, and with which the register agrees.
    """
    outlook = _look(project, quarters)
    found = outlook.recent.coverage
    if as_json:
        echo_json(_coverage_facts(outlook))
        return
    screen = console()
    screen.print(_matrix(found))
    for indicator in found.indicators[:1]:
        screen.print(f"tested within twelve months: {indicator.tested} of {indicator.systems} systems")
    for one in outlook.never_tested:
        screen.print(Text(f"never tested: {one.system}, perimeter {_perimeters(one)}", style="red"))
    if not outlook.never_tested:
        screen.print("never tested: none of the systems that are known" if found.rows else "no system is known")


@click.command()
@click.argument("drill", required=False)
@quarters_option
@project_option
@json_option
def trends(drill: str | None, quarters: int, project: Path, as_json: bool) -> None:
    """Show RTO and RPO of each run between their bounds, against their objectives, and what changed; or those of DRILL.

    A run whose evidence does not verify has no figure, and is not listed.
    """
    found = _of_drill(_look(project, quarters).recent.trends, drill)
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    screen = console()
    for one in found:
        screen.print(Text.assemble((one.drill, "bold"), f"  {one.system}"))
        screen.print(_points(one))
        screen.print(_changed(one))
    if not found:
        screen.print("nothing was measured and proved in these quarters")


def _look(project: Path, quarters: int) -> Outlook:
    return gather(open_workplace(project, clock=SystemClock()), quarters=quarters).outlook


def _of_drill(found: Sequence[Trend], drill: str | None) -> list[Trend]:
    chosen = [one for one in found if drill in (None, one.drill)]
    if drill is not None and not chosen:
        hint = f"those that were measured: {', '.join(one.drill for one in found) or 'none'}"
        raise UsageError(f"no run of {drill} was measured and proved in these quarters", hint=hint)
    return chosen


def _matrix(found: Coverage) -> Table:
    table = plain_table("perimeter", "system", *map(_quarter, found.quarters))
    for row in found.rows:
        table.add_row(str(row.perimeter), row.system, *map(_cell, row.cells))
    return table


def _quarter(one: Quarter) -> str:
    return f"{one.year}-Q{one.number}"


def _cell(cell: Cell) -> Text:
    count = cell.counted or cell.others
    words = WORDS(f"dossier.coverage.state.{cell.state}")
    return Text(f"{words} x{count}" if count > 1 else words, style=STYLES[cell.state])


def _perimeters(one: Untested) -> str:
    return ", ".join(map(str, one.perimeters))


def _points(trend: Trend) -> Table:
    table = plain_table("date", "run", "RTO", "objective", "RPO", "objective")
    for point in trend.points:
        table.add_row(f"{point.at:%Y-%m-%d}", _run(point), *_figure(point.rto), *_figure(point.rpo))
    return table


def _run(point: TrendPoint) -> Text:
    return Text(point.run_id) if point.counts else Text(f"{point.run_id} (counts for nothing)", style="dim")


def _figure(figure: Figure | None) -> Iterator[Text]:
    if figure is None:
        yield from (Text("not measured", style="dim"), Text(""))
        return
    yield Text(WRITE.interval(figure.value, unit="us"), style="red" if figure.met is False else "default")
    objective = WRITE.exactly(figure.objective) if figure.objective is not None else "-"
    yield Text(f"{objective} {'missed' if figure.met is False else ''}".strip())


def _changed(trend: Trend) -> str:
    if trend.change is None:
        return "change: no earlier run that counts to compare with\n"
    parts = ((name, us) for name, us in (("RTO", trend.change.rto_us), ("RPO", trend.change.rpo_us)))
    return f"change since {trend.change.previous_run_id}: {', '.join(_difference(name, us) for name, us in parts)}\n"


def _difference(name: str, us: int | None) -> str:
    if us is None:
        return f"{name} not comparable"
    return f"{name} {change(us)}" if us else f"{name} unchanged"


def _coverage_facts(outlook: Outlook) -> dict[str, Any]:
    found = outlook.recent.coverage
    return {
        "quarters": [_quarter(one) for one in found.quarters],
        "rows": [_row_facts(row) for row in found.rows],
        "indicators": [one.model_dump(mode="json") | {"met": one.met} for one in found.indicators],
        "never_tested": [one.model_dump(mode="json") for one in outlook.never_tested],
        "untested_kinds": list(outlook.whole.coverage.untested_kinds),
    }


def _row_facts(row: CoverageRow) -> dict[str, Any]:
    return {
        "perimeter": row.perimeter,
        "system": row.system,
        "cells": [cell.model_dump(mode="json") for cell in row.cells],
    }
