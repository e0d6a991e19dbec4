"""What a worker does to many people one after the other, without holding up any of them."""

from collections.abc import Mapping
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import service as subjects


def each(connection: Connection, find: str, act: str, facts: Mapping[str, Any]) -> int:
    """Do ``act`` to each row that ``find`` returns; return of how many it counts something done.

    ``find`` returns id, controller and subject; ``act`` gets them as ``id`` and ``controller_id``,
    looks again whether anything is to be done, and returns how much was. As the role
    ``crm_worker``, on a connection outside any transaction: each is one of its own, under its
    subject's lock (rule 26).
    """
    done = 0
    for found_id, controller_id, subject_id in connection.execute(find, facts).fetchall():
        with connection.transaction():
            subjects.lock(connection, [subject_id])
            named = {**facts, "id": found_id, "controller_id": controller_id}
            row = connection.execute(act, named).fetchone()
        done += row[0] if row else 0
    return done
