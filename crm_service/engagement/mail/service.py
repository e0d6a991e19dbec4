"""Letting a mail have its effect, once, however often it is read."""

import uuid
from datetime import datetime, timedelta
from typing import Final

import structlog

from crm_service.clock import utcnow
from crm_service.controllers import link_refs
from crm_service.db import Connection, pipeline
from crm_service.engagement import service as engagement
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.mail import reading
from crm_service.engagement.mail.proving import Proof
from crm_service.engagement.mail.reading import Envelope, Ignored, Leave, Report
from crm_service.keyring import Keyring
from crm_service.unsubscribe import service as unsubscribe

log = structlog.get_logger(__name__)

SOURCE: Final = "mail"
_ACTOR: Final = "mail"
#: A mail's own date is believed within these bounds: clocks of mail systems are often wrong.
_OLDEST: Final = timedelta(days=30)

_CAMPAIGN = """
SELECT name FROM campaigns
WHERE controller_id = %s AND link_ref BETWEEN %s AND %s LIMIT 2
"""
_TOPIC = "SELECT slug FROM topics WHERE controller_id = %s AND link_ref = %s"


def take_in(raw: bytes, keyring: Keyring, envelope: Envelope | None = None) -> str:
    """Let one mail have its effect and return what it was, as a stable word.

    ``unsubscribed``, an engagement event's type, ``duplicate``, or why it is ignored. Durable when
    this returns. Raises psycopg's errors and ``PoolTimeout``: then nothing happened, and the mail
    is to be handed in again.
    """
    found = reading.read(raw, keyring, envelope)
    outcome = _effect(found, keyring)
    is_ignored = isinstance(found, Ignored)
    log.info("mail_ignored" if is_ignored else "mail_taken_in", reason=outcome)
    return outcome


def _effect(found: reading.Finding, keyring: Keyring) -> str:
    if isinstance(found, Ignored):
        return found.reason
    reference = found.link if isinstance(found, Leave) else found.proof
    controller_id = link_refs.find(reference.controller_ref)
    if controller_id is None:
        return "no_token"
    if isinstance(found, Leave):
        unsubscribe.unsubscribe(controller_id, found.link, source="mailto")
        return "unsubscribed"
    return _record(controller_id, found, keyring)


def _record(controller_id: uuid.UUID, report: Report, keyring: Keyring) -> str:
    with pipeline(controller_id) as connection:
        event = Incoming(
            type=report.status.type,
            occurred_at=_moment(report.stated_at),
            event_id=report.event_id,
            source=SOURCE,
            address_key=report.proof.address_key,
            message_id=report.message_id,
            campaign=_campaign(connection, controller_id, report.proof),
            topic=_topic(connection, controller_id, report.proof),
            bounce=report.status.bounce,
            reason=report.status.reason,
            mta_response=report.words,
        )
        done = engagement.ingest(
            connection,
            controller_id,
            [event],
            actor=_ACTOR,
            pepper=keyring.pepper(controller_id),
        )
    return report.status.type if done.accepted else "duplicate"


def _moment(stated: datetime | None) -> datetime:
    now = utcnow()
    return stated if stated is not None and now - _OLDEST <= stated <= now else now


def _campaign(connection: Connection, controller_id: uuid.UUID, proof: Proof) -> str | None:
    """Return the campaign's name; None for one that the shortened reference does not tell."""
    if proof.campaigns is None:
        return None
    names = connection.execute(_CAMPAIGN, (controller_id, *proof.campaigns)).fetchall()
    return names[0][0] if len(names) == 1 else None


def _topic(connection: Connection, controller_id: uuid.UUID, proof: Proof) -> str | None:
    if not proof.topic_ref:
        return None
    row = connection.execute(_TOPIC, (controller_id, proof.topic_ref)).fetchone()
    return row[0] if row else None
