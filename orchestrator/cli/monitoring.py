"""The commands for those who watch over drills from elsewhere: notify, metrics."""

from pathlib import Path

import click

from orchestrator.adapters.scrape.endpoint import PATH, parse_endpoint
from orchestrator.adapters.system import SystemClock
from orchestrator.app.metrics import Gauge, serve_metrics, write_textfile
from orchestrator.app.programme import read_owed
from orchestrator.app.running import stopped_by_signals
from orchestrator.app.telling import open_teller
from orchestrator.app.workplace import Workplace, open_workplace
from orchestrator.cli.options import project_option
from orchestrator.cli.untold import say_untold
from orchestrator.errors import ExitCode, UsageError
from orchestrator.project import PROJECT_FILE
from reports.telling.occasions import TestAsked

_LOOK_US = 60_000_000
"""How long it sleeps at once; a signal wakes it."""


@click.command()
@click.option("--test", is_flag=True, help="Send a test message through each notifier, and nothing else.")
@project_option
def notify(test: bool, project: Path) -> int:
    """Tell what is overdue or missed, and send again what did not arrive; for a timer, where no scheduler runs.

    A state is told once, and then once a day at most. Exit code 1 where something did not arrive.
    """
    workplace = open_workplace(project, clock=SystemClock())
    definitions = workplace.project.definition.notify
    if not definitions:
        hint = f"name somebody under notify: in {PROJECT_FILE}; see docs/how-to/monitoring.md"
        raise UsageError("notify: there is nobody to tell", hint=hint)
    owed = () if test else read_owed(workplace)
    teller = open_teller(workplace)
    if test:
        teller.told(TestAsked())
    else:
        teller.told_owed(owed)
    undelivered = teller.settle()
    say_untold(undelivered)
    for label in teller.delivered:
        click.echo(f"told      {label}")
    return ExitCode.FAILED if undelivered else ExitCode.PASSED


@click.command()
@click.option(
    "--textfile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write them for node_exporter's textfile collector, whole or not at all (default: print OpenMetrics).",
)
@click.option("--listen", metavar="[HOST:]PORT", help="Answer Prometheus there until it is told to stop.")
@project_option
def metrics(textfile: Path | None, listen: str | None, project: Path) -> None:
    """Print how the project stands as OpenMetrics, write it for node_exporter, or be asked for it. Enters nothing.

    A PORT alone is one of this machine only.
    """
    if textfile is not None and listen is not None:
        raise UsageError("--textfile and --listen are two ways to the same", hint="choose one of them")
    workplace = open_workplace(project, clock=SystemClock())
    if listen is not None:
        _answer(workplace, parse_endpoint(listen))
    elif textfile is not None:
        write_textfile(Gauge(workplace), textfile)
    else:
        click.echo(Gauge(workplace).openmetrics().decode(), nl=False)


def _answer(workplace: Workplace, place: tuple[str, int]) -> None:
    with stopped_by_signals() as (stop, _), serve_metrics(workplace, place) as endpoint:
        click.echo(f"http://{place[0]}:{endpoint.port}{PATH}")
        while not stop.wait(_LOOK_US):
            pass
