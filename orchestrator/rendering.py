"""Files that the product makes from templates: the lab's project, a new project. Text in, text out."""

import json
from collections.abc import Sequence
from pathlib import Path

import jinja2


def render(*, directories: Sequence[Path], name: str, **told: object) -> str:
    """One file from its template. A name that nobody gave is an error, not an empty string.

    The filter `quoted` writes a text as YAML reads it back, whatever is in it.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(list(directories)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  YAML, not HTML
    )
    environment.filters["quoted"] = _quoted
    return environment.get_template(name).render(**told)


def _quoted(text: object) -> str:
    """As a JSON string, which YAML reads as the same text."""
    return json.dumps(str(text), ensure_ascii=False)
