"""Which tables a question means, with their columns. None at all, or one that is not there, is no answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestrator.adapters.mysql.reading import Reader
from orchestrator.adapters.network.faults import NoAnswerError

_COLUMNS = """
select table_schema, table_name, column_name, data_type
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_type = 'BASE TABLE'
  and table_schema not in ('information_schema', 'mysql', 'performance_schema', 'sys')
order by binary table_schema, binary table_name, ordinal_position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name as SQL takes it, its type without its size."""

    quoted: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table: its database, its name as people write it and as SQL takes it, its columns in their order."""

    schema: str
    name: str
    quoted: str
    columns: tuple[Column, ...]


def find_relations(
    reader: Reader, *, schema: str | None, tables: Sequence[str], exclude: Sequence[str]
) -> tuple[Relation, ...]:
    """The tables of a question, in the order of their names.

    Args:
        reader: The server.
        schema: One database; None: all but the server's own.
        tables: `database.table`, exactly these; none: all.
        exclude: Databases and tables (`database.table`) that are left out.

    Raises:
        NoAnswerError: There are none, or one that was named is not there.
    """
    left_out = set(exclude)
    found = [
        relation
        for relation in _all(reader)
        if (schema is None or relation.schema == schema)
        and (not tables or relation.name in tables)
        and not left_out & {relation.schema, relation.name}
    ]
    if not found or set(tables) - {relation.name for relation in found}:
        raise NoAnswerError("table does not exist")
    return tuple(found)


def quote(name: str) -> str:
    """A name as SQL takes it."""
    return "`" + name.replace("`", "``") + "`"


def _all(reader: Reader) -> list[Relation]:
    rows = [[str(value) for value in row] for row in reader.ask(_COLUMNS).rows]
    return [
        _relation(schema, name, list(group))
        for (schema, name), group in groupby(rows, key=lambda row: (row[0], row[1]))
    ]


def _relation(schema: str, name: str, rows: list[list[str]]) -> Relation:
    return Relation(
        schema=schema,
        name=f"{schema}.{name}",
        quoted=f"{quote(schema)}.{quote(name)}",
        columns=tuple(Column(quoted=quote(column), kind=kind.lower()) for _, _, column, kind in rows),
    )
