"""What tests of engagement share: events, and taking them in."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from crm_service.config import Settings
from crm_service.db import driver_connection, transaction
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.service import Ingested, ingest
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]

EMAIL = "mari@example.com"
#: Long enough ago that no message is fresh.
T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def happening(kind: str = "delivered", *, after: float = 0, **facts: Any) -> Incoming:
    """Return an event ``after`` seconds since T0, with an id of its own unless one is given."""
    said: dict[str, Any] = {
        "email": EMAIL,
        "event_id": uuid.uuid4().hex,
        "source": "api",
        "message_id": "m-1",
    }
    said |= {"occurred_at": T0 + timedelta(seconds=after)}
    return Incoming(type=kind, **(said | facts))


def take_in(tenant: Tenant, events: Sequence[Incoming]) -> Ingested:
    """Ingest events as one transaction of the tenant."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        return ingest(
            driver_connection(session),
            tenant.controller_id,
            events,
            actor="operator:test",
            pepper=settings.keyring.pepper(tenant.controller_id),
        )


def stored(admin: Admin, tenant: Tenant) -> list[dict[str, Any]]:
    """Return every event of the tenant, the oldest first."""
    with admin.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM engagement_events WHERE controller_id = %s ORDER BY occurred_at, id",
            (tenant.controller_id,),
        ).fetchall()


def last_engaged(admin: Admin, tenant: Tenant) -> datetime | None:
    """Return when a person of the tenant last opened or clicked."""
    row = admin.execute(
        "SELECT max(engaged_at) FROM last_interactions WHERE controller_id = %s",
        (tenant.controller_id,),
    ).fetchone()
    return row[0] if row else None


def blocks(admin: Admin, tenant: Tenant) -> set[tuple[str, str | None, str]]:
    """Return what stands in the tenant's suppression list: scope, topic, reason."""
    rows = admin.execute(
        "SELECT s.scope, t.slug, s.reason FROM suppressions s LEFT JOIN topics t"
        " ON t.id = s.topic_id WHERE s.controller_id = %s AND s.lifted_at IS NULL",
        (tenant.controller_id,),
    )
    return {(row[0], row[1], row[2]) for row in rows}


def published(admin: Admin, tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    """Return the data of the tenant's events of one type, the oldest first."""
    rows = admin.execute(
        "SELECT data FROM events WHERE controller_id = %s AND type = %s ORDER BY position",
        (tenant.controller_id, kind),
    )
    return [row[0] for row in rows]
