"""How commands print figures: as the reports write them, in tables without lines."""

from rich.table import Table

from orchestrator.core.model import Language
from reports.typography import Typography
from reports.words import load_words

WORDS = load_words(Language.ENGLISH)
WRITE = Typography(WORDS)


def plain_table(*columns: str) -> Table:
    """A table that takes no more room than what is in it."""
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def change(by: int, *, unit: str = "us") -> str:
    """By how much something changed, with its sign. `unit`: `us`, or that of a count."""
    size = WRITE.at_most(abs(by)) if unit == "us" else WRITE.count(abs(by))
    return f"{'-' if by < 0 else '+'}{size}"
