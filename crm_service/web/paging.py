"""Keyset paging: opaque, signed cursors and the ``{"items", "next_cursor"}`` envelope.

A cursor is bound to the controller and the endpoint that issued it. It is signed, not encrypted, so
positions are ids, numbers and times only: cursors travel in query strings (rule 39).
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import marshmallow as ma
import orjson
from flask import current_app, request

from crm_service.web.auth import principal
from crm_service.web.problems import Problem

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_SIGNATURE_BYTES = 16

Item = TypeVar("Item")
Position = Sequence[int | str | UUID | datetime]


class PageQuery(ma.Schema):
    """``?limit=&cursor=``: inherit from it to add filters."""

    limit = ma.fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=ma.validate.Range(1, MAX_LIMIT),
        metadata={"description": "how many items at most"},
    )
    cursor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 1024),
        metadata={"description": "next_cursor of the page before"},
    )


def after(cursor: str | None) -> list[Any] | None:
    """Return the position behind which the page begins, None for the first page.

    Values come back as JSON knows them: numbers and text (UUIDs and times as text). Raises
    ``Problem`` 400 ``invalid_cursor`` for one that this endpoint did not issue to this controller.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b32decode(cursor.upper() + "=" * (-len(cursor) % 8))
    except (binascii.Error, ValueError):
        raise _invalid() from None
    signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(payload)):
        raise _invalid()
    position: list[Any] = orjson.loads(payload)
    return position


def after_id(cursor: str | None) -> UUID | None:
    """Return the id behind which the page begins; else as ``after``."""
    position = after(cursor)
    return UUID(position[0]) if position else None


def after_moment(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the time and the id behind which the page begins; else as ``after``."""
    position = after(cursor)
    return (datetime.fromisoformat(position[0]), UUID(position[1])) if position else None


def cursor_at(position: Position) -> str:
    """Return the cursor that continues behind ``position``."""
    if any(isinstance(value, str) and ("@" in value or len(value) > 80) for value in position):  # noqa: PLR2004
        raise ValueError("a cursor holds ids, numbers and times only")
    payload = orjson.dumps(list(position))
    return base64.b32encode(_sign(payload) + payload).decode().rstrip("=").lower()


def page(
    rows: Sequence[Item],
    limit: int,
    position: Callable[[Item], Position],
    *,
    stopped_at: Position | None = None,
) -> dict[str, Any]:
    """Return the envelope for up to ``limit + 1`` rows: the one too many says there is more.

    ``stopped_at``: where looking ended before as many were found; the next page begins there.
    """
    items = rows[:limit]
    following = position(items[-1]) if len(rows) > limit else stopped_at
    return {"items": items, "next_cursor": cursor_at(following) if following else None}


def _sign(payload: bytes) -> bytes:
    key: bytes = current_app.extensions["crm.settings"].keyring.cursor_key
    context = f"{principal().controller_id}:{request.endpoint}:".encode()
    return hmac.digest(key, context + payload, "sha256")[:_SIGNATURE_BYTES]


def _invalid() -> Problem:
    return Problem(400, "invalid_cursor", "this cursor was not issued by this list; start anew")
