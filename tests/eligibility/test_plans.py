"""Rows are looked up by their keys, whatever PostgreSQL believes about a controller's size."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import APP_ROLE, connect_options
from crm_service.eligibility import repository
from crm_service.statements import Statement
from crm_service.subjects.service import LOCK_BY_ADDRESS_KEY
from crm_service.suppression import repository as suppression

Admin = psycopg.Connection[TupleRow]

KNOWN, UNKNOWN = uuid.uuid4(), uuid.uuid4()
ROWS = 20_000

#: One controller that a sample has seen, and as large a one that came afterwards.
_FILL = """
INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis, subject_id,
    state, since, anchor_at, entry_id)
SELECT %(controller)s, gen_random_uuid(), 'email', 'marketing', gen_random_uuid(), 'consent',
    gen_random_uuid(), 'granted', now(), now(), gen_random_uuid() FROM generate_series(1, %(rows)s);
INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, reason, source,
    correlation, suppressed_at)
SELECT %(controller)s, gen_random_uuid(), gen_random_uuid(), 'email', 'all', 'manual', 'test',
    gen_random_uuid(), now() FROM generate_series(1, %(rows)s);
INSERT INTO addresses (controller_id, address_key, subject_id, kind)
SELECT %(controller)s, gen_random_uuid(), gen_random_uuid(), 'email'
FROM generate_series(1, %(rows)s);
"""
_LOOK_UPS = {
    "permissions": (repository.PERMISSIONS, "uq_permissions"),
    "a range of permissions": (repository.PERMISSIONS_BETWEEN, "uq_permissions"),
    "suppressions": (repository.SUPPRESSIONS, "uq_suppressions_active"),
    "a range of suppressions": (repository.SUPPRESSIONS_BETWEEN, "uq_suppressions_active"),
    "known addresses": (repository.KNOWN, "pk_addresses"),
    "a subject to lock": (LOCK_BY_ADDRESS_KEY, "pk_addresses"),
}


@pytest.fixture(scope="module")
def filled(settings: Settings) -> Iterator[Admin]:
    """A transaction that sees both controllers, planned for as the hot paths are; rolled back."""
    options = connect_options(APP_ROLE, keyed=True)
    options["options"] = options["options"].replace(f"-c role={APP_ROLE} ", "")
    with psycopg.connect(settings.admin_url, **options) as connection:
        for controller in (KNOWN, UNKNOWN):
            text = psycopg.ClientCursor(connection).mogrify(
                _FILL, {"controller": controller, "rows": ROWS}
            )
            connection.execute(text)
            if controller == KNOWN:
                connection.execute("ANALYZE permissions, suppressions, addresses")
        yield connection
        connection.rollback()


def _plan(connection: Admin, statement: Statement, controller: uuid.UUID) -> str:
    facts: dict[str, Any] = dict.fromkeys(statement.names)
    facts |= {"controller_id": controller, "keys": "{}", "channel": "email", "rows": "[]"}
    values = [facts[name] for name in statement.names]
    psycopg.RawCursor(connection).execute(b"PREPARE asked AS " + statement.text)
    literals = ", ".join(psycopg.sql.Literal(value).as_string(connection) for value in values)
    rows = connection.execute(f"EXPLAIN EXECUTE asked ({literals})").fetchall()
    connection.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("controller", [KNOWN, UNKNOWN], ids=["sampled", "new"])
@pytest.mark.parametrize("what", _LOOK_UPS)
def test_look_ups_go_by_key_and_never_read_a_controllers_share(
    filled: Admin, what: str, controller: uuid.UUID
) -> None:
    statement, index = _LOOK_UPS[what]

    plan = _plan(filled, statement, controller)

    assert index in plan
    assert plan.count("Scan using ") + plan.count("Index Scan on ") == plan.count(index)
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("controller", [KNOWN, UNKNOWN], ids=["sampled", "new"])
@pytest.mark.parametrize("what", ["SUPPRESS", "SETTLE_PAUSES"])
def test_blocks_find_an_address_and_its_aliases_by_key_each(
    filled: Admin, what: str, controller: uuid.UUID
) -> None:
    plan = _plan(filled, Statement(getattr(suppression, what)), controller)

    found = [line.split(" on ")[0] for line in plan.splitlines() if " on addresses" in line]
    indexes = {"pk_addresses", "ix_addresses_subject"}
    assert {line.split()[-1] for line in found} == indexes
    assert all("Index" in line and "Bitmap" not in line for line in found)
