"""The commands about drills and runs: check, plan, run, runs, show, schema."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.checking import check_drills
from orchestrator.app.dry_run import try_drill
from orchestrator.app.following import Follower
from orchestrator.app.planning import acts_on_hosts
from orchestrator.app.readiness import Readiness, sum_up, worst
from orchestrator.app.running import Asked, find_retried, plan_drill, run_drill
from orchestrator.app.runs import RemovedRun, find_run, list_removed, list_runs, summarise
from orchestrator.app.schemas import Kind, build_schema
from orchestrator.app.sealing import Seal, open_seal, read_run
from orchestrator.app.telling import open_teller
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.cli.evidence import print_sealed
from orchestrator.cli.options import console, each, echo_json, json_option, language_option, log_option, project_option
from orchestrator.cli.untold import say_untold
from orchestrator.cli.variations import read_variation, varying
from orchestrator.console import Account, print_plan, print_result
from orchestrator.core.journal import Entry
from orchestrator.core.model import Language
from orchestrator.core.plan import Plan
from orchestrator.errors import ExitCode, RepriseError, UsageError
from orchestrator.store import RunDirectory


@click.command()
@click.argument("drills", nargs=-1)
@project_option
@json_option
def check(drills: tuple[str, ...], project: Path, as_json: bool) -> int:
    """Validate drills and the project, then ask every host whether it is ready. Changes nothing.

    Exit codes: 0 all is ready; else that of the gravest no: 6 a file cannot be meant, 4 the guard would refuse a host,
    3 something to restore or to prove it by is missing. The last line says it in one: for a timer, `--json` for both.
    """
    found = check_drills(_workplace(project), drills)
    if as_json:
        echo_json([_readiness_document(readiness) for readiness in found])
    else:
        for readiness in found:
            _print_readiness(readiness)
        click.echo(sum_up(found))
    return worst(found)


@click.command()
@click.argument("drill")
@project_option
@json_option
@varying
def plan(drill: str, project: Path, as_json: bool, target: str | None, chosen: tuple[str, ...]) -> None:
    """Show what a run of DRILL would do, and what it would pin. Touches nothing."""
    planned = plan_drill(_workplace(project), drill, variation=read_variation(target, chosen))
    if as_json:
        echo_json(planned)
    else:
        _print_steps(planned)


def _running(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a command that runs a drill."""
    options = (
        project_option,
        json_option,
        language_option,
        log_option,
        click.option("--yes", is_flag=True, help="Do not ask before something is broken."),
        click.option("--requester", help="Who asked for the run (default: your account)."),
        click.option("--reason", default="", help="Why."),
        click.option("--change", default="", help="The reference of the approved change or intervention."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("drill")
@_running
@varying
@click.option("--dry-run", is_flag=True, help="Everything up to the first act; nothing is changed, entered or kept.")
def run(
    drill: str,
    project: Path,
    as_json: bool,
    lang: str | None,
    yes: bool,
    requester: str | None,
    reason: str,
    change: str,
    target: str | None,
    chosen: tuple[str, ...],
    dry_run: bool,
) -> int:
    """Run DRILL on its staging targets, measure it, and seal the evidence.

    With --dry-run the exit code is that of `reprise check`: 0 nothing speaks against the run, 4 the guard would refuse
    it, 3 a proof would be missing, 6 its files cannot be meant.
    """
    workplace = _workplace(project)
    seal = open_seal(workplace.project, clock=workplace.clock)
    variation = read_variation(target, chosen)
    asked = Asked(requester=requester, reason=reason, change=change, variation=variation)
    if dry_run:
        return _try(workplace, drill, asked=asked, seal=seal, as_json=as_json)
    _confirm(workplace, drill, yes=yes)
    return _run_sealed(workplace, drill, asked=asked, seal=seal, language=lang, as_json=as_json)


@click.command()
@click.argument("name", metavar="RUN")
@_running
def retry(
    name: str,
    project: Path,
    as_json: bool,
    lang: str | None,
    yes: bool,
    requester: str | None,
    reason: str,
    change: str,
) -> int:
    """Run the drill of RUN again on the same hosts; the register says that it is another attempt at that run.

    The drill is run as its file is now. RUN must have ended; both runs stay, whatever they come to.
    """
    workplace = _workplace(project)
    seal = open_seal(workplace.project, clock=workplace.clock)
    retried = find_retried(workplace.project, name, register=seal.register)
    _confirm(workplace, retried.drill, yes=yes)
    asked = Asked(requester=requester, reason=reason, change=change, retry_of=retried, variation=retried.variation)
    return _run_sealed(workplace, retried.drill, asked=asked, seal=seal, language=lang, as_json=as_json)


@click.command()
@project_option
@json_option
def runs(project: Path, as_json: bool) -> None:
    """List the runs of this project, oldest first."""
    own = _workplace(project).project
    found, removed = list_runs(own), sorted(list_removed(own), key=lambda one: one.run_id)
    if as_json:
        facts: list[dict[str, Any]] = [
            {"run": s.run_id, "finished": s.finished, "verdict": _verdict(s.directory)} for s in found
        ]
        echo_json([*facts, *map(_removed_facts, removed)])
        return
    for gone in removed:
        when = f"removed on {gone.removed_at:%Y-%m-%d} under rule {gone.rule}, entry {gone.entry}"
        click.echo(f"{gone.run_id}  {gone.ending} ({when})")
    for summary in found:
        state = _verdict(summary.directory) or ("not sealed" if summary.finished else "interrupted")
        click.echo(f"{summary.run_id}  {state}")


@click.command()
@click.argument("name", metavar="RUN", default="latest")
@project_option
@json_option
def show(name: str, project: Path, as_json: bool) -> int:
    """Show what RUN came to (a unique part of its name will do; default: the latest)."""
    directory = find_run(_workplace(project).project, name)
    measurements, judgement = read_run(directory).compute()
    if as_json:
        documents = {"measurements": measurements, "judgement": judgement}
        echo_json({"run": directory.path.name} | {k: v.model_dump(mode="json") for k, v in documents.items()})
    else:
        screen = console()
        print_plan(screen, directory.read_plan())
        print_result(screen, judgement, measurements)
    return judgement.exit_code


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]), default=Kind.DRILL.value)
def schema(kind: str) -> None:
    """Print the JSON Schema of one format (default: drill files)."""
    click.echo(json.dumps(build_schema(Kind(kind)), indent=2, ensure_ascii=False))


def _workplace(project: Path) -> Workplace:
    return open_workplace(project, clock=SystemClock())


def _try(workplace: Workplace, drill: str, *, asked: Asked, seal: Seal, as_json: bool) -> ExitCode:
    found: list[Readiness] = []
    planned = echo_json if as_json else _print_steps
    for readiness in try_drill(workplace, drill, asked=asked, seal=seal, planned=planned):
        found.append(readiness)
        (_echo_readiness if as_json else _print_readiness)(readiness)
    if not as_json:
        click.echo(f"{sum_up(found)}; nothing was changed, entered or kept")
    return worst(found)


def _print_steps(planned: Plan) -> None:
    screen = console()
    print_plan(screen, planned)
    for step in planned.drill.steps:
        title = step.title.en if step.title else ""
        screen.print(f"{step.phase:<9} {step.id:<18} {title}")


def _confirm(workplace: Workplace, drill: str, *, yes: bool) -> None:
    """Asked before hosts are acted on. It answers no step that asks a person."""
    if yes or not acts_on_hosts(workplace, drill):
        return
    if not sys.stdin.isatty():
        raise UsageError("a drill breaks something on its targets", hint="say --yes where nobody can be asked")
    click.confirm(f"{drill} will break something on its staging targets. Go on?", abort=True)


def _run_sealed(
    workplace: Workplace, drill: str, *, asked: Asked, seal: Seal, language: str | None, as_json: bool
) -> ExitCode:
    follower = Follower(open_teller(workplace))
    directory = _run_shown(workplace, drill, asked=asked, seal=seal, as_json=as_json, follower=follower)
    materials = read_run(directory)
    measurements, judgement = materials.compute()
    chosen = Language(language) if language else None
    try:
        sealed = follower.seal(directory, seal=seal, language=chosen, materials=materials)
    except RepriseError:
        say_untold(follower.settle())
        raise
    if as_json:
        echo_json({"run": directory.path.name, "judgement": judgement.model_dump(mode="json")})
    else:
        screen = console()
        print_result(screen, judgement, measurements)
        print_sealed(screen, sealed, project=workplace.project.root)
    say_untold(follower.settle())
    return judgement.exit_code


def _run_shown(
    workplace: Workplace, drill: str, *, asked: Asked, seal: Seal, as_json: bool, follower: Follower
) -> RunDirectory:
    begin = partial(
        run_drill, workplace, drill, asked=asked, register=seal.register, own=seal.own, catalogue=seal.catalogue
    )
    if as_json:
        return begin(planned=each(follower.planned, echo_json), told=each(follower.told, echo_json))
    screen, accounts = console(), list[Account]()

    def planned(plan: Plan) -> None:
        follower.planned(plan)
        print_plan(screen, plan)
        accounts.append(Account(plan=plan, console=screen, clock=workplace.clock))
        accounts[0].__enter__()

    def told(entry: Entry) -> None:
        follower.told(entry)
        accounts[0].told(entry)

    try:
        return begin(planned=planned, told=told)
    finally:
        for account in accounts:
            account.__exit__()


def _print_readiness(readiness: Readiness) -> None:
    word, style = ("ok", "green") if readiness.ok else ("NOT READY", "red")
    console().print(f"{readiness.drill:<22} {readiness.subject:<44} [{style}]{word}[/{style}] {readiness.detail}")


def _removed_facts(gone: RemovedRun) -> dict[str, Any]:
    removed = {"at": gone.removed_at.isoformat(), "rule": gone.rule, "entry": gone.entry}
    return {"run": gone.run_id, "finished": True, "verdict": gone.ending, "removed": removed}


def _echo_readiness(readiness: Readiness) -> None:
    echo_json(_readiness_document(readiness))


def _readiness_document(readiness: Readiness) -> dict[str, object]:
    return {"drill": readiness.drill, "subject": readiness.subject, "ok": readiness.ok, "detail": readiness.detail}


def _verdict(directory: RunDirectory) -> str | None:
    judgement = summarise(directory).judgement
    return str(judgement.verdict) if judgement else None
