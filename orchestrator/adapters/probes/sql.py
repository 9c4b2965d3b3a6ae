"""What probes in SQL share: one row by its column names, or several statements of one value each. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self

from pydantic import Field, model_validator

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes.question import Question
from orchestrator.core.events import Values
from orchestrator.core.model import Scalar


class SqlQuestion(Question):
    """The `with` of such a probe: `query`, or `queries` by name."""

    query: str | None = None
    queries: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if (self.query is None) == (not self.queries):
            raise ValueError("give either query or queries")
        return self


class Rows(Protocol):
    """The answer to one statement, whichever server gave it."""

    @property
    def names(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def types(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...  # noqa: D102


RowReader = Callable[[Any], Values]
"""The values of an answer of exactly one row, by column name."""


def values_of(asked: SqlQuestion, ask: Callable[[str], Any], *, only_row: RowReader) -> Values:
    """Every value that a question asks for.

    Raises:
        NoAnswerError: An answer is not one row, or not one value where one is wanted.
    """
    if asked.query is not None:
        return only_row(ask(asked.query))
    return {name: _only_value(name, ask(query), only_row=only_row) for name, query in asked.queries.items()}


def read_row(answer: Rows, read: Callable[[str, int, Any], Scalar]) -> Values:
    """The values of an answer of exactly one row, by column name, each as `read` gives it by name and type.

    Raises:
        NoAnswerError: There is no row, or several, or a value that evidence may not hold.
    """
    if len(answer.rows) != 1:
        raise NoAnswerError("no row" if not answer.rows else "more than one row")
    if len(set(answer.names)) != len(answer.names):
        raise NoAnswerError("two columns of one name")
    columns = zip(answer.names, answer.types, answer.rows[0], strict=True)
    return {name: read(name, kind, value) for name, kind, value in columns}


def _only_value(name: str, answer: Any, *, only_row: RowReader) -> Scalar:
    try:
        values = only_row(answer)
    except NoAnswerError as error:
        raise NoAnswerError(f"{name}: {error}") from error
    if len(values) != 1:
        raise NoAnswerError(f"{name}: {len(values)} columns where one value is wanted")
    return next(iter(values.values()))
