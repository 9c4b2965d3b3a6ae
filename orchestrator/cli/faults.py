"""How what went wrong is said to a person: in one line on the error output, with what to do about it below."""

import click

from orchestrator.errors import ExitCode, RepriseError


def explain(error: RepriseError) -> ExitCode:
    """Say an error, and return its exit code."""
    return say_fault(str(error), hint=error.hint, code=error.exit_code)


def say_fault(message: str, *, hint: str | None, code: ExitCode) -> ExitCode:
    """Say what went wrong, and return the exit code that goes with it."""
    click.echo(f"reprise: {message}", err=True)
    if hint:
        click.echo(f"  hint: {hint}", err=True)
    return code
