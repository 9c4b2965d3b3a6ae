"""The command that looks at the machine and the project: doctor."""

from dataclasses import asdict
from pathlib import Path

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.doctor import Answer, Health, examine
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.errors import ExitCode

STYLES = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "bold red"}


@click.command()
@click.option("--network", is_flag=True, help="Ask the time-stamp authority too.")
@project_option
@json_option
def doctor(network: bool, project: Path, as_json: bool) -> ExitCode:
    """Say what is wrong with this machine and this project, and what to do. Changes nothing; asks no host.

    Exit code 1 where something must be done (fail), else 0. Whether hosts are ready is what `reprise check` says.
    """
    worst = ExitCode.PASSED
    for answer in examine(open_workplace(project, clock=SystemClock()), network=network):
        echo_json(asdict(answer)) if as_json else _print(answer)
        worst = max(worst, ExitCode.FAILED if answer.health is Health.FAIL else ExitCode.PASSED)
    return worst


def _print(answer: Answer) -> None:
    screen = console()
    style = STYLES[answer.health]
    screen.print(f"[{style}]{answer.health:<4}[/{style}]  {answer.area:<8} ", end="")
    screen.print(f"{answer.subject}{f': {answer.detail}' if answer.detail else ''}", markup=False)
    if answer.hint:
        screen.print(f"      hint: {answer.hint}", markup=False)
