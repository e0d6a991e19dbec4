"""Making one link for a message that this service did not select the recipients of."""

import uuid
from dataclasses import dataclass

from crm_service.addresses import address_key, normalize_email
from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.errors import Invalid
from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.campaigns import remember_campaign
from crm_service.unsubscribe.links import Aim, Ways

_REFERENCES = """
SELECT c.link_ref, t.link_ref FROM topics t JOIN controllers c ON c.id = t.controller_id
WHERE t.controller_id = %s AND t.slug = %s AND t.archived_at IS NULL
"""


@dataclass(frozen=True)
class Issuer:
    """Who asks for links, with what they are made with.

    ``mail_domain`` is where opt-outs by mail arrive; None offers none.
    """

    controller_id: uuid.UUID
    actor: str
    keyring: Keyring
    public_url: str
    mail_domain: str | None = None


def issue(
    connection: Connection, issuer: Issuer, *, email: str, topic: str, campaign: str | None
) -> tuple[str, dict[str, str]]:
    """Return URL and headers by which this address leaves this topic; no contact is needed.

    Raises ``Invalid``: ``invalid_address``, or ``unknown_topic`` where the topic does not exist or
    is archived.
    """
    pepper = issuer.keyring.pepper(issuer.controller_id)
    key = address_key(pepper, "email", normalize_email(email))
    row = connection.execute(_REFERENCES, (issuer.controller_id, topic)).fetchone()
    if row is None:
        raise Invalid(
            "there is no such topic, or it is archived",
            code="unknown_topic",
            errors={"topic": ["must be the slug of a topic of yours"]},
        )
    controller_ref, topic_ref = row
    campaign_ref = tokens.campaign_ref(pepper, campaign) if campaign else 0
    if campaign:
        remember_campaign(connection, issuer.controller_id, campaign, campaign_ref)
    audit.record(
        connection,
        issuer.controller_id,
        actor=issuer.actor,
        action="unsubscribe.issue_link",
        fields=["email"],
        details={"topic": topic},
    )
    ways = Ways(
        issuer.keyring,
        Aim(controller_ref, "email", topic_ref, campaign_ref),
        public_url=issuer.public_url,
        mail_domain=issuer.mail_domain,
    )
    [url] = ways.urls([key.bytes])
    [headers] = ways.headers([key.bytes], [url])
    return url, headers
