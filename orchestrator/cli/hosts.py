"""The command `hosts`: what staging hosts still lack, their keys, and what writes their markers."""

import sys
from pathlib import Path

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.hosts import HostState, OfferedKey, ask_for_key, believe, look_at_hosts, marker_script
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.core.guard import remedy
from orchestrator.errors import ExitCode, UsageError


@click.group(invoke_without_command=True)
@project_option
@json_option
@click.pass_context
def hosts(context: click.Context, project: Path, as_json: bool) -> int:
    """Without a command: what each host of the inventory still lacks before a drill may touch it. Changes nothing.

    Exit code 4 where a staging host lacks something.
    """
    if context.invoked_subcommand is not None:
        if project != Path() or as_json:
            raise UsageError(
                "options come after the command", hint=f"reprise hosts {context.invoked_subcommand} HOST ..."
            )
        return ExitCode.PASSED
    states = list(look_at_hosts(open_workplace(project, clock=SystemClock())))
    if as_json:
        echo_json([_document(state) for state in states])
    else:
        for state in states:
            _print(state)
        staging = [state for state in states if state.staging]
        ready = sum(state.ready for state in staging)
        click.echo(f"{ready} of {len(staging)} staging hosts ready")
    return ExitCode.PASSED if all(state.ready for state in states if state.staging) else ExitCode.REFUSED


@hosts.command()
@click.argument("host")
@click.option("--fingerprint", metavar="SHA256:...", help="What the host itself says; without it you are asked.")
@project_option
def trust(host: str, fingerprint: str | None, project: Path) -> None:
    """Ask HOST for its key, show it to be compared, and believe it from then on if you say that it is the same."""
    workplace = open_workplace(project, clock=SystemClock())
    offered = ask_for_key(workplace, host)
    if offered.known:
        click.echo(f"{host} ({offered.place}): its key is known already, and it is this one: {offered.fingerprint}")
        return
    believe(workplace.project, offered, compared=fingerprint or _compared(offered))
    click.echo(f"{host}: its key {offered.fingerprint} is believed from now on ({workplace.project.known_hosts})")


@hosts.command()
@click.argument("host")
@project_option
def marker(host: str, project: Path) -> None:
    """Print the shell script that writes the marker of HOST. Somebody runs it there; reprise writes no marker itself.

    For example: reprise hosts marker spare | ssh spare sudo sh
    """
    click.echo(marker_script(open_workplace(project, clock=SystemClock()), host))


def _compared(offered: OfferedKey) -> str:
    """The fingerprint, once a person has said that the host itself shows it too."""
    command = offered.on_the_host
    if not sys.stdin.isatty():
        hint = f"run `{command}` on the host, at its console, and give what it says with --fingerprint"
        raise UsageError(f"{offered.host.name}: a key is not believed because it answers", hint=hint)
    click.echo(f"{offered.host.name} ({offered.place}) answers with {offered.kind}\n  {offered.fingerprint}")
    click.echo(
        f"Compare it with what the host itself says, at its console or by a way that you trust already:\n  {command}"
    )
    click.confirm("Is it the same?", abort=True)
    return offered.fingerprint


def _print(state: HostState) -> None:
    screen = console()
    if not state.staging:
        screen.print(f"{state.name:<20} {state.place:<28} in no staging group: never touched")
        return
    word, style = ("ready", "green") if state.ready else ("NOT READY", "red")
    screen.print(f"{state.name:<20} {state.place:<28} [{style}]{word}[/{style}]")
    for answer in state.answers:
        if not answer.ok:
            hint = remedy(answer)
            screen.print(f"  {answer.check}: {answer.detail}{f'. {hint}' if hint else ''}", markup=False)


def _document(state: HostState) -> dict[str, object]:
    answers = [
        {"check": answer.check, "ok": answer.ok, "detail": answer.detail, "remedy": remedy(answer)}
        for answer in state.answers
    ]
    return {"host": state.name, "staging": state.staging, "ready": state.ready, "answers": answers}
