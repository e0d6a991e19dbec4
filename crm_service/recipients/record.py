"""The record of processing activities (GDPR Art. 30(1); clause si-14), from policy and register."""

import uuid
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.policies.document import Policy, Purpose
from crm_service.recipients import service
from crm_service.recipients.repository import Recipient


def generate(connection: Connection, controller_id: uuid.UUID, policy: Policy) -> dict[str, Any]:
    """Return who processes what, why, for how long, and who receives it, as it is now."""
    recipients = service.every(connection, controller_id)
    return {
        "generated_at": utcnow(),
        "controller": policy.controller_name,
        "policy": {"name": policy.name, "version": policy.version},
        "authority": policy.authority.name,
        "processing": [_purpose(one, recipients) for one in policy.purposes.values()],
        "categories_of_data": _categories(policy),
        "recipients": [_recipient(one) for one in recipients],
        "safeguards": sorted(policy.disclosure.safeguards),
    }


def _purpose(purpose: Purpose, recipients: list[Recipient]) -> dict[str, Any]:
    return {
        "purpose": purpose.slug,
        "category": purpose.category,
        "legal_bases": sorted(purpose.bases),
        "terms": {name: rule.term for name, rule in sorted(purpose.bases.items()) if rule.term},
        "recipients": [one.slug for one in recipients if purpose.slug in one.purposes],
    }


def _categories(policy: Policy) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"contact_fields": sorted(policy.contact_fields)}
    for name, declared in sorted(policy.custom_attributes.items()):
        found.setdefault(declared.category, []).append(name)
    return found


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return {
        "recipient": recipient.slug,
        "name": recipient.name,
        "kind": recipient.kind,
        "country": recipient.country,
        "is_international_organization": recipient.is_international_organization,
        "categories": recipient.categories,
        "purposes": recipient.purposes,
        "contract": recipient.contract,
        "confidentiality": recipient.confidentiality,
    }
