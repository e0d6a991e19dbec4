"""Whose link it is: a controller's link reference to its id."""

import uuid

from crm_service.db import pipeline

_HINT = "SELECT set_config('crm.hint', %s, true)"
_BY_LINK_REF = "SELECT id FROM controllers WHERE link_ref = %s"

#: A reference names one controller for ever, so that each process asks once.
_known: dict[int, uuid.UUID] = {}


def find(controller_ref: int) -> uuid.UUID | None:
    """Return the controller that links name by this reference, or None.

    Row-level security shows the controller to whoever names it. Raises ``psycopg.Error`` if the
    database cannot be asked.
    """
    known = _known.get(controller_ref)
    if known is not None:
        return known
    with pipeline(None) as connection:
        connection.execute(_HINT, (str(controller_ref),))
        cursor = connection.execute(_BY_LINK_REF, (controller_ref,))
    row = cursor.fetchone()
    if row is None:
        return None
    return _known.setdefault(controller_ref, row[0])
