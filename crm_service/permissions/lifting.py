"""What stays of an opt-out whose block an operator lifts: the person's word, not the operator's.

A click ends permissions and sets a block. After erasure only the block is left, and with it goes
the knowledge of the refusal: a consent from before it, imported again, would count. So lifting the
block of an opt-out that the person made writes the refusal down again, under its own date; only
consent given after it counts then (rules 4 and 16).
"""

import uuid
from collections.abc import Sequence

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.permissions.ending import END_PERMISSIONS, ENDED_EVENTS
from crm_service.policies import service as policies
from crm_service.suppression.service import Suppression

SOURCE = "lift"
#: Entered by hand for somebody: it may have been a mistake, and lifting mends it.
_ENTERED = "operator"
#: The channels that an address of a kind is written to itself.
_CHANNELS = {"email": ["email"], "phone": ["sms", "phone"], "post": ["post"]}

#: Under the lock of the subject. A refusal that stands, or a later consent, needs nothing.
_REMEMBER = f"""
WITH targets AS (
    SELECT a.subject_id, a.address_key, channel, purpose
    FROM addresses a,
        unnest(%(channels)s::text[]) AS channel, unnest(%(purposes)s::text[]) AS purpose
    WHERE a.controller_id = %(controller_id)s::uuid AND a.address_key = ANY (%(keys)s::uuid[])
),
ending AS (
    SELECT t.subject_id, t.address_key, t.channel, t.purpose, %(topic_id)s::uuid AS topic_id,
        %(topic)s::text AS topic, 'consent' AS basis, 'withdrawn' AS state,
        %(occurred_at)s::timestamptz AS stood_since,
        coalesce(own.anchor_at, %(now)s::timestamptz) AS anchor_at
    FROM targets t
    LEFT JOIN permissions own ON own.controller_id = %(controller_id)s::uuid
        AND own.address_key = t.address_key AND own.channel = t.channel
        AND own.purpose = t.purpose AND own.basis = 'consent'
        AND own.topic_id IS NOT DISTINCT FROM %(topic_id)s::uuid
    WHERE own.state IS NULL
        OR own.state IN ('granted', 'pending') AND own.since <= %(occurred_at)s::timestamptz
),
{END_PERMISSIONS},
new_events AS ({ENDED_EVENTS}),
{LOG_NEW_EVENTS}
SELECT count(*) FROM ending_entries
"""  # noqa: S608 - constant text

_TOPIC = "SELECT id, purpose FROM topics WHERE controller_id = %s AND slug = %s"


def remember(
    connection: Connection,
    controller_id: uuid.UUID,
    lifted: Suppression,
    keys: Sequence[uuid.UUID],
    *,
    recorded_by: str,
) -> int:
    """Write down what the person refused by a block that was just lifted; return how many entries.

    ``keys``: every address that the block covered. Nothing for blocks that are no opt-outs, and for
    those that somebody entered by hand. The caller holds the subject's lock.
    """
    channels = _CHANNELS.get(lifted.kind)
    if lifted.reason != "unsubscribe" or lifted.source == _ENTERED or channels is None:
        return 0
    policy = policies.active(connection, controller_id)
    purposes = [p.slug for p in policy.purposes.values() if p.category == "marketing"]
    topic_id = None
    if lifted.topic is not None:
        found = connection.execute(_TOPIC, (controller_id, lifted.topic)).fetchone()
        topic_id, purposes = (found[0], [found[1]]) if found else (None, [])
    facts = {
        "controller_id": controller_id,
        "keys": list(keys),
        "channels": channels,
        "purposes": purposes,
        "topic_id": topic_id,
        "topic": lifted.topic,
        "occurred_at": lifted.suppressed_at,
        "now": utcnow(),
        "source": SOURCE,
        "recorded_by": recorded_by,
        "policy_version": policy.version,
        "correlation": uuid.uuid4(),
    }
    row = connection.execute(_REMEMBER, facts).fetchone()
    return row[0] if row else 0
