"""The commands about the staging lab: up, down, status."""

from pathlib import Path

import click

from orchestrator import lab as staging
from orchestrator.cli.options import console, echo_json, json_option
from orchestrator.errors import ExitCode

state_option = click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), help="Where the lab keeps everything."
)


@click.group()
def lab() -> None:
    """Several hosts on this machine, each with its own sshd: PostgreSQL, its backups, a host to restore on."""


@lab.command()
@state_option
@click.option(
    "--data-mb", default=30, show_default=True, type=click.IntRange(1), help="Size of the synthetic data, MB."
)
@click.option(
    "--with",
    "stacks",
    multiple=True,
    type=click.Choice([name for name in staging.stack_names() if name != staging.ALWAYS]),
    help="A part of the lab beside PostgreSQL; it stays part of this lab. May be given more than once.",
)
def up(state: Path | None, data_mb: int, stacks: tuple[str, ...]) -> None:
    """Build and start the lab; on a lab that is up, change nothing."""
    where = state or staging.default_state()
    found = staging.up(state=where, data_megabytes=data_mb, say=click.echo, stacks=stacks)
    _print(found)


@lab.command()
@state_option
@click.option("--purge", is_flag=True, help="Remove its data too.")
def down(state: Path | None, purge: bool) -> None:
    """Stop everything that belongs to the lab."""
    staging.down(state=state or staging.default_state(), say=click.echo, purge=purge)
    click.echo("nothing of the lab is running")


@lab.command()
@state_option
@json_option
def status(state: Path | None, as_json: bool) -> int:
    """What is up, and what is left running."""
    found = staging.status(state=state or staging.default_state())
    if as_json:
        hosts = [
            {"name": h.name, "address": h.address, "sshd": h.sshd, "daemon": h.daemon, "service": h.service}
            for h in found.hosts
        ]
        echo_json({"state": str(found.state), "healthy": found.healthy, "hosts": hosts})
    else:
        _print(found)
    return ExitCode.PASSED if found.healthy else ExitCode.FAILED


def _print(found: staging.LabStatus) -> None:
    screen = console()
    for host in found.hosts:
        sshd = "up" if host.sshd else "down"
        service = f"{host.daemon} {host.service}" if host.daemon else ""
        screen.print(f"{host.name:<18} {host.address}:{host.ssh_port}  sshd {sshd:<5} {service}".rstrip())
    screen.print(f"the lab is {'ready' if found.healthy else 'NOT ready'}: {found.project}")
