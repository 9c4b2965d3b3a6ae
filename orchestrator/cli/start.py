"""The command `init`: a project directory to start from. Asks at a terminal, and has an option for each answer."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from orchestrator.app.starting import Start, Started, StartHost, check_no_project, parse_host, start_project
from orchestrator.core.model import Language
from orchestrator.errors import UsageError


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="What the marker of each staging host will name (default: that of the directory).")
@click.option("--organisation", help="Whose name reports print.")
@click.option(
    "--staging-group", default="staging", show_default=True, help="The inventory group that drills may touch."
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME=[USER@]ADDRESS[:PORT]",
    help="A staging host; drills restore on the first one.",
)
@click.option("--ssh-key", help="The private key that these hosts accept.")
@click.option(
    "--production",
    multiple=True,
    metavar="HOST:PORT",
    help="What answers in production only: from a staging host it must not.",
)
@click.option("--never", multiple=True, metavar="PATTERN", help="A name, address, network or pattern never to touch.")
@click.option(
    "--marker", default="/etc/reprise-staging.json", show_default=True, help="The marker file; {host} may be in it."
)
@click.option(
    "--language",
    default=Language.FRENCH.value,
    show_default=True,
    type=click.Choice([language.value for language in Language]),
    help="Of the reports.",
)
@click.option(
    "--drill", "drills", multiple=True, metavar="DRILL", help="A drill that comes with reprise, to be changed."
)
def init(
    directory: Path,
    name: str | None,
    organisation: str | None,
    staging_group: str,
    hosts: tuple[str, ...],
    ssh_key: str | None,
    production: tuple[str, ...],
    never: tuple[str, ...],
    marker: str,
    language: str,
    drills: tuple[str, ...],
) -> None:
    """Make a project in DIR to start from, on staging hosts of your own.

    At a terminal it asks for what no option says; an empty answer leaves a text in the files that says what is to be
    put there, and that `reprise check` refuses until then. Files that are in DIR stay as they are. May be given more
    than once: --host, --production, --never, --drill.
    """
    check_no_project(directory)
    named = name or directory.resolve().name
    start = Start(
        name=named,
        organisation=_answer(organisation, "Name of the organisation, as reports print it"),
        staging_group=staging_group,
        hosts=_hosts(hosts),
        ssh_key=_whole(_answer(ssh_key, "Private key that these hosts accept (path)")),
        production=_several(production, "What answers in production only (host:port)"),
        never=never,
        marker=marker,
        language=Language(language),
        drills=drills,
    )
    _tell(directory, start_project(directory, start))


def _hosts(given: tuple[str, ...]) -> tuple[StartHost, ...]:
    found = tuple(parse_host(text) for text in given)
    if not given and _asks():
        found = tuple(filter(None, [_asked_host()]))
    names = [host.name for host in found]
    if len(set(names)) < len(names):
        raise UsageError("two hosts have the same name", hint="name each host differently")
    return found


def _asked_host() -> StartHost | None:
    """Asked again until it names a host, or nothing."""
    question = "Staging host to restore on (name=user@address)"
    host: StartHost | None = click.prompt(question, default="", show_default=False, value_proc=_host_or_nothing)
    return host


def _host_or_nothing(text: str) -> StartHost | None:
    try:
        return parse_host(text.strip()) if text.strip() else None
    except UsageError as error:
        raise click.UsageError(f"{error}; {error.hint}") from error


def _several(given: tuple[str, ...], question: str) -> tuple[str, ...]:
    if given or not _asks():
        return given
    answer = _answer(None, question)
    return (answer,) if answer else ()


def _answer(given: str | None, question: str) -> str:
    if given is not None or not _asks():
        return given or ""
    answer: str = click.prompt(question, default="", show_default=False)
    return answer.strip()


def _whole(path: str) -> str:
    """The inventory is read from other directories too. `~` stays: it is the home of whoever runs drills."""
    return path if path.startswith("~") or not path else str(Path(path).absolute())


def _asks() -> bool:
    return sys.stdin.isatty()


def _tell(directory: Path, started: Started) -> None:
    tell: Callable[[str], None] = click.echo
    for name in started.written:
        tell(f"written   {directory / name}")
    for name in started.kept:
        tell(f"kept      {directory / name}: it was there, and is as it was")
    tell(f"next      cd {directory}; README.md has the steps. First: reprise check")
