"""How a person learns which messages did not arrive."""

from collections.abc import Iterable

import click

from orchestrator.app.telling import Undelivered


def say_untold(undelivered: Iterable[Undelivered]) -> None:
    """Say which messages did not arrive. It changes no exit code: nobody's mail server decides what a drill came to."""
    for one in undelivered:
        click.echo(f"reprise: warning: not told: {one.fault}", err=True)
        click.echo(f"  hint: {one.hint}", err=True)
