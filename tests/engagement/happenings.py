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
