"""How a person learns which messages did not arrive."""

from collections import Counter
from collections.abc import Iterable

import click

from orchestrator.app.telling import Undelivered


def say_untold(undelivered: Iterable[Undelivered]) -> None:
    """Say which messages did not arrive. It changes no exit code: nobody's mail server decides what a drill came to."""
    for one, count in Counter(undelivered).items():
        times = f" ({count} messages)" if count > 1 else ""
        click.echo(f"reprise: warning: not told: {one.fault}{times}", err=True)
        click.echo(f"  hint: {one.hint}", err=True)
