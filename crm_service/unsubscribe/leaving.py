"""Leaving on behalf of a person, many at once, in somebody else's transaction.

For what a provider or a mailbox was told: the same statement as behind a click.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_service.db import Connection
from crm_service.permissions.evidence import BASES
from crm_service.permissions.targets import inheriting
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.unsubscribe import repository, tokens
from crm_service.unsubscribe.campaigns import remember_campaign

_TOPIC_REFS = """
SELECT slug, link_ref FROM topics WHERE controller_id = %s AND slug = ANY (%s)
"""

#: A policy may be activated while one statement runs, hardly while three do.
_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One person leaving a topic (its slug), or all marketing where it is None or unknown."""

    address_key: uuid.UUID
    occurred_at: datetime
    source: str
    correlation: uuid.UUID
    topic: str | None = None
    campaign: str | None = None
    channel: str = "email"


def leave(
    connection: Connection,
    controller_id: uuid.UUID,
    departures: Sequence[Departure],
    *,
    recorded_by: str,
    pepper: bytes,
) -> int:
    """Do what a click does for each of them; return for how many something changed.

    Every address has a subject already, whose lock the caller holds. A repeat changes nothing.
    """
    slugs = list({one.topic for one in departures if one.topic})
    rows = connection.execute(_TOPIC_REFS, (controller_id, slugs)).fetchall() if slugs else []
    topic_refs: dict[str | None, int] = dict(rows)
    policy = policies.active(connection, controller_id)
    changed = 0
    for one in departures:
        facts = {
            "controller_id": controller_id,
            "address_key": one.address_key,
            "channel": one.channel,
            "topic_ref": topic_refs.get(one.topic, 0),
            "campaign_ref": _campaign(connection, controller_id, one.campaign, pepper),
            "bases": list(BASES),
            "is_locked": True,
            "correlation": one.correlation,
            "source": one.source,
            "recorded_by": recorded_by,
            "occurred_at": one.occurred_at,
        }
        changed += _leave(connection, controller_id, policy, facts)
    return changed


def _campaign(
    connection: Connection, controller_id: uuid.UUID, name: str | None, pepper: bytes
) -> int:
    if not name:
        return 0
    reference = tokens.campaign_ref(pepper, name)
    remember_campaign(connection, controller_id, name, reference)
    return reference


def _leave(
    connection: Connection, controller_id: uuid.UUID, policy: Policy, facts: dict[str, object]
) -> bool:
    for _ in range(_ATTEMPTS):
        marketing = [p.slug for p in policy.purposes.values() if p.category == "marketing"]
        ruling = {
            "policy_version": policy.version,
            "inheriting": inheriting(policy),
            "marketing": marketing,
        }
        row = repository.UNSUBSCRIBE.execute(connection, facts | ruling).fetchone()
        if row is not None and row[0]:
            return bool(row[3])
        policy = policies.active(connection, controller_id)
    raise RuntimeError("the policy kept changing")  # pragma: no cover - see _ATTEMPTS
