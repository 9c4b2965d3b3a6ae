"""The digest of what a database is, apart from its rows: a lost index, constraint, trigger or right shows in it.

Positions of sequences are left out: after a crash or a restore a sequence may rightly go on up to 32 numbers later.
"""

from collections.abc import Sequence

from orchestrator.adapters.postgresql.reading import Reader
from orchestrator.adapters.postgresql.relations import Relation

# With nothing else in the search path, PostgreSQL writes every name in a definition with its schema.
_QUALIFY = "select set_config('search_path', 'pg_catalog', true)"

_DEFINITION = """
with tables as (select oid, oid::regclass::text as name, relnamespace, relowner, relacl, relrowsecurity, relkind
                from pg_class where oid::text in (select json_array_elements_text($1::json))),
schemas as (select distinct n.oid, n.nspname from tables join pg_namespace n on n.oid = tables.relnamespace),
lines as (
  select format('table %s %s %s %s %s', name, relkind, pg_get_userbyid(relowner), relacl, relrowsecurity) as line
  from tables
  union all
  select format('column %s %s %I %s %s %s %s%s %s', t.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
                a.attcollation::regcollation)
  from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select format('constraint %s %I %s %s', t.name, c.conname, pg_get_constraintdef(c.oid), c.convalidated)
  from tables t join pg_constraint c on c.conrelid = t.oid
  union all
  select format('index %s %s %s %s', t.name, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
  from tables t join pg_index i on i.indrelid = t.oid
  union all
  select format('trigger %s %s %s', t.name, pg_get_triggerdef(g.oid), g.tgenabled)
  from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  union all
  select format('policy %s %I %s %s', t.name, p.polname, pg_get_expr(p.polqual, p.polrelid),
                pg_get_expr(p.polwithcheck, p.polrelid))
  from tables t join pg_policy p on p.polrelid = t.oid
  union all
  select format('view %s %s', v.oid::regclass, pg_get_viewdef(v.oid))
  from schemas s join pg_class v on v.relnamespace = s.oid and v.relkind in ('v', 'm')
  union all
  select format('sequence %s %s %s %s', q.seqrelid::regclass, q.seqtypid::regtype, q.seqincrement, q.seqmax)
  from schemas s join pg_class c on c.relnamespace = s.oid and c.relkind = 'S' join pg_sequence q on q.seqrelid = c.oid
  union all
  select format('function %s', pg_get_functiondef(f.oid))
  from schemas s join pg_proc f on f.pronamespace = s.oid and f.prokind in ('f', 'p', 'w')
  union all
  select format('extension %I %s', extname, extversion) from pg_extension
)
select encode(sha256(convert_to(string_agg(line, E'\\n' order by line collate "C"), 'UTF8')), 'hex') from lines
"""


def definition_digest(reader: Reader, relations: Sequence[Relation]) -> str:
    """The SHA-256 of the definition of these tables and of the views, sequences and functions of their schemas.

    Raises:
        NoAnswerError: The server did not answer.
    """
    reader.ask(_QUALIFY)
    numbers = "[" + ",".join(f'"{relation.identifier}"' for relation in relations) + "]"
    return str(reader.ask(_DEFINITION, parameters=(numbers,)).rows[0][0])
