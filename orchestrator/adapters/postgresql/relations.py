"""Which tables a question means. None at all, or one that is not there, is no answer: nothing would be compared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.adapters.postgresql.faults import NoAnswerError, fault_of_state
from orchestrator.adapters.postgresql.reading import Reader

# Plain tables and the partitions of partitioned ones; a parent holds no rows of its own.
_TABLES = """
select c.oid::text, n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and ($1 = '' or n.nspname = $1)
  and not array[n.nspname::text, n.nspname || '.' || c.relname]
          && array(select json_array_elements_text($2::json))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table: its number in this cluster, its name as people write it and as SQL takes it."""

    identifier: str
    name: str
    quoted: str


def find_relations(
    reader: Reader, *, schema: str | None, tables: Sequence[str], exclude: Sequence[str]
) -> tuple[Relation, ...]:
    """The tables to look at, in the order of their names.

    Args:
        reader: The transaction to ask in.
        schema: Only this schema; None: every one that is not the server's own.
        tables: Only these, as `schema.table`, or as `table` in schema public; none given: all.
        exclude: Schemas, or tables as `schema.table`, to leave out.

    Raises:
        NoAnswerError: There is none, or one of `tables` is not there.
    """
    answer = reader.ask(_TABLES, parameters=(schema or "", json.dumps(list(exclude))))
    found = {
        str(name): Relation(identifier=str(number), name=str(name), quoted=str(quoted))
        for number, name, quoted in answer.rows
    }
    wanted = [table if "." in table else f"public.{table}" for table in tables] or list(found)
    if not wanted or any(name not in found for name in wanted):
        raise NoAnswerError(fault_of_state("42P01"))
    return tuple(found[name] for name in sorted(wanted))
