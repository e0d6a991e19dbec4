"""The logos of controllers."""

import uuid

from psycopg.rows import class_row

from crm_service.db import Connection
from crm_service.pages.images import Picture
from crm_service.pages.logo import Logo

_FIND = """
SELECT c.link_ref, l.version, l.width, l.height, octet_length(l.content) AS bytes, l.uploaded_at
FROM logos l JOIN controllers c ON c.id = l.controller_id WHERE l.controller_id = %s
"""

_PUT = """
INSERT INTO logos (controller_id, version, media_type, width, height, content)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (controller_id) DO UPDATE SET version = excluded.version,
    media_type = excluded.media_type, width = excluded.width, height = excluded.height,
    content = excluded.content, uploaded_at = now()
"""


def find(connection: Connection, controller_id: uuid.UUID) -> Logo | None:
    """Return what there is to know of the controller's logo."""
    with connection.cursor(row_factory=class_row(Logo)) as cursor:
        return cursor.execute(_FIND, (controller_id,)).fetchone()


def put(
    connection: Connection, controller_id: uuid.UUID, picture: Picture, *, version: str
) -> None:
    """Store the logo in place of the one before."""
    connection.execute(
        _PUT,
        (
            controller_id,
            version,
            picture.media_type,
            picture.width,
            picture.height,
            picture.content,
        ),
    )


def delete(connection: Connection, controller_id: uuid.UUID) -> bool:
    """Remove the logo; say whether there was one."""
    return (
        connection.execute("DELETE FROM logos WHERE controller_id = %s", (controller_id,)).rowcount
        > 0
    )


def content(connection: Connection, controller_id: uuid.UUID, version: str) -> bytes | None:
    """Return the picture of this version, or None where another one, or none, is current."""
    row = connection.execute(
        "SELECT content FROM logos WHERE controller_id = %s AND version = %s",
        (controller_id, version),
    ).fetchone()
    return bytes(row[0]) if row else None
