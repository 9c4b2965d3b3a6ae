"""Counts and digests every row of tables on the server, and the definition of what holds them.

The digest of a table is made of its rows as text, sorted: it needs no primary key, does not depend on the order on
disk, and counts duplicates; two contents with one digest would be a collision of SHA-256, where sums of shorter hashes
meet by accident or by intent. A row's text tells its values apart (PostgreSQL quotes what would be ambiguous). Rows
are gathered in groups by a few of their characters, and the groups' digests digested, so that no value on the server
outgrows the 1 GB that PostgreSQL allows; with one hash per row instead, OpenSSL's set-up of each costs five times more.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from orchestrator.adapters.postgresql.definition_digest import definition_digest
from orchestrator.adapters.postgresql.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import Reader, reading
from orchestrator.adapters.postgresql.relations import Relation, find_relations
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop

_LONGEST_NAME = 110

_ROWS = """
select coalesce(sum(rows), 0)::bigint,
       encode(sha256(coalesce(string_agg(part, ''::bytea order by characters collate "C"), ''::bytea)), 'hex')
from (select substr(line, 3, 3) as characters,
             count(*) as rows,
             sha256(convert_to(string_agg(line, E'\\n' order by line collate "C"), 'UTF8')) as part
      from (select entry::text as line from only {table} as entry offset 0) as lines
      group by 1) as parts
"""


class PostgresqlDigestQuestion(Question):
    """The `with` of the probe: all user schemas, or one `schema`, or `tables`; `exclude` names schemas or tables."""

    dsn: str
    schema_: str | None = Field(default=None, alias="schema")
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_one_way(self) -> Self:
        if self.schema_ is not None and self.tables:
            raise ValueError("give schema or tables, not both")
        return self


class PostgresqlDigestProbe:
    """`<schema>.<table>.rows`, `<schema>.<table>.digest` of each table, and `schema.digest` of their definition."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(PostgresqlDigestQuestion, question, probe="postgresql-digest")
        places = split_places(asked.dsn)
        try:
            with reading(places, timeout_us=timeout_us, stop=stop) as reader:
                return Answer(answered=True, values=_values(asked, reader))
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return PostgresqlDigestProbe()


def _values(asked: PostgresqlDigestQuestion, reader: Reader) -> Values:
    relations = find_relations(reader, schema=asked.schema_, tables=asked.tables, exclude=asked.exclude)
    values: Values = {}
    for relation in relations:
        values |= _digest(relation, reader)
    return values | {"schema.digest": definition_digest(reader, relations)}


def _digest(relation: Relation, reader: Reader) -> Values:
    if len(relation.name) > _LONGEST_NAME:
        raise NoAnswerError("a table has a name that is too long for evidence")
    rows, digest = reader.ask(_ROWS.format(table=relation.quoted)).rows[0]
    return {f"{relation.name}.rows": int(rows or 0), f"{relation.name}.digest": str(digest)}
