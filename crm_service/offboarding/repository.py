"""Which tables hold a controller's rows, by the catalog alone; reading and deleting them.

A table is a tenant's if it has a column ``controller_id``: one that is added tomorrow is exported
and deleted without a word said here.
"""

import uuid
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import orjson
from psycopg import sql

from crm_service.db import Connection

#: Rows fetched at once, and rows deleted at once: neither fills the memory nor holds a lock long.
FETCH = 2_000
BATCH = 5_000

_TABLES = """
SELECT c.relname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'controller_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""
_REFERENCES = """
SELECT child.relname, parent.relname FROM pg_constraint f
JOIN pg_class child ON child.oid = f.conrelid JOIN pg_class parent ON parent.oid = f.confrelid
WHERE f.contype = 'f' AND f.conparentid = 0 AND child.relnamespace = 'public'::regnamespace
"""
_KEY = """
SELECT a.attname FROM pg_index i
CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.n
"""
_LEAVES = """
SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf
UNION SELECT %s WHERE NOT EXISTS (SELECT FROM pg_partition_tree(%s::regclass))
"""
_ROWS = "SELECT row_to_json(t)::text FROM {table} t WHERE t.{owner} = %s ORDER BY {order}"
_IN_ORDER = "SELECT {columns} FROM {table} e WHERE e.controller_id = %s ORDER BY e.xid, e.position"
_DELETE = """
DELETE FROM {table} WHERE controller_id = %s AND ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE controller_id = %s LIMIT %s))
"""

#: Which address is behind a suppressed key, where a contact bears it.
_SUPPRESSED = """
SELECT s.address_key, s.kind, s.scope, t.slug, s.reason, s.suppressed_at, s.lifted_at,
    (SELECT CASE WHEN c.email_key = s.address_key THEN c.email ELSE c.phone END FROM contacts c
     WHERE c.controller_id = s.controller_id AND s.address_key IN (c.email_key, c.phone_key)
     LIMIT 1) AS address
FROM suppressions s LEFT JOIN topics t ON t.id = s.topic_id
WHERE s.controller_id = %s ORDER BY s.id
"""
_SUPPRESSED_FIELDS = (
    "address_key", "kind", "scope", "topic", "reason", "suppressed_at", "lifted_at", "address",
)  # fmt: skip
_NATIONAL_IDS = "SELECT subject_id, country, sealed FROM national_ids WHERE controller_id = %s"
_POLICIES = "SELECT version, document FROM policy_versions WHERE controller_id = %s ORDER BY 1"
_HEADS = """
SELECT DISTINCT ON (log) log, number, digest FROM seals
WHERE controller_id = %s ORDER BY log, number DESC
"""


def tables(connection: Connection) -> list[str]:
    """Return every table with rows of controllers, by name; ``controllers`` itself is not one."""
    return [name for (name,) in connection.execute(_TABLES)]


def children_first(connection: Connection) -> list[str]:
    """Return these tables so that none comes behind one that it refers to."""
    sorter = TopologicalSorter[str]({name: set() for name in tables(connection)})
    for child, parent in connection.execute(_REFERENCES):
        sorter.add(parent, child)
    return [name for name in sorter.static_order() if name != "controllers"]


def rows(
    connection: Connection, table: str, controller_id: uuid.UUID, *, owner: str = "controller_id"
) -> Iterator[bytes]:
    """Yield a table's rows of a controller as lines of JSON, in the order of its key."""
    key = [name for (name,) in connection.execute(_KEY, (table,))]
    order = sql.SQL(", ").join(map(sql.Identifier, key)) if key else sql.SQL("t::text")
    statement = sql.SQL(_ROWS).format(
        table=sql.Identifier(table), owner=sql.Identifier(owner), order=order
    )
    for (text,) in _streamed(connection, statement, controller_id):
        yield text.encode() + b"\n"


def in_order(
    connection: Connection, table: str, columns: str, controller_id: uuid.UUID
) -> Iterator[tuple[Any, ...]]:
    """Yield the entries of a sealed log in the order of its seals."""
    statement = sql.SQL(_IN_ORDER.format(columns=columns, table=table))
    yield from _streamed(connection, statement, controller_id)


def suppressed(connection: Connection, controller_id: uuid.UUID) -> Iterator[bytes]:
    """Yield who is suppressed as lines of JSON, with the address itself where it is known."""
    for row in _streamed(connection, sql.SQL(_SUPPRESSED), controller_id):
        facts = dict(zip(_SUPPRESSED_FIELDS, row, strict=True))
        yield orjson.dumps(facts, option=orjson.OPT_UTC_Z) + b"\n"


def national_ids(
    connection: Connection, controller_id: uuid.UUID
) -> Iterator[tuple[uuid.UUID, str, bytes]]:
    """Yield whose numbers are kept, of which country, sealed."""
    for subject_id, country, sealed in _streamed(connection, sql.SQL(_NATIONAL_IDS), controller_id):
        yield subject_id, country, bytes(sealed)


def policies(connection: Connection, controller_id: uuid.UUID) -> list[tuple[int, dict[str, Any]]]:
    """Return every version of the policy that was ever active."""
    return [
        (version, stated) for version, stated in connection.execute(_POLICIES, (controller_id,))
    ]


def heads(connection: Connection, controller_id: uuid.UUID) -> dict[str, tuple[int, bytes]]:
    """Return number and digest of each log's newest seal."""
    found = connection.execute(_HEADS, (controller_id,)).fetchall()
    return {log: (number, bytes(digest)) for log, number, digest in found}


def delete(connection: Connection, table: str, controller_id: uuid.UUID) -> int:
    """Delete a table's rows of a controller, a batch a transaction; return how many there were."""
    deleted = 0
    for (leaf,) in connection.execute(_LEAVES, (table, table, table)).fetchall():
        statement = sql.SQL(_DELETE).format(table=sql.SQL(leaf))
        while gone := connection.execute(statement, (controller_id, controller_id, BATCH)).rowcount:
            deleted += gone
    return deleted


def _streamed(
    connection: Connection, statement: sql.SQL | sql.Composed, controller_id: uuid.UUID
) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="offboarding") as cursor:
        cursor.itersize = FETCH
        cursor.execute(statement, (controller_id,))
        yield from cursor
