"""Purposes that people ended: nothing more is collected for them (clause no-10; GDPR Art. 7(3))."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from crm_service.db import Connection

# A grant that a refusal covers carries nothing (rule 16); only later consent does.
_STOPPED = """
SELECT p.subject_id, p.purpose,
    bool_or(p.state = 'granted' AND NOT EXISTS (
        SELECT FROM permissions r
        WHERE r.controller_id = p.controller_id AND r.subject_id = p.subject_id
            AND r.address_key = p.address_key AND r.channel = p.channel AND r.purpose = p.purpose
            AND (r.topic_id IS NULL OR r.topic_id = p.topic_id)
            AND r.state IN ('withdrawn', 'objected')
            AND (r.since >= p.since OR p.basis <> 'consent'))) AS is_carried
FROM permissions p
WHERE p.controller_id = %(controller_id)s AND p.subject_id = ANY (%(subject_ids)s::uuid[])
GROUP BY p.subject_id, p.purpose
HAVING bool_or(p.state IN ('granted', 'withdrawn', 'objected'))
"""


@dataclass(frozen=True)
class Stopped:
    """The purposes that a person ended; ``everything``: no other one is carried by anything."""

    purposes: frozenset[str] = frozenset()
    everything: bool = False


NOTHING = Stopped()


def stopped(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Stopped]:
    """Return what each of the people ended; whoever ended nothing is left out."""
    facts = {"controller_id": controller_id, "subject_ids": list(subject_ids)}
    ended: dict[uuid.UUID, set[str]] = {}
    carried: set[uuid.UUID] = set()
    for subject_id, purpose, is_carried in connection.execute(_STOPPED, facts).fetchall():
        if is_carried:
            carried.add(subject_id)
        else:
            ended.setdefault(subject_id, set()).add(purpose)
    return {
        subject_id: Stopped(frozenset(purposes), subject_id not in carried)
        for subject_id, purposes in ended.items()
    }
