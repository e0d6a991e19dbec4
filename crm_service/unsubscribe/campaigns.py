"""The names behind the campaign references in links, so that an event can name the campaign."""

import uuid

from crm_service.db import Connection

_REMEMBER = """
INSERT INTO campaigns (controller_id, link_ref, name) VALUES (%s, %s, %s)
ON CONFLICT (controller_id, link_ref) DO NOTHING
"""


def remember_campaign(
    connection: Connection, controller_id: uuid.UUID, name: str, ref: int
) -> None:
    """Store under which reference links name this campaign; a repeat changes nothing."""
    connection.execute(_REMEMBER, (controller_id, ref, name))
