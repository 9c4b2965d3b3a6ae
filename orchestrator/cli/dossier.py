"""The command `dossier`: the audit file of a period."""

from datetime import date, datetime
from pathlib import Path

import click
from rich.markup import escape

from orchestrator.adapters.system import SystemClock
from orchestrator.app.dossier import make_dossier
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import DAY, console, echo_json, json_option, language_option, project_option
from orchestrator.core.model import Language
from reports.dossier.seal import SealedDossier


@click.command()
@click.option("--from", "first", required=True, type=DAY, metavar="DAY", help="The first day, such as 2026-01-01.")
@click.option("--to", "last", required=True, type=DAY, metavar="DAY", help="The last day, included.")
@click.option(
    "--perimeter",
    "perimeters",
    multiple=True,
    type=click.IntRange(1, 6),
    help="A perimeter of the article, 1 to 6; may be given several times (default: all).",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where it goes (default: dossiers/...).")
@project_option
@language_option
@json_option
def dossier(
    first: datetime,
    last: datetime,
    perimeters: tuple[int, ...],
    out: Path | None,
    project: Path,
    lang: str | None,
    as_json: bool,
) -> None:
    """Make the audit file of a period: what was planned, done, measured, missed and not tested, signed as a whole."""
    sealed = make_dossier(
        open_workplace(project, clock=SystemClock()),
        first_day=_day(first),
        last_day=_day(last),
        perimeters=perimeters,
        language=Language(lang) if lang else None,
        out=out,
    )
    if as_json:
        echo_json(_document(sealed))
        return
    counts, screen = sealed.dossier.counts, console()
    screen.print(f"audit file {sealed.pdf}")
    screen.print(f"archive    {sealed.archive}")
    if sealed.awaited:
        again = "the same command again adds it later"
        screen.print(f"time       MISSING: {escape(sealed.awaited)}; {again}", style="bold yellow")
    screen.print(f"drills     {counts.planned} planned, {counts.runs} begun, {counts.tested_by} that count as a test")
    screen.print(f"systems    {counts.untested_systems} of {counts.systems} not tested")


def _day(moment: datetime) -> date:
    return moment.date()


def _document(sealed: SealedDossier) -> dict[str, object]:
    return {
        "pdf": str(sealed.pdf),
        "archive": str(sealed.archive),
        "awaited": sealed.awaited,
        "counts": sealed.dossier.counts.model_dump(mode="json"),
    }
