"""The command `compare`: two runs side by side."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.app.comparing import compare as compare_runs
from orchestrator.cli.figures import WORDS, WRITE, change, plain_table
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.core.model import Interval, Outcome
from orchestrator.project import load_project
from reports.comparison import ComparedFigure, ComparedStep, Comparison

_STYLES = {Outcome.OK: "green", Outcome.FAILED: "red", Outcome.UNKNOWN: "magenta"}
_SHOWN = 24
"""Characters of a pinned value: enough of a digest to see that it is another one; --json has the whole."""


@click.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@project_option
@json_option
def compare(first: str, second: str, project: Path, as_json: bool) -> None:
    """Show two runs side by side: figures between their bounds, steps, checks, and what was pinned otherwise.

    Both must be sealed and verify, and the register must agree with both. A unique part of a run's name will do.
    """
    found = compare_runs(load_project(project), first, second)
    if as_json:
        echo_json(found)
        return
    screen = console()
    screen.print(_runs(found))
    _print(screen, "figures", _figures(found))
    _print(screen, "steps", _steps(found))
    _print(screen, "checks", _checks(found))
    _print(screen, "pinned or used otherwise", _differences(found))


def _print(screen: Console, title: str, table: Table) -> None:
    screen.print(Text(f"\n{title}", style="bold"))
    screen.print(table if table.row_count else "nothing")


def _runs(found: Comparison) -> Table:
    table = plain_table("", "run", "drill", "started", "verdict")
    for name, side in (("first", found.first), ("second", found.second)):
        table.add_row(name, Text(side.run_id), side.drill, f"{side.started_at:%Y-%m-%dT%H:%M:%SZ}", side.verdict)
    return table


def _figures(found: Comparison) -> Table:
    table = plain_table("quantity", "first", "second", "change", "objective")
    for one in found.figures:
        values = (_value(one.first, one.unit), _value(one.second, one.unit), _change(one))
        table.add_row(WORDS(f"quantity.{one.quantity}"), *values, " / ".join(_objectives(one)))
    return table


def _value(value: Interval | None, unit: str) -> str:
    return WRITE.interval(value, unit=unit) if value else "not measured"


def _change(one: ComparedFigure) -> str:
    if one.change is None:
        return "not comparable"
    return change(one.change, unit=one.unit) if one.change else "none"


def _objectives(one: ComparedFigure) -> Iterator[str]:
    """Once, where both runs have the same."""
    for objective in dict.fromkeys((one.first_objective, one.second_objective)):
        if objective is None:
            yield "-"
        else:
            yield WRITE.exactly(objective) if one.unit == "us" else WRITE.count(objective)


def _steps(found: Comparison) -> Table:
    table = plain_table("step", "first", "", "second", "", "change")
    for one in found.steps:
        first, second = _outcome(one.first_outcome), _outcome(one.second_outcome)
        table.add_row(one.step, _lasted(one.first_us), first, _lasted(one.second_us), second, _slower(one))
    return table


def _lasted(us: int | None) -> str:
    return "-" if us is None else WRITE.at_most(us)


def _slower(one: ComparedStep) -> str:
    if one.first_us is None or one.second_us is None:
        return ""
    slower_us = one.second_us - one.first_us
    return change(slower_us) if slower_us else "none"


def _checks(found: Comparison) -> Table:
    table = plain_table("check", "first", "second")
    for one in found.checks:
        table.add_row(one.check, _outcome(one.first), _outcome(one.second))
    return table


def _outcome(outcome: Outcome | None) -> Text:
    return Text("not there") if outcome is None else Text(outcome.value, style=_STYLES[outcome])


def _differences(found: Comparison) -> Table:
    table = plain_table("what", "first", "second")
    for one in found.differences:
        table.add_row(Text(one.subject), _pinned(one.first), _pinned(one.second))
    return table


def _pinned(value: str | None) -> Text:
    if value is None:
        return Text("not there")
    return Text(value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…")
