"""A controller's requests for an operator's help, and operators who act on them (clause ee-21).

The data are the controller's. With ``OPERATOR_ON_REQUEST`` the commands that act inside a
controller's data do so only while a request that the controller recorded is open, and each such act
is in the controller's own audit log with the request.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from psycopg.rows import class_row
from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.controllers import service
from crm_service.controllers.models import Controller
from crm_service.db import Connection, driver_connection
from crm_service.errors import Forbidden, Invalid, NotFound

_COLUMNS = "id, requested_by, task, ends_at, ended_at, recorded_by, recorded_at"

_ADD = f"""
INSERT INTO assistance_requests (controller_id, id, requested_by, task, ends_at, recorded_by,
    recorded_at)
VALUES (%(controller_id)s, gen_random_uuid(), %(requested_by)s, %(task)s, %(ends_at)s, %(actor)s,
    %(now)s)
RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text

_PAGE = f"""
SELECT {_COLUMNS} FROM assistance_requests
WHERE controller_id = %(controller_id)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id LIMIT %(limit)s
"""  # noqa: S608 - constant text

_END = f"""
UPDATE assistance_requests SET ended_at = coalesce(ended_at, %(now)s)
WHERE controller_id = %(controller_id)s AND id = %(id)s RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text

_OPEN = """
SELECT id FROM assistance_requests
WHERE controller_id = %s AND ended_at IS NULL AND ends_at > %s ORDER BY recorded_at DESC LIMIT 1
"""


@dataclass(frozen=True)
class Assistance:
    """A request for help: by whom, with what, until when. ``ended_at``: taken back before."""

    id: uuid.UUID
    requested_by: str
    task: str
    ends_at: datetime
    ended_at: datetime | None
    recorded_by: str
    recorded_at: datetime


def ask(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    requested_by: str,
    task: str,
    ends_at: datetime,
    actor: str,
) -> Assistance:
    """Let an operator act inside the controller's data until then.

    Raises ``Invalid`` (``already_expired``).
    """
    now = utcnow()
    if ends_at <= now:
        raise Invalid(
            "the request would be over already: name a time to come",
            code="already_expired",
            errors={"ends_at": ["must lie in the future"]},
        )
    facts = {"requested_by": requested_by, "task": task, "ends_at": ends_at, "now": now}
    return _change(connection, controller_id, _ADD, {**facts, "actor": actor}, actor, "ask")


def end(
    connection: Connection, controller_id: uuid.UUID, request_id: uuid.UUID, *, actor: str
) -> Assistance:
    """Take a request back, effective at once; a repeat changes nothing. Raises ``NotFound``."""
    facts = {"id": request_id, "now": utcnow()}
    return _change(connection, controller_id, _END, facts, actor, "end")


def listing(
    connection: Connection, controller_id: uuid.UUID, *, after: uuid.UUID | None, limit: int
) -> list[Assistance]:
    """Return requests by id, those that are over included."""
    facts = {"controller_id": controller_id, "after": after, "limit": limit}
    with connection.cursor(row_factory=class_row(Assistance)) as cursor:
        return cursor.execute(_PAGE, facts).fetchall()


def enter(session: Session, slug: str, *, actor: str) -> Controller:
    """Let an operator into the data of the controller named by ``slug``.

    Raises ``NotFound`` (``unknown_controller``) and, where operators act on request alone,
    ``Forbidden`` (``no_assistance_request``) while no request is open.
    """
    controller = service.enter(session, slug)
    connection = driver_connection(session)
    found = connection.execute(_OPEN, (controller.id, utcnow())).fetchone()
    if found is not None:
        details = {"request_id": str(found[0])}
        audit.record(
            connection,
            controller.id,
            actor=actor,
            action="operators.enter",
            count=0,
            details=details,
        )
    elif current_app.extensions["crm.settings"].operator_on_request:
        raise Forbidden(
            f"'{slug}' has not asked for an operator's help: it records a request at "
            "POST /v1/assistance-requests first",
            code="no_assistance_request",
        )
    return controller


def enter_for_keys(session: Session, slug: str, *, actor: str) -> Controller:
    """Do as ``enter``, but let a controller without any key have its first one."""
    controller = service.enter(session, slug)
    if not service.list_keys(session, controller.id, limit=1):
        return controller
    return enter(session, slug, actor=actor)


def _change(
    connection: Connection,
    controller_id: uuid.UUID,
    statement: str,
    facts: Mapping[str, Any],
    actor: str,
    verb: str,
) -> Assistance:
    with connection.cursor(row_factory=class_row(Assistance)) as cursor:
        stored = cursor.execute(statement, {**facts, "controller_id": controller_id}).fetchone()
    if stored is None:
        raise NotFound("there is no such request", code="unknown_assistance_request")
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=f"assistance.{verb}",
        count=0,
        details={"request_id": str(stored.id)},
    )
    return stored
