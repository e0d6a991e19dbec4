"""Finding controllers and keys. Row-level security lets each be found only by who names it."""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm_service.controllers.models import ApiKey, Controller
from crm_service.db import Connection
from crm_service.errors import NotFound

_HINT = "SELECT set_config('crm.hint', %s, true)"

_ENTER_BY_KEY = """
SELECT set_config('crm.controller_id', controller_id::text, true)
FROM api_keys WHERE secret_sha256 = %s
"""

_CALLER = """
SELECT k.id, k.controller_id, c.slug, k.scopes, k.expires_at, k.revoked_at,
       coalesce(k.last_used_at < now() - interval '1 minute', true) AS used_long_ago,
       coalesce(p.version, 0),
       CASE WHEN NOT EXISTS (
           SELECT FROM agreement_acceptances a
           WHERE a.controller_id = k.controller_id AND a.version = p.agreement
       ) THEN p.agreement END AS missing_agreement, k.origins, k.client_manager
FROM api_keys k
JOIN controllers c ON c.id = k.controller_id AND c.closed_at IS NULL
LEFT JOIN LATERAL (
    SELECT v.version, v.document -> 'agreement' ->> 'version' AS agreement
    FROM policy_versions v
    WHERE v.controller_id = k.controller_id ORDER BY v.version DESC LIMIT 1
) p ON true
WHERE k.secret_sha256 = %s
"""

_TOUCH = """
UPDATE api_keys SET last_used_at = now() WHERE id = (
    SELECT id FROM api_keys
    WHERE controller_id = %s AND id = %s
      AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    FOR UPDATE SKIP LOCKED
)
"""


def caller(connection: Connection, digest: bytes) -> Any:
    """Queue the look-up of who holds the key with this digest; return the cursor to fetch from.

    Three statements that a pipeline sends in one flush: name the key, enter its controller, read
    the key with the newest policy version and whether that policy's agreement is accepted.
    """
    connection.execute(_HINT, (digest.hex(),))
    connection.execute(_ENTER_BY_KEY, (digest,))
    return connection.execute(_CALLER, (digest,))


def touch(connection: Connection, controller_id: uuid.UUID, key_id: uuid.UUID) -> None:
    """Note that the key was used now, at most once a minute, waiting for nobody."""
    connection.execute(_TOUCH, (controller_id, key_id))


def enter(session: Session, *, hint: str, controller_id: uuid.UUID | None = None) -> None:
    """Let the rest of the transaction see what ``hint`` names and what the controller owns."""
    session.execute(
        sa.text("SELECT set_config('crm.hint', :hint, true)"),
        {"hint": hint},
    )
    if controller_id is not None:
        session.execute(
            sa.text("SELECT set_config('crm.controller_id', :id, true)"),
            {"id": str(controller_id)},
        )


def find_controller(session: Session, slug: str) -> Controller | None:
    """Return the controller, if the transaction may see it."""
    return session.scalar(sa.select(Controller).where(Controller.slug == slug))


def get_key(session: Session, controller_id: uuid.UUID, key_id: uuid.UUID) -> ApiKey:
    """Return a key of this controller. Raises ``NotFound``."""
    found = session.scalar(
        sa.select(ApiKey).where(ApiKey.controller_id == controller_id, ApiKey.id == key_id)
    )
    if found is None:
        raise NotFound("there is no such key", code="unknown_key")
    return found


def keys(
    session: Session,
    controller_id: uuid.UUID,
    *,
    after: uuid.UUID | None = None,
    limit: int,
) -> Sequence[ApiKey]:
    """Return keys of this controller by id, behind ``after``."""
    query = sa.select(ApiKey).where(ApiKey.controller_id == controller_id)
    if after is not None:
        query = query.where(ApiKey.id > after)
    return session.scalars(query.order_by(ApiKey.id).limit(limit)).all()
