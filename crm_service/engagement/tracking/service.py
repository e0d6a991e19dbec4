"""Registering destinations, and recording what tracked people open and follow (rules 30 and 31).

Permission is asked when links are handed out, and again when one is used: whoever withdrew, was
erased or is restricted is still led where the link leads, and nothing is recorded.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import devices
from crm_service.engagement import service as engagement
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.tracking import destinations, repository, tokens
from crm_service.engagement.tracking.tokens import Tracked
from crm_service.errors import Invalid
from crm_service.keyring import Keyring
from crm_service.permissions import purposes
from crm_service.policies import service as policies
from crm_service.policies.document import Policy

SOURCE: Final = "tracking"
_CHANNEL: Final = "email"
#: The same thing within so many seconds is one event: whatever loads an image over and over fills
#: no table.
_SECONDS: Final = {"opened": 60, "clicked": 10}


@dataclass(frozen=True)
class Use:
    """One use of a pixel or link: by what, and whether it gave itself away as a machine."""

    user_agent: str | None = None
    is_machine: bool = False


def register(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    urls: Sequence[str],
    *,
    keyring: Keyring,
    public_url: str,
    actor: str,
) -> list[str]:
    """Register where links lead; return the reference of each, in order. A repeat is the same.

    Raises ``Invalid``: ``no_tracking_purpose`` where the policy tracks nobody, ``invalid_url`` or
    ``own_link`` naming every link that will not do.
    """
    if policy.tracking.purpose is None:
        raise Invalid(
            "the policy names no purpose for tracking (tracking.purpose): nobody is tracked",
            code="no_tracking_purpose",
        )
    _check(urls, public_url)
    row = connection.execute(repository.CONTROLLER_REF, (controller_id,)).fetchone()
    controller_ref: int = row[0] if row else 0
    refs = [tokens.reference(keyring, controller_ref, url) for url in urls]
    unique = dict(zip(refs, urls, strict=True))
    facts = {"controller_id": controller_id, "refs": list(unique), "urls": list(unique.values())}
    connection.execute(repository.REGISTER, facts)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="tracking.register_links",
        count=0,
        details={"links": len(unique)},
    )
    return refs


def _check(urls: Sequence[str], public_url: str) -> None:
    problems: dict[str, list[str]] = {}
    code = "invalid_url"
    for index, url in enumerate(urls):
        try:
            destinations.check(url, public_url)
        except Invalid as refusal:
            problems[f"urls.{index}"] = [str(refusal)]
            code = refusal.code
    if problems:
        raise Invalid("some links cannot be tracked; see errors", code=code, errors=problems)


def destination(
    connection: Connection, controller_id: uuid.UUID, keyring: Keyring, tracked: Tracked, ref: str
) -> str | None:
    """Return where a link leads; None where the controller never registered it, or it was altered.

    The reference is checked against what is stored: no row leads elsewhere.
    """
    facts = {"controller_id": controller_id, "ref": ref}
    row = repository.DESTINATION.execute(connection, facts).fetchone()
    if row is None or not tokens.leads_to(keyring, tracked.controller_ref, ref, row[0]):
        return None
    url: str = row[0]
    return url


def record(
    connection: Connection,
    controller_id: uuid.UUID,
    keyring: Keyring,
    tracked: Tracked,
    use: Use,
    *,
    url: str | None = None,
) -> bool:
    """Record an open, or with ``url`` a click, of somebody who permits it now; say whether."""
    now = utcnow()
    if not _is_permitted(connection, controller_id, tracked, now):
        return False
    facts = {
        "controller_id": controller_id,
        "topic_ref": tracked.topic_ref,
        "campaign_ref": tracked.campaign_ref,
    }
    topic, campaign = repository.NAMES.execute(connection, facts).fetchone() or (None, None)
    kind = "opened" if url is None else "clicked"
    message_id = _message_id(tracked)
    # Apart: a scanner's fetch must not stand for the click that a person makes just after it.
    is_machine = use.is_machine or devices.read(use.user_agent).signal is not None
    said = f"{message_id} {url} {is_machine} {int(now.timestamp()) // _SECONDS[kind]}"
    event = Incoming(
        type=kind,
        occurred_at=now,
        event_id=hashlib.sha256(said.encode()).hexdigest(),
        source=SOURCE,
        address_key=tracked.address_key,
        message_id=message_id,
        campaign=campaign,
        topic=topic,
        url=url,
        user_agent=use.user_agent,
        machine=True if use.is_machine else None,
    )
    pepper = keyring.pepper(controller_id)
    done = engagement.ingest(connection, controller_id, [event], actor="tracking", pepper=pepper)
    return done.accepted == 1


def _is_permitted(
    connection: Connection, controller_id: uuid.UUID, tracked: Tracked, now: datetime
) -> bool:
    policy = policies.active(connection, controller_id)
    if policy.tracking.purpose is None:
        return False
    key = tracked.address_key
    return key in purposes.permitted(
        connection,
        controller_id,
        policy,
        purpose=policy.tracking.purpose,
        channel=_CHANNEL,
        keys=[key],
        now=now,
    )


def _message_id(tracked: Tracked) -> str:
    """Return one name for one message to one person: what belongs together is found by it."""
    said = f"{tracked.address_key} {tracked.campaign_ref} {tracked.made_at.timestamp()}"
    return "tracked-" + hashlib.sha256(said.encode()).hexdigest()[:24]
