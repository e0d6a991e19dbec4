"""Statements about webhook endpoints, their secrets, and the tokens that were used up."""

import uuid
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crm_service.db import Connection

Row = dict[str, Any]

_HINT = "SELECT set_config('crm.hint', %s, true)"

#: Whoever names an endpoint's id, which cannot be guessed, acts for its controller from then on.
_ENTER = """
SELECT set_config('crm.controller_id', controller_id::text, true)
FROM webhook_endpoints WHERE id = %s
"""

_SHOWN = """
SELECT e.controller_id, e.id, e.provider, e.name, e.settings, e.created_at, e.deleted_at,
       e.subscription_token, e.subscription_requested_at, e.subscription_confirmed_at,
       coalesce(jsonb_agg(jsonb_build_object(
           'id', s.id, 'created_at', s.created_at, 'expires_at', s.expires_at
       ) ORDER BY s.created_at, s.id) FILTER (WHERE s.id IS NOT NULL), '[]') AS secrets
FROM webhook_endpoints e
LEFT JOIN webhook_secrets s ON s.controller_id = e.controller_id AND s.endpoint_id = e.id
"""
_ONE = f"{_SHOWN} WHERE e.controller_id = %s AND e.id = %s GROUP BY e.id"
_NAMED = f"{_SHOWN} WHERE e.id = %s GROUP BY e.id"
_PAGE = f"""{_SHOWN}
WHERE e.controller_id = %s AND e.deleted_at IS NULL AND (%s::uuid IS NULL OR e.id > %s)
GROUP BY e.id ORDER BY e.id LIMIT %s
"""

_ACTIVE = """
SELECT id, sealed FROM webhook_secrets
WHERE endpoint_id = %s AND (expires_at IS NULL OR expires_at > now())
ORDER BY created_at DESC, id
"""

_CREATE = """
INSERT INTO webhook_endpoints (id, controller_id, provider, name, settings)
VALUES (%s, %s, %s, %s, %s)
"""
_ADD = """
INSERT INTO webhook_secrets (id, controller_id, endpoint_id, sealed, expires_at)
VALUES (%s, %s, %s, %s, %s)
"""
_EXPIRE_OTHERS = """
UPDATE webhook_secrets SET expires_at = least(expires_at, %s)
WHERE controller_id = %s AND endpoint_id = %s AND id <> %s
"""
_REMOVE = """
DELETE FROM webhook_secrets WHERE controller_id = %s AND endpoint_id = %s AND id = %s
"""
_DELETE = """
UPDATE webhook_endpoints SET deleted_at = now(), subscription_token = NULL
WHERE controller_id = %s AND id = %s
"""
_FORGET_SECRETS = "DELETE FROM webhook_secrets WHERE controller_id = %s AND endpoint_id = %s"

_REQUEST = """
UPDATE webhook_endpoints
SET subscription_token = %s, subscription_requested_at = now(), subscription_confirmed_at = NULL
WHERE controller_id = %s AND id = %s
"""
_CONFIRM = """
UPDATE webhook_endpoints SET subscription_token = NULL, subscription_confirmed_at = now()
WHERE controller_id = %s AND id = %s
"""

#: Old tokens would be refused as stale; a few go with each new one, those that nobody else clears.
_FORGET_TOKENS = """
DELETE FROM webhook_tokens WHERE ctid IN (
    SELECT ctid FROM webhook_tokens
    WHERE controller_id = %s AND endpoint_id = %s AND forget_at < now()
    LIMIT 100 FOR UPDATE SKIP LOCKED
)
"""
_SPEND = """
INSERT INTO webhook_tokens (controller_id, endpoint_id, digest, forget_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (controller_id, endpoint_id, digest) DO NOTHING RETURNING true
"""


def named(connection: Connection, endpoint_id: uuid.UUID) -> tuple[Row | None, list[Row]]:
    """Return an endpoint with its valid secrets, for whoever knows its id; (None, []) if none.

    The rest of the transaction may see what belongs to its controller.
    """
    connection.execute(_HINT, (str(endpoint_id),))
    connection.execute(_ENTER, (endpoint_id,))
    with (
        connection.cursor(row_factory=dict_row) as found,
        connection.cursor(row_factory=dict_row) as secrets,
    ):
        found.execute(_NAMED, (endpoint_id,))
        secrets.execute(_ACTIVE, (endpoint_id,))
        return found.fetchone(), secrets.fetchall()


def find(connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID) -> Row | None:
    """Return an endpoint of this controller, or None."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_ONE, (controller_id, endpoint_id)).fetchone()
    return _read(found) if found else None


def page(
    connection: Connection, controller_id: uuid.UUID, *, after: uuid.UUID | None, limit: int
) -> list[Row]:
    """Return the controller's endpoints by id, behind ``after``."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_PAGE, (controller_id, after, after, limit)).fetchall()
    return [_read(row) for row in found]


def _read(row: Row) -> Row:
    """Return the row with its secrets' times and ids as such, and not as JSON's text."""
    return {**row, "secrets": [_read_secret(one) for one in row["secrets"]]}


def _read_secret(told: dict[str, str | None]) -> Row:
    times = {name: told[name] for name in ("created_at", "expires_at")}
    read = {name: datetime.fromisoformat(at) if at else None for name, at in times.items()}
    return {"id": uuid.UUID(told["id"]), **read}


def create(
    connection: Connection,
    controller_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    *,
    provider: str,
    name: str,
    settings: dict[str, Any],
) -> None:
    """Store a new endpoint."""
    facts = (endpoint_id, controller_id, provider, name, Jsonb(settings))
    connection.execute(_CREATE, facts)


def add_secret(
    connection: Connection,
    controller_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    *,
    secret_id: uuid.UUID,
    sealed: bytes,
    expires_at: datetime | None,
) -> None:
    """Store a sealed secret."""
    facts = (secret_id, controller_id, endpoint_id, sealed, expires_at)
    connection.execute(_ADD, facts)


def expire_others(
    connection: Connection,
    controller_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    *,
    but: uuid.UUID,
    at: datetime,
) -> None:
    """Let every other secret of the endpoint end at ``at``, if it does not end before."""
    connection.execute(_EXPIRE_OTHERS, (at, controller_id, endpoint_id, but))


def remove_secret(
    connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID, secret_id: uuid.UUID
) -> bool:
    """Forget a secret; tell whether there was one."""
    facts = (controller_id, endpoint_id, secret_id)
    return connection.execute(_REMOVE, facts).rowcount > 0


def delete(connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID) -> None:
    """End an endpoint for good; its id stays known as ended, its secrets go."""
    connection.execute(_FORGET_SECRETS, (controller_id, endpoint_id))
    connection.execute(_DELETE, (controller_id, endpoint_id))


def request_subscription(
    connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID, sealed: bytes
) -> None:
    """Keep what a subscription is confirmed with."""
    connection.execute(_REQUEST, (sealed, controller_id, endpoint_id))


def confirm_subscription(
    connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID
) -> None:
    """Note that the subscription was confirmed."""
    connection.execute(_CONFIRM, (controller_id, endpoint_id))


def spend(
    connection: Connection,
    controller_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    *,
    digest: bytes,
    forget_at: datetime,
) -> bool:
    """Use up a token; False if it was used before. Waits for who is using it at this moment."""
    connection.execute(_FORGET_TOKENS, (controller_id, endpoint_id))
    facts = (controller_id, endpoint_id, digest, forget_at)
    return connection.execute(_SPEND, facts).fetchone() is not None
