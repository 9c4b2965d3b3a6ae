"""How a person reads what a verification found: a line for each answer, and a last one with what all of it means."""

from rich.console import Console
from rich.markup import escape

from reports.verification import Status

_STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.NOTED: "yellow"}


def print_answer(screen: Console, status: Status, words: str, *, subject: str, detail: str) -> None:
    """One answer: what was asked, about what, and what is wrong."""
    told = f"{words} ({subject}){f': {detail}' if detail else ''}"
    screen.print(f"[{_STYLES[status]}]{status:<7}[/] {escape(told)}")


def print_valid(screen: Console, what: str) -> None:
    """Everything that must hold does."""
    screen.print(escape(f"valid: {what}"), style="bold green")


def print_not_valid(screen: Console, what: str = "") -> None:
    """Something does not hold."""
    screen.print(escape(f"NOT VALID: do not rely on it{f' ({what})' if what else ''}"), style="bold red")
