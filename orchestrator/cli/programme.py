"""The commands about the programme: programme, due, waive."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.programme import enter_programme, read_owed, waivers_in_force
from orchestrator.app.programme import waive as enter_waiver
from orchestrator.app.register import open_register, view_register
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.cli.options import DAY, console, echo_json, json_option, project_option
from orchestrator.errors import ExitCode, UsageError
from reports.register.programme import DueState, Owed, Waiver

STYLES = {
    DueState.DONE: "green",
    DueState.BEGUN: "yellow",
    DueState.WAIVED: "cyan",
    DueState.TO_COME: "default",
    DueState.OVERDUE: "bold yellow",
    DueState.MISSED: "bold red",
}


@click.command()
@click.argument("drills", nargs=-1)
@click.option("--until", type=DAY, metavar="DAY", help="The last day to plan (default: the last one of this year).")
@project_option
@json_option
def programme(drills: tuple[str, ...], until: datetime | None, project: Path, as_json: bool) -> None:
    """Enter in the register what the schedules make due until a day, and what was missed; print the programme.

    Done again it enters only what is not there yet, and never anything in the past. What was planned stays planned.
    A DRILL that is bundled with the product is planned only where it is named once.
    """
    workplace = _workplace(project)
    register = open_register(workplace.project, clock=workplace.clock)
    entered = enter_programme(workplace, register, until=until.date() if until else None, named=drills)
    if as_json:
        counts = {"planned": len(entered.planned), "missed": len(entered.missed)}
        echo_json({"entered": counts, "notes": list(entered.notes), "programme": [_facts(one) for one in entered.owed]})
        return
    _print_owed(entered.owed)
    for note in entered.notes:
        click.echo(f"note: {note}")
    click.echo(f"entered: {len(entered.planned)} planned, {len(entered.missed)} missed")


@click.command()
@project_option
@json_option
def due(project: Path, as_json: bool) -> int:
    """Show what somebody must do, what is waived, and the next date of each drill. Enters nothing.

    Exit code 1 where a drill is overdue, missed and not caught up, or begun without success; else 0.
    """
    owed = read_owed(_workplace(project))
    shown = [*_pressing(owed), *_next(owed)]
    if as_json:
        echo_json([_facts(one) for one in shown])
    else:
        _print_owed(shown)
        if not shown:
            click.echo("nothing is planned; `reprise programme` enters what is due")
    return ExitCode.FAILED if any(one.pressing for one in shown) else ExitCode.PASSED


@click.command()
@click.argument("drill", required=False)
@click.option("--until", type=DAY, metavar="DAY", help="The last day, in Paris; a year from now at most.")
@click.option("--reason", help="Why.")
@click.option("--by", metavar="NAME", help="Who decides it.")
@project_option
@json_option
def waive(
    drill: str | None, until: datetime | None, reason: str | None, by: str | None, project: Path, as_json: bool
) -> None:
    """Enter that DRILL may be left out until a day. Without DRILL: list the waivers in force.

    It covers what becomes due from now on. What is overdue already stays so.
    """
    workplace = _workplace(project)
    if drill is None:
        _print_waivers(waivers_in_force(workplace, view_register(workplace.project).entries()), as_json=as_json)
        return
    if until is None or reason is None or by is None:
        hint = "for example: reprise waive DRILL --until 2026-12-31 --reason '...' --by 'the head of production'"
        raise UsageError("a waiver needs --until, --reason and --by", hint=hint)
    register = open_register(workplace.project, clock=workplace.clock)
    entered = enter_waiver(workplace, register, drill=drill, until=until.date(), reason=reason, by=by)
    if as_json:
        echo_json(_waiver(entered))
        return
    click.echo(f"entered as {entered.seq}; in force:")
    _print_waivers(waivers_in_force(workplace, register.entries()), as_json=False)


def _workplace(project: Path) -> Workplace:
    return open_workplace(project, clock=SystemClock())


def _pressing(owed: Sequence[Owed]) -> list[Owed]:
    return [one for one in owed if one.pressing or _waived(one)]


def _waived(one: Owed) -> bool:
    return one.state is DueState.WAIVED and not one.caught_up


def _next(owed: Sequence[Owed]) -> list[Owed]:
    """The first date to come of each drill."""
    found: dict[str, Owed] = {}
    for one in owed:
        if one.state is DueState.TO_COME:
            found.setdefault(one.drill, one)
    return list(found.values())


def _print_owed(owed: Sequence[Owed]) -> None:
    screen = console()
    for one in owed:
        style = STYLES[one.state]
        line = f"{one.due_at:%Y-%m-%dT%H:%M:%SZ}  [{style}]{one.state:<8}[/{style}]  {one.drill:<24}"
        screen.print(line, end="")
        screen.print(_detail(one), markup=False)


def _detail(one: Owed) -> str:
    match one.state:
        case DueState.WAIVED if one.waiver is not None:
            return f"{one.waiver.reason} ({one.waiver.waived_by}, until {one.waiver.until:%Y-%m-%d})"
        case DueState.OVERDUE:
            return f"may begin until {one.last_at:%Y-%m-%dT%H:%M:%SZ}"
        case DueState.MISSED:
            entered = (
                f"entry {one.missed_seq}" if one.missed_seq is not None else "not entered yet: `reprise programme`"
            )
            return f"{entered}{', caught up since' if one.caught_up else ''}"
        case _:
            late = "not begun in time; " if one.missed else ""
            return late + ", ".join(one.runs)


def _print_waivers(waivers: Sequence[Waiver], *, as_json: bool) -> None:
    if as_json:
        echo_json([_waiver(one) for one in waivers])
        return
    for one in waivers:
        click.echo(f"{one.drill:<24}  until {one.until:%Y-%m-%dT%H:%M:%SZ}  {one.waived_by}: {one.reason}")
    if not waivers:
        click.echo("no waiver is in force")


def _facts(one: Owed) -> dict[str, Any]:
    return {
        "drill": one.drill,
        "system": one.system,
        "perimeters": list(one.perimeters),
        "due_at": one.due_at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "state": str(one.state),
        "pressing": one.pressing,
        "missed_entry": one.missed_seq,
        "runs": list(one.runs),
        "waiver": _waiver(one.waiver) if one.waiver else None,
    }


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "drill": one.drill,
        "by": one.waived_by,
        "reason": one.reason,
        "entered_at": one.entered_at.isoformat(),
        "until": one.until.isoformat(),
        "entry": one.seq,
    }
