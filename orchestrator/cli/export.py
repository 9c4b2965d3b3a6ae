"""The command `reprise export`: sealed evidence for the tools of others."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from orchestrator.adapters.ciso_assistant import Target
from orchestrator.adapters.system import SystemClock
from orchestrator.app.export import (
    Choice,
    Delivery,
    export_csv,
    export_oscal,
    export_seda,
    export_workbook,
    push_to_ciso_assistant,
    write_export,
)
from orchestrator.cli.options import echo_json, json_option, language_option, project_option
from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.project import Project, load_project
from reports.export.seda import Transfer
from reports.export.table import TableName

TOKEN_VARIABLE = "CISO_ASSISTANT_TOKEN"  # noqa: S105  the name of a variable, not what it holds
_DAY = click.DateTime(["%Y-%m-%d"])
_Command = Callable[..., Any]


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> object:
    return value.date() if value else None


def _choosing(command: _Command) -> _Command:
    """What every format is told: which runs, of which project, in which language."""
    for add in (
        language_option,
        project_option,
        click.option(
            "--to", "to_day", metavar="YYYY-MM-DD", type=_DAY, callback=_day, help="Last day of the period (UTC)."
        ),
        click.option("--from", "from_day", metavar="YYYY-MM-DD", type=_DAY, callback=_day, help="Its first day (UTC)."),
        click.argument("names", metavar="[RUN ...]", nargs=-1),
    ):
        command = add(command)
    return command


def _to_file(*, needed: bool) -> Callable[[_Command], _Command]:
    text = "Where to write it." if needed else "Where to write it (default: standard output)."
    return click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=needed, help=text)


@click.group()
def export() -> None:
    """Sealed evidence for the tools of others. Without RUN and without a period: every run.

    Each run is verified first, as `reprise verify` does; one that is not sealed or not valid is an error, and nothing
    is exported.
    """


@export.command()
@_choosing
@_to_file(needed=False)
def oscal(out: Path | None, project: Path, lang: str | None, **chosen: Any) -> None:
    """OSCAL assessment results (JSON): results, observations, findings, actors, and every file with its digest."""
    loaded = load_project(project)
    _deliver(export_oscal(loaded, choice=Choice(**chosen), language=_language(loaded, lang)), out=out, project=loaded)


@export.command()
@_choosing
@click.option(
    "--table",
    type=click.Choice([table.value for table in TableName]),
    default=TableName.MEASUREMENTS.value,
    show_default=True,
    help="What is exported.",
)
@_to_file(needed=False)
def csv(table: str, out: Path | None, project: Path, lang: str | None, **chosen: Any) -> None:
    """One table as CSV: RFC 4180, UTF-8, codes instead of words, seconds with both bounds."""
    loaded, choice = load_project(project), Choice(**chosen)
    content = export_csv(loaded, table=TableName(table), choice=choice, language=_language(loaded, lang))
    _deliver(content, out=out, project=loaded)


@export.command()
@_choosing
@_to_file(needed=True)
def xlsx(out: Path, project: Path, lang: str | None, **chosen: Any) -> None:
    """A workbook: register, runs, measurements, findings, corrective actions."""
    loaded = load_project(project)
    content = export_workbook(loaded, choice=Choice(**chosen), language=_language(loaded, lang))
    _deliver(content, out=out, project=loaded)


@export.command()
@_choosing
@click.option("--archival-agency", required=True, help="Identifier of the archive, as it gave it.")
@click.option("--transferring-agency", required=True, help="Identifier of the one who hands over.")
@click.option("--agreement", help="Identifier of the submission agreement (accord de versement).")
@click.option("--originating-agency", help="Identifier of the originating agency (service producteur).")
@_to_file(needed=True)
def seda(
    out: Path,
    project: Path,
    lang: str | None,
    archival_agency: str,
    transferring_agency: str,
    agreement: str | None,
    originating_agency: str | None,
    **chosen: Any,
) -> None:
    """A SEDA 2.2 submission: the manifest and every file of the runs, in one ZIP. What it leaves out, it says."""
    loaded = load_project(project)
    transfer = Transfer(
        archival_agency=archival_agency,
        transferring_agency=transferring_agency,
        agreement=agreement,
        originating_agency=originating_agency,
    )
    submission = export_seda(loaded, choice=Choice(**chosen), transfer=transfer, language=_language(loaded, lang))
    _deliver(submission.content, out=out, project=loaded)
    for note in submission.left_out:
        click.echo(f"left out  {note}")


@export.command("ciso-assistant")
@_choosing
@click.option("--url", required=True, help="Of the server, such as https://ciso.example.")
@click.option("--folder", required=True, type=click.UUID, help="Identifier of the domain there.")
@click.option(
    "--token-env",
    default=TOKEN_VARIABLE,
    show_default=True,
    help="The environment variable that holds a Personal Access Token.",
)
@click.option(
    "--requirement-assessment",
    "requirements",
    multiple=True,
    type=click.UUID,
    help="A requirement assessment that the evidence is for. Can be given again.",
)
@click.option(
    "--applied-control",
    "controls",
    multiple=True,
    type=click.UUID,
    help="An applied control that the evidence is for. Can be given again.",
)
@json_option
def ciso_assistant(
    url: str,
    folder: UUID,
    token_env: str,
    requirements: tuple[UUID, ...],
    controls: tuple[UUID, ...],
    project: Path,
    lang: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Push the bundle of each run to CISO Assistant, compare its digest there, and link it. Can be repeated."""
    loaded = load_project(project)
    deliveries = push_to_ciso_assistant(
        loaded,
        choice=Choice(**chosen),
        url=url,
        token_variable=token_env,
        folder=folder,
        links=(
            *((Target.REQUIREMENT_ASSESSMENT, one) for one in requirements),
            *((Target.APPLIED_CONTROL, one) for one in controls),
        ),
        clock=SystemClock(),
        language=_language(loaded, lang),
    )
    if as_json:
        echo_json([_document(delivery) for delivery in deliveries])
        return
    for delivery in deliveries:
        _tell(delivery)


def _language(project: Project, chosen: str | None) -> Language:
    return Language(chosen) if chosen else project.definition.language


def _deliver(content: bytes, *, out: Path | None, project: Project) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    write_export(out, content, project=project)
    click.echo(f"exported  {out} ({len(content)} bytes)")
    click.echo(f"SHA-256   {sha256(content)}")


def _tell(delivery: Delivery) -> None:
    done = "pushed" if delivery.pushed.uploaded else "was there already"
    click.echo(f"{delivery.run_id}: {done}, SHA-256 {delivery.pushed.sha256}")
    click.echo(f"  evidence {delivery.pushed.evidence}, revision {delivery.pushed.revision}")
    for link in delivery.links:
        click.echo(f"  {link.target} {link.identifier}: {'linked' if link.added else 'was linked already'}")


def _document(delivery: Delivery) -> dict[str, object]:
    pushed = delivery.pushed
    return {
        "run": delivery.run_id,
        "evidence": str(pushed.evidence),
        "revision": str(pushed.revision),
        "sha256": pushed.sha256,
        "made_evidence": pushed.made_evidence,
        "uploaded": pushed.uploaded,
        "links": [{"target": link.target, "id": str(link.identifier), "added": link.added} for link in delivery.links],
    }
