"""What a new file leaves to whoever takes it over: texts that say what is to be put in their place. Pure.

Such a text is refused wherever it stands until somebody has replaced it: nothing is run on what nobody chose.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.yaml_text import Place

MARK = "REPLACE: "
"""How such a text begins; the rest says what to put there."""


def placeholder(what: str) -> str:
    """A text that stands for what is to be put in its place."""
    return f"{MARK}{what}"


def wanted(text: object) -> str | None:
    """What is to be put in the place of a text; None where it stands for itself."""
    return text.removeprefix(MARK).strip() if isinstance(text, str) and text.startswith(MARK) else None


def left_over(value: Any, *, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text of a document that nobody has replaced: its place, and what is to be put there."""
    if isinstance(value, Mapping):
        parts = [((*place, key), part) for key, part in value.items()]
    elif isinstance(value, list):
        parts = [((*place, index), part) for index, part in enumerate(value)]
    else:
        parts = []
        what = wanted(value)
        if what is not None:
            yield place, what
    for inner, part in parts:
        yield from left_over(part, place=inner)
