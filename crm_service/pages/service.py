"""A controller's logo: stored drawn anew, remembered for a moment by who shows it."""

import time
import uuid
from hashlib import sha256
from typing import Final

from crm_service.audit import service as audit
from crm_service.db import Connection, pipeline
from crm_service.errors import NotFound
from crm_service.pages import repository
from crm_service.pages.images import redrawn
from crm_service.pages.logo import Logo

#: So long may another process still show the logo of before.
REMEMBERED_SECONDS: Final = 30.0

_remembered: dict[uuid.UUID, tuple[float, Logo | None]] = {}


def put_logo(
    connection: Connection, controller_id: uuid.UUID, upload: bytes, *, actor: str
) -> Logo:
    """Make what ``upload`` shows the controller's logo and return it.

    Raises ``Invalid`` (``invalid_image``); the logo of before then stays.
    """
    picture = redrawn(upload)
    version = sha256(picture.content).hexdigest()[:16]
    repository.put(connection, controller_id, picture, version=version)
    _audit(connection, controller_id, actor, "put", version)
    return logo(connection, controller_id)


def logo(connection: Connection, controller_id: uuid.UUID) -> Logo:
    """Return the controller's logo. Raises ``NotFound`` (``no_logo``)."""
    found = repository.find(connection, controller_id)
    if found is None:
        raise NotFound("this controller has no logo", code="no_logo")
    return found


def delete_logo(connection: Connection, controller_id: uuid.UUID, *, actor: str) -> None:
    """Remove the controller's logo. Raises ``NotFound`` (``no_logo``)."""
    before = logo(connection, controller_id)
    repository.delete(connection, controller_id)
    _audit(connection, controller_id, actor, "delete", before.version)


def shown_logo(controller_id: uuid.UUID) -> Logo | None:
    """Return the logo for a page, or None; asks the database now and then. Reads only."""
    now = time.monotonic()
    until, known = _remembered.get(controller_id, (0.0, None))
    if now < until:
        return known
    with pipeline(controller_id) as connection:
        found = repository.find(connection, controller_id)
    _remembered[controller_id] = (now + REMEMBERED_SECONDS, found)
    return found


def forget(controller_id: uuid.UUID) -> None:
    """Let this process ask again: its logo has changed."""
    _remembered.pop(controller_id, None)


def picture(controller_id: uuid.UUID, version: str) -> bytes | None:
    """Return the bytes of a logo, or None unless this version is current."""
    with pipeline(controller_id) as connection:
        return repository.content(connection, controller_id, version)


def _audit(
    connection: Connection, controller_id: uuid.UUID, actor: str, verb: str, version: str
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=f"branding.{verb}_logo",
        count=0,
        details={"version": version},
    )
