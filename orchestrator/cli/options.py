"""Options that several commands share, and how facts are printed for machines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel
from rich.console import Console

from orchestrator.core.model import Language
from orchestrator.logbook import open_log

Value = TypeVar("Value")

DAY = click.DateTime(formats=["%Y-%m-%d"])
"""A day, such as 2026-12-31."""

project_option = click.option(
    "--project",
    "-C",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project directory (default: here).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print facts for a machine.")
language_option = click.option(
    "--lang", type=click.Choice([language.value for language in Language]), help="Language of the reports."
)


def _open_log(_context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        open_log()


log_option = click.option(
    "--log",
    is_flag=True,
    expose_value=False,
    callback=_open_log,
    help="Also log each event on the error output, one line each.",
)

authority_option = click.option(
    "--authority",
    "authorities",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="The root of a time-stamp authority that you trust (default: those of this project).",
)


def each(*listeners: Callable[[Value], object]) -> Callable[[Value], None]:
    """One listener that tells several, in this order."""

    def told(value: Value) -> None:
        for listener in listeners:
            listener(value)

    return told


def console() -> Console:
    """Where words for people go."""
    return Console(highlight=False, soft_wrap=True)


def echo_json(value: BaseModel | dict[str, Any] | list[Any]) -> None:
    """Print one JSON document on one line."""
    if isinstance(value, BaseModel):
        click.echo(value.model_dump_json())
    else:
        click.echo(json.dumps(value, ensure_ascii=False))
