"""The definition of tables and of what goes with them in their databases, as one digest: what `show create` says."""

import json
import re
from collections.abc import Iterator, Sequence

from orchestrator.adapters.mysql.reading import Reader
from orchestrator.adapters.mysql.relations import Relation, quote
from orchestrator.core.canonical import sha256

# Views, triggers, routines and events of a database: kind and name, in an order of their own.
_OTHERS = """
select 'view', table_name from information_schema.views where table_schema = %s
union all select 'trigger', trigger_name from information_schema.triggers where trigger_schema = %s
union all select lower(routine_type), routine_name from information_schema.routines where routine_schema = %s
union all select 'event', event_name from information_schema.events where event_schema = %s
order by 1, 2
"""
# The number of the next row is content, and it may be ahead of what is there.
_NEXT_NUMBER = re.compile(r" AUTO_INCREMENT=\d+")
# `show create` says it in another column for each kind.
_COLUMN = {"table": 1, "view": 1, "trigger": 2, "procedure": 2, "function": 2, "event": 3}


def definition_digest(reader: Reader, relations: Sequence[Relation]) -> str:
    """The SHA-256 of the definitions of these tables, and of the views, triggers, routines and events beside them.

    Raises:
        NoAnswerError: The server does not tell, for want of a privilege perhaps.
    """
    told = [["table", relation.name, _told(reader, "table", relation.quoted)] for relation in relations]
    for schema in sorted({relation.schema for relation in relations}):
        told += _others(reader, schema)
    return sha256(json.dumps(told).encode())


def _others(reader: Reader, schema: str) -> Iterator[list[str]]:
    for row in reader.ask(_OTHERS, parameters=(schema,) * 4).rows:
        kind, name = map(str, row)
        yield [kind, f"{schema}.{name}", _told(reader, kind, f"{quote(schema)}.{quote(name)}")]


def _told(reader: Reader, kind: str, quoted: str) -> str:
    row = reader.ask(f"show create {kind} {quoted}").rows[0]
    return _NEXT_NUMBER.sub("", str(row[_COLUMN[kind]]))
