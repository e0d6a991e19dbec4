"""Whose link it is: a controller's link reference to its id."""

import time
import uuid

from crm_service.db import pipeline

#: How long a process goes by what it asked: a controller that is closed is gone after that.
KNOWN_FOR_SECONDS = 10.0

_HINT = "SELECT set_config('crm.hint', %s, true)"
_BY_LINK_REF = "SELECT id FROM controllers WHERE link_ref = %s AND closed_at IS NULL"

#: A reference names one controller for ever, so that each process asks now and then only.
_known: dict[int, tuple[uuid.UUID, float]] = {}


def find(controller_ref: int) -> uuid.UUID | None:
    """Return the controller that links name by this reference, or None.

    Row-level security shows the controller to whoever names it. Raises ``psycopg.Error`` if the
    database cannot be asked.
    """
    known, until = _known.get(controller_ref, (None, 0.0))
    if known is not None and time.monotonic() < until:
        return known
    with pipeline(None) as connection:
        connection.execute(_HINT, (str(controller_ref),))
        cursor = connection.execute(_BY_LINK_REF, (controller_ref,))
    row = cursor.fetchone()
    if row is None:
        _known.pop(controller_ref, None)
        return None
    _known[controller_ref] = (row[0], time.monotonic() + KNOWN_FOR_SECONDS)
    found: uuid.UUID = row[0]
    return found
