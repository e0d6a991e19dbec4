"""When somebody last had to do with the controller: what retention counts from (clause ee-09).

Kept by address key, so that it belongs to whoever bears the address, and moves along when a contact
adopts it. It moves forward only: by interactions, and by what people (never machines) do with
messages. Writers need no lock: the later moment wins in any order.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm_service import arrays
from crm_service.db import Connection

_MOVE = """
INSERT INTO last_interactions (controller_id, address_key, {column})
SELECT %(controller_id)s::uuid, address_key, at
FROM unnest(%(keys)s::uuid[], %(moments)s::timestamptz[]) AS given(address_key, at)
ORDER BY address_key
ON CONFLICT (controller_id, address_key) DO UPDATE SET {column} = excluded.{column}
WHERE last_interactions.{column} IS NULL OR last_interactions.{column} < excluded.{column}
"""

_MOVE_ENGAGED = _MOVE.format(column="engaged_at")
_MOVE_INTERACTED = _MOVE.format(column="interacted_at")

_RESTATE = """
UPDATE last_interactions l SET engaged_at = given.at
FROM unnest(%(keys)s::uuid[], %(moments)s::timestamptz[]) AS given(address_key, at)
WHERE l.controller_id = %(controller_id)s AND l.address_key = given.address_key
"""

#: The last interaction of each subject that had any, for set-based use: ``LAST`` AS l(subject_id,
#: last_interaction_at), parameter ``controller_id``.
LAST = """(
    SELECT a.subject_id, max(greatest(l.engaged_at, l.interacted_at)) AS last_interaction_at
    FROM addresses a
    JOIN last_interactions l ON l.controller_id = a.controller_id AND l.address_key = a.address_key
    WHERE a.controller_id = %(controller_id)s
    GROUP BY a.subject_id)"""

_OF_SUBJECTS = """
SELECT a.subject_id, max(greatest(l.engaged_at, l.interacted_at))
FROM addresses a
JOIN last_interactions l ON l.controller_id = a.controller_id AND l.address_key = a.address_key
WHERE a.controller_id = %(controller_id)s AND a.subject_id = ANY (%(subject_ids)s::uuid[])
GROUP BY a.subject_id
"""


def engaged(
    connection: Connection, controller_id: uuid.UUID, moments: Mapping[uuid.UUID, datetime]
) -> None:
    """Note when people opened or clicked, by address key."""
    if moments:
        connection.execute(_MOVE_ENGAGED, _facts(controller_id, moments))


def interacted(
    connection: Connection, controller_id: uuid.UUID, moments: Mapping[uuid.UUID, datetime]
) -> None:
    """Note when people called, wrote, met or ordered, by address key."""
    if moments:
        connection.execute(_MOVE_INTERACTED, _facts(controller_id, moments))


def restate_engaged(
    connection: Connection, controller_id: uuid.UUID, moments: Mapping[uuid.UUID, datetime | None]
) -> None:
    """Put right what had been taken for a person's doing and was a machine's (rule 30)."""
    if moments:
        connection.execute(_RESTATE, _facts(controller_id, moments))


def of_subjects(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, datetime]:
    """Return the last interaction of those subjects that had any."""
    facts = {"controller_id": controller_id, "subject_ids": list(subject_ids)}
    return dict(connection.execute(_OF_SUBJECTS, facts).fetchall())


def _facts(
    controller_id: uuid.UUID, moments: Mapping[uuid.UUID, datetime | None]
) -> dict[str, object]:
    return {
        "controller_id": controller_id,
        "keys": arrays.of_ids(moments),
        "moments": arrays.of_values(list(moments.values())),
    }
