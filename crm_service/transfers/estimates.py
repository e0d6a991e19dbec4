"""Telling the planner about a controller that it does not know.

PostgreSQL estimates from a sample how many of a table's rows belong to a controller. Of one that
came after the last sample it believes that it has a single row, and reads its whole share of a
table where a look-up by key is meant: a statement about thousands of keys then takes minutes. An
import is what makes such a share grow at once, so it has the tables looked at again.
"""

import uuid

import orjson

from crm_service.db import Connection

#: Tables in which an import looks up rows by key.
TABLES = ("addresses", "contacts", "permissions", "ledger_evidence", "suppressions")

_ENOUGH = 1000
_FEW = 100
_TOO_LOW = 10


def refresh(connection: Connection, controller_id: uuid.UUID) -> None:
    """Have the tables sampled anew in which the controller has far more rows than estimated."""
    for table in TABLES:
        own = f"FROM {table} WHERE controller_id = '{controller_id}'"
        counted = f"SELECT count(*) FROM (SELECT {own} LIMIT {_ENOUGH}) AS first"  # noqa: S608 - constants
        count = int((connection.execute(counted).fetchone() or (0,))[0])
        if count >= _FEW and _estimated(connection, own) * _TOO_LOW < count:
            connection.execute("SELECT crm_analyze(%s::regclass)", (table,))


def _estimated(connection: Connection, own: str) -> int:
    row = connection.execute(f"EXPLAIN (FORMAT JSON) SELECT {own}").fetchone()
    plan = row[0] if row else []
    if isinstance(plan, str):
        plan = orjson.loads(plan)
    return int(plan[0]["Plan"]["Plan Rows"])
