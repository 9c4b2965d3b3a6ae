"""The command `site`: what a project has come to, as pages for people who do not use a terminal."""

from pathlib import Path

import click

from orchestrator.adapters.system import SystemClock
from orchestrator.app.site import make_site
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import echo_json, json_option, language_option, project_option
from orchestrator.cli.outlook import quarters_option
from orchestrator.core.model import Language


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@quarters_option
@project_option
@language_option
@json_option
def site(out: Path, quarters: int, project: Path, lang: str | None, as_json: bool) -> None:
    """Write the pages to OUT, or write them again there: state, coverage, calendar, trends, runs, actions, register.

    In French and English, with nothing from outside; --lang is that of the entrance. OUT must be new, empty, or a site
    that this command made. It is replaced as a whole.
    """
    workplace = open_workplace(project, clock=SystemClock())
    made = make_site(workplace, out, quarters=quarters, language=Language(lang) if lang else None)
    if as_json:
        echo_json({"site": str(out), "runs": made.runs, "renewed": made.renewed, "unproved": made.unproved})
        return
    click.echo(f"site       {out / 'index.html'}")
    click.echo(f"runs       {made.runs} ({made.renewed} pages made again, {made.unproved} without verified evidence)")
