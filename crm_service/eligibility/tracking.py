"""Handing out tracking links with verdicts: to eligible people who permit tracking (rule 31)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.eligibility.service import Question
from crm_service.eligibility.verdicts import Verdicts
from crm_service.engagement.tracking.tokens import Signer
from crm_service.keyring import Keyring
from crm_service.permissions import purposes
from crm_service.unsubscribe.links import Aim


def make(
    connection: Connection,
    controller_id: uuid.UUID,
    question: Question,
    verdicts: Verdicts,
    keys: Sequence[bytes | None],
    *,
    keyring: Keyring,
    campaign_ref: int,
    public_url: str,
) -> Mapping[bytes, dict[str, Any]]:
    """Return the fields to add by raw address key; of nobody else is there anything.

    Nothing where the policy names no purpose for tracking, or the channel is not e-mail.
    """
    purpose = question.policy.tracking.purpose
    if purpose is None or question.channel != "email":
        return {}
    eligible = {uuid.UUID(bytes=key) for key in keys if key is not None and key in verdicts.basis}
    permitted = purposes.permitted(
        connection,
        controller_id,
        question.policy,
        purpose=purpose,
        channel=question.channel,
        keys=eligible,
        now=question.now,
    )
    found = [key.bytes for key in permitted]
    aim = Aim(question.controller_ref, question.channel, question.topic_ref, campaign_ref)
    signed = Signer(keyring, aim, question.now).many(found)
    return {
        key: {
            "open_pixel_url": f"{public_url}/o/{token}",
            "click_url_prefix": f"{public_url}/r/{token}",
        }
        for key, token in zip(found, signed, strict=True)
    }
