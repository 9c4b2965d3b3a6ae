"""The commands about what follows a run: annotate, actions."""

from datetime import datetime
from pathlib import Path

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.annotations import ActionWords, Annotation, list_actions
from orchestrator.app.annotations import annotate as enter_annotation
from orchestrator.app.register import open_register, view_register
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import DAY, console, echo_json, json_option, project_option
from orchestrator.errors import UsageError
from reports.dossier.actions import ActionLine
from reports.dossier.chronicle import Chronicle
from reports.register.entries import ActionState, Topic


@click.command()
@click.argument("run")
@click.option("--topic", required=True, type=click.Choice([topic.value for topic in Topic]), help="What it is about.")
@click.option("--by", required=True, metavar="NAME", help="Who says it.")
@click.option("--text", required=True, help="What is said, in 1000 characters at most. No health data, no secret.")
@click.option("--action", metavar="ID", help="The corrective action, by a name that it keeps: faster-restore.")
@click.option("--owner", metavar="NAME", help="Who sees to the action.")
@click.option("--due", type=DAY, metavar="DAY", help="The day on which it is due, such as 2026-12-31.")
@click.option("--state", type=click.Choice([state.value for state in ActionState]), help="Where it stands.")
@project_option
@json_option
def annotate(
    run: str,
    topic: str,
    by: str,
    text: str,
    action: str | None,
    owner: str | None,
    due: datetime | None,
    state: str | None,
    project: Path,
    as_json: bool,
) -> None:
    """Enter in the register what somebody says of RUN once it ended. Nothing that was sealed changes.

    RUN may be a unique part of its name, or `latest`. An action that is known needs only what changes.
    """
    workplace = open_workplace(project, clock=SystemClock())
    register = open_register(workplace.project, clock=workplace.clock)
    words = _words(action, owner=owner, due=due, state=state)
    said = Annotation(run=run, topic=Topic(topic), by=by, text=text, action=words)
    entry = enter_annotation(workplace, register, said)
    if as_json:
        echo_json(entry)
    else:
        click.echo(f"entered as {entry.seq}, {entry.at:%Y-%m-%dT%H:%M:%SZ}")


@click.command()
@project_option
@json_option
def actions(project: Path, as_json: bool) -> None:
    """List the corrective actions as they stand, the open ones first. Overdue: not closed by its day."""
    workplace = open_workplace(project, clock=SystemClock())
    found = list_actions(workplace, Chronicle(view_register(workplace.project).entries()))
    if as_json:
        echo_json([line.model_dump(mode="json") for line in found])
        return
    for line in found:
        _print(line)
    if not found:
        click.echo("no corrective action was entered")


def _words(action: str | None, *, owner: str | None, due: datetime | None, state: str | None) -> ActionWords | None:
    if action is None:
        if owner or due or state:
            raise UsageError("--owner, --due and --state say something of an action", hint="name it: --action ID")
        return None
    due_on = due.date() if due else None
    return ActionWords(id=action, owner=owner, due_on=due_on, state=ActionState(state) if state else None)


def _print(line: ActionLine) -> None:
    screen = console()
    late = " [bold red]overdue[/bold red]" if line.overdue else ""
    screen.print(f"{line.due_on}  {line.state:<9}{late}  ", end="")
    screen.print(f"{line.id}: {line.text} ({line.owner}; {line.run_id})", markup=False)
