"""The command that finishes what was interrupted: recover."""

from pathlib import Path

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.following import Follower
from orchestrator.app.recovering import give_up_run, recover_run
from orchestrator.app.running import stopped_by_signals
from orchestrator.app.runs import RunSummary, find_run, list_unsealed
from orchestrator.app.sealing import Seal, open_seal, read_run
from orchestrator.app.telling import open_teller
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.cli.faults import explain
from orchestrator.cli.options import console, each, echo_json, json_option, log_option, project_option
from orchestrator.cli.untold import say_untold
from orchestrator.console import Account
from orchestrator.core.ports import Stop
from orchestrator.errors import ExitCode, RepriseError
from orchestrator.store import RunDirectory


@click.command()
@click.option(
    "--give-up",
    "given_up",
    metavar="RUN",
    help="Close RUN for good without its targets, as not cleaned up: for hosts that never come back.",
)
@project_option
@json_option
@log_option
def recover(given_up: str | None, project: Path, as_json: bool) -> int:
    """Finish every interrupted run: clean up its targets, seal it as aborted.

    A run whose targets cannot be cleaned up now stays interrupted (exit code 7). The others are finished all the same.
    """
    workplace = open_workplace(project, clock=SystemClock())
    seal = open_seal(workplace.project, clock=workplace.clock)
    follower = Follower(open_teller(workplace))
    try:
        if given_up is not None:
            return _give_up(workplace, find_run(workplace.project, given_up), seal, follower, as_json=as_json)
        pending = list_unsealed(workplace.project)
        if not pending and not as_json:
            click.echo("no run was interrupted")
        return _finish_all(workplace, pending, seal, follower, as_json=as_json)
    finally:
        say_untold(follower.settle())


def _finish_all(
    workplace: Workplace, pending: tuple[RunSummary, ...], seal: Seal, follower: Follower, *, as_json: bool
) -> ExitCode:
    """One that cannot be finished keeps no other from it; a stop does. Returns the worst of their codes."""
    worst = ExitCode.PASSED
    with stopped_by_signals() as (stop, _):
        for summary in pending:
            try:
                worst = max(worst, _finish(workplace, summary, seal, follower, stop=stop, as_json=as_json))
            except RepriseError as error:
                worst = max(worst, _not_finished(summary, error, as_json=as_json))
            if stop.requested:
                break
    return worst


def _finish(
    workplace: Workplace, summary: RunSummary, seal: Seal, follower: Follower, *, stop: Stop, as_json: bool
) -> ExitCode:
    if not summary.finished:
        _recover_shown(workplace, summary.directory, follower, stop=stop, as_json=as_json)
    return _sealed(summary.directory, seal, follower, as_json=as_json)


def _give_up(
    workplace: Workplace, directory: RunDirectory, seal: Seal, follower: Follower, *, as_json: bool
) -> ExitCode:
    follower.planned(directory.read_plan())
    give_up_run(workplace, directory, told=each(follower.told, echo_json) if as_json else follower.told)
    return _sealed(directory, seal, follower, as_json=as_json)


def _sealed(directory: RunDirectory, seal: Seal, follower: Follower, *, as_json: bool) -> ExitCode:
    """Seal a run that is finished, say what it came to, and return whether its targets are clean."""
    materials = read_run(directory)
    sealed = follower.seal(directory, seal=seal, language=None, materials=materials)
    _, judgement = materials.compute()
    if as_json:
        echo_json({"run": directory.path.name, "judgement": judgement.model_dump(mode="json")})
    else:
        dirty = ", and its targets are NOT established as clean" if judgement.cleanup_failed else ""
        console().print(f"{directory.path.name}: {sealed.verdict}{dirty}")
    return ExitCode.CLEANUP if judgement.cleanup_failed else ExitCode.PASSED


def _not_finished(summary: RunSummary, error: RepriseError, *, as_json: bool) -> ExitCode:
    if as_json:
        echo_json({"run": summary.run_id, "error": str(error), "hint": error.hint, "exit_code": error.exit_code})
    return explain(error)


def _recover_shown(
    workplace: Workplace, directory: RunDirectory, follower: Follower, *, stop: Stop, as_json: bool
) -> None:
    plan = directory.read_plan()
    follower.planned(plan)
    if as_json:
        recover_run(workplace, directory, told=each(follower.told, echo_json), stop=stop)
        return
    with Account(plan=plan, console=console(), clock=workplace.clock) as account:
        for ended in recover_run(workplace, directory, told=each(follower.told, account.told), stop=stop):
            click.echo(f"still running, and ended: {ended}")
