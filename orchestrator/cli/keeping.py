"""The commands about what is kept and what is not: prune, hold."""

import getpass
from pathlib import Path
from typing import Any

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.holding import place_hold, release_hold
from orchestrator.app.pruning import Pruned, Pruning, plan_pruning
from orchestrator.app.pruning import prune as remove_kept
from orchestrator.app.register import open_register, view_register
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.errors import ExitCode, UsageError
from reports.register.holds import Hold, holds_in_force
from reports.removal import Removable, Retained, Why

WORDS = {
    Why.UNKNOWN: "the register does not know it, or says two things of it",
    Why.OPEN: "it has not ended: `reprise recover`",
    Why.UNSEALED: "it is not sealed: `reprise seal`",
    Why.HELD: "held",
    Why.ACTIONS: "a corrective action is open: `reprise actions`",
    Why.ALTERED: "it is not as it was sealed",
    Why.NO_RULE: "no rule of retention is about it",
    Why.NO_PERIOD: "its report says for how long it is kept, in words that are no period",
    Why.NO_DOSSIER: "no sealed audit file holds it: `reprise dossier`",
    Why.YOUNG: "kept",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be removed (the default).")
@click.option("--yes", is_flag=True, help="Enter it in the register and remove it.")
@click.option("--by", metavar="NAME", help="Who removes it (default: your account).")
@click.option(
    "--dossier",
    "dossiers",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The directory of an audit file that is kept elsewhere than in dossiers/.",
)
@project_option
@json_option
def prune(
    dry_run: bool, yes: bool, by: str | None, dossiers: tuple[Path, ...], project: Path, as_json: bool
) -> ExitCode:
    """Show what was kept for as long as `retention` says, and why the rest is kept; with --yes, remove it.

    What is removed is entered in the register before, with the digest of each file. The register is never cut.
    """
    workplace = open_workplace(project, clock=SystemClock())
    if yes and dry_run:
        raise UsageError("--dry-run and --yes contradict each other", hint="say one of them")
    if not yes:
        planned = plan_pruning(workplace, view_register(workplace.project).entries(), dossiers=dossiers)
        echo_json(_planned_facts(planned)) if as_json else _print_planned(planned)
        return ExitCode.PASSED
    register = open_register(workplace.project, clock=workplace.clock)
    done = remove_kept(workplace, register, by=by or getpass.getuser(), dossiers=dossiers)
    echo_json(_pruned_facts(done)) if as_json else _print_pruned(done)
    return ExitCode.FAILED if done.left else ExitCode.PASSED


@click.command()
@click.argument("run", required=False)
@click.option("--reason", help="Why.")
@click.option("--by", metavar="NAME", help="Who decides it.")
@click.option("--release", is_flag=True, help="End a hold of RUN.")
@click.option("--entry", type=click.IntRange(min=0), help="With --release: the entry that placed it.")
@project_option
@json_option
def hold(
    run: str | None,
    reason: str | None,
    by: str | None,
    release: bool,
    entry: int | None,
    project: Path,
    as_json: bool,
) -> None:
    """Enter that nothing of RUN may be removed, whatever a rule says. Without RUN: list the holds in force."""
    workplace = open_workplace(project, clock=SystemClock())
    if run is None:
        _print_holds(holds_in_force(view_register(workplace.project).entries()).all, as_json=as_json)
        return
    if reason is None or by is None:
        hint = "for example: reprise hold RUN --reason 'claim 2026-17' --by 'the legal department'"
        raise UsageError("a hold, and its release, need --reason and --by", hint=hint)
    if entry is not None and not release:
        raise UsageError("--entry names the hold that is released", hint="say --release too")
    register = open_register(workplace.project, clock=workplace.clock)
    if release:
        entered = release_hold(workplace, register, run=run, by=by, reason=reason, entry=entry)
    else:
        entered = place_hold(workplace, register, run=run, by=by, reason=reason)
    if as_json:
        echo_json(entered)
    else:
        click.echo(f"entered as {entered.seq}, {entered.at:%Y-%m-%dT%H:%M:%SZ}")


def _print_planned(planned: Pruning) -> None:
    screen = console()
    for note in planned.notes:
        screen.print(f"note: {note}", markup=False)
    for kept in planned.retained:
        screen.print(f"kept      {kept.run_id}  {kept.category:<9}  {_why(kept)}", markup=False)
    for event in planned.unfinished:
        detail = f"entered already under rule {event.rule}, and there still"
        screen.print(f"unfinished {event.run_id}  {event.category:<9}  {detail}", markup=False)
    for one in planned.removable:
        detail = f"{len(one.files)} files, {_size(one):,} bytes, rule {one.rule.rule}, until {one.until:%Y-%m-%d}"
        screen.print(f"removable {one.run_id}  {one.category:<9}  {detail}", markup=False)
    count = len(planned.removable) + len(planned.unfinished)
    click.echo(f"{count} to remove; `reprise prune --yes` does" if count else "nothing is to be removed")


def _why(kept: Retained) -> str:
    until = f" until {kept.until:%Y-%m-%d}, rule {kept.detail}" if kept.until else ""
    detail = f": {kept.detail}" if kept.detail and not kept.until else ""
    return f"{WORDS[kept.why]}{until}{detail}"


def _print_pruned(done: Pruned) -> None:
    for path in done.left:
        click.echo(f"left: {path} is not what was entered, or is in use", err=True)
    entries = f", entered as {', '.join(map(str, done.entries))}" if done.entries else ""
    click.echo(f"removed: {done.files} files, {done.size:,} bytes{entries}")


def _planned_facts(planned: Pruning) -> dict[str, Any]:
    return {
        "removable": [_removable(one) for one in planned.removable],
        "retained": [
            {
                "run": one.run_id,
                "category": one.category,
                "why": one.why,
                "detail": one.detail,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in planned.retained
        ],
        "unfinished": [{"run": event.run_id, "category": event.category} for event in planned.unfinished],
        "notes": list(planned.notes),
    }


def _removable(one: Removable) -> dict[str, Any]:
    return {
        "run": one.run_id,
        "category": one.category,
        "rule": one.rule.rule,
        "keep": one.keep,
        "until": one.until.isoformat(),
        "files": [file.model_dump(mode="json") for file in one.files],
    }


def _pruned_facts(done: Pruned) -> dict[str, Any]:
    return {"entries": list(done.entries), "files": done.files, "bytes": done.size, "left": list(done.left)}


def _size(one: Removable) -> int:
    return sum(file.size for file in one.files)


def _print_holds(holds: tuple[Hold, ...], *, as_json: bool) -> None:
    if as_json:
        facts = [
            {"run": one.run_id, "by": one.by, "reason": one.reason, "at": one.at.isoformat(), "entry": one.seq}
            for one in holds
        ]
        echo_json(facts)
        return
    for one in holds:
        click.echo(f"{one.run_id}  entry {one.seq}, since {one.at:%Y-%m-%d}  {one.by}: {one.reason}")
    if not holds:
        click.echo("no hold is in force")
