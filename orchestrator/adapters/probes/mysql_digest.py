"""Counts and digests every row of MariaDB's or MySQL's tables on the server, and the definition of what holds them.

As in `postgresql_digest`: independent of the order on disk, without a primary key, duplicates counted, and no sum of
shorter hashes. Each row is hashed over its values with their lengths; the sorted hashes are hashed in groups, since the
server keeps no text longer than its largest packet, and the groups' hashes once more.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from orchestrator.adapters.mysql.definition_digest import definition_digest
from orchestrator.adapters.mysql.reading import Reader, reading
from orchestrator.adapters.mysql.relations import Column, Relation, find_relations
from orchestrator.adapters.mysql.source import MysqlSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import limit_of
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop

_LONGEST_NAME = 110

# 4096 groups of 64 characters a row, each in a packet of 16 MB: a thousand million rows. What does not fit is cut off
# or becomes NULL, with a warning that nobody reads: hence the lengths are compared, and no digest comes of it.
_ROWS = """
select coalesce(sum(members), 0),
       if(count(part) = count(*), sha2(coalesce(group_concat(part order by beginning separator ''), ''), 256), null)
from (select beginning, members, if(octet_length(hashes) = members * 64, sha2(hashes, 256), null) as part
      from (select left(line, 3) as beginning, count(*) as members,
                   group_concat(line order by line separator '') as hashes
            from (select sha2(concat({values}), 256) as line from {table}) as entries
            group by left(line, 3)) as gathered) as parts
"""
_VALUE = "ifnull(concat(octet_length({text}), ':', {text}), 'N')"


class MysqlDigestQuestion(MysqlSource):
    """The `with` of the probe: all databases, or one `schema`, or `tables`; `exclude` names databases or tables."""

    schema_: str | None = Field(default=None, alias="schema")
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_one_way(self) -> Self:
        if self.schema_ is not None and self.tables:
            raise ValueError("give schema or tables, not both")
        return self


class MysqlDigestProbe:
    """`<database>.<table>.rows`, `<database>.<table>.digest` of each table, and `schema.digest` of their definition."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(MysqlDigestQuestion, question, probe="mysql-digest")
        place, limit = asked.place(), limit_of(timeout_us, stop=stop)
        try:
            with reading(place, ca_file=asked.ca_file, limit=limit) as reader:
                return Answer(answered=True, values=_values(asked, reader))
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return MysqlDigestProbe()


def _values(asked: MysqlDigestQuestion, reader: Reader) -> Values:
    relations = find_relations(reader, schema=asked.schema_, tables=asked.tables, exclude=asked.exclude)
    values: Values = {}
    for relation in relations:
        values |= _digest(relation, reader)
    return values | {"schema.digest": definition_digest(reader, relations)}


def _digest(relation: Relation, reader: Reader) -> Values:
    if len(relation.name) > _LONGEST_NAME:
        raise NoAnswerError("a table has a name that is too long for evidence")
    values = ", ".join(_VALUE.format(text=_text(column)) for column in relation.columns)
    rows, digest = reader.ask(_ROWS.format(values=values, table=relation.quoted)).rows[0]
    return {f"{relation.name}.rows": int(rows or 0), f"{relation.name}.digest": _told(digest)}


def _text(column: Column) -> str:
    """A column's value as bytes, whole: a `float` shows six digits of its own, of a double all that matter."""
    match column.kind:
        case "float":
            return f"cast({column.quoted} + 0e0 as binary)"
        case "json":
            return f"cast(cast({column.quoted} as char) as binary)"
        case _:
            return f"cast({column.quoted} as binary)"


def _told(digest: str | bytes | None) -> str:
    if not digest:
        raise NoAnswerError("a table is too large for the server to digest")
    return digest.decode("ascii") if isinstance(digest, bytes) else digest
