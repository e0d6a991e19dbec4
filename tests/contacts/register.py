"""What tests of the register share: a person, and looks at what was really stored."""

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from crm_service.addresses import address_key, normalize_email, normalize_phone
from crm_service.db import driver_connection, transaction
from crm_service.suppression import service as suppression
from tests.factories import Answer, Tenant

Admin = psycopg.Connection[TupleRow]

MARI: Mapping[str, Any] = {
    "email": "mari@example.com",
    "first_name": "Mari",
    "source": {"kind": "event", "reference": "fair 2026"},
}

CONSENT: Mapping[str, Any] = {
    "purpose": "marketing",
    "channel": "email",
    "basis": "consent",
    "state": "granted",
    "evidence": {
        "method": "webform /subscribe",
        "occurred_at": "2026-03-01T10:00:00Z",
        "wording": {"version": "newsletter v3", "language": "en", "text": "Yes, write to me."},
    },
}


def register(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Register Mari, with ``facts`` about her; return the contact."""
    answer = tenant.client.post("/v1/contacts", json={**MARI, **facts})
    assert answer.status_code == 201, answer.json
    contact: dict[str, Any] = answer.json
    del contact["permissions"]
    return contact


def change(tenant: Tenant, contact: Mapping[str, Any], **facts: Any) -> Answer:
    """Change the contact as it is now."""
    path = f"/v1/contacts/{contact['id']}"
    tag = tenant.client.get(path).headers["ETag"]
    return tenant.client.patch(path, json=facts, headers={"If-Match": tag})


def email_key(tenant: Tenant, email: str) -> uuid.UUID:
    """Return the key of an e-mail address in this register."""
    return address_key(_pepper(tenant), "email", normalize_email(email))


def phone_key(tenant: Tenant, phone: str) -> uuid.UUID:
    """Return the key of a phone number in this register."""
    return address_key(_pepper(tenant), "phone", normalize_phone(phone))


def suppress(tenant: Tenant, key: uuid.UUID, reason: str, *, kind: str = "email") -> uuid.UUID:
    """Block an address for marketing; return the subject behind it."""
    block = suppression.Block(
        address_key=key, scope="marketing", reason=reason, source="operator", note="Mari called"
    )
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        standing, _ = suppression.suppress_address(
            driver_connection(session), tenant.controller_id, block, kind=kind
        )
        return standing.subject_id


def reasons(tenant: Tenant, key: uuid.UUID) -> list[str]:
    """Return why an address is blocked."""
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        standing = suppression.active(driver_connection(session), tenant.controller_id, key)
        return sorted(block.reason for block in standing)


def permitted_keys(admin: Admin, tenant: Tenant) -> set[uuid.UUID]:
    """Return the address keys on which a granted permission stands."""
    rows = admin.execute(
        "SELECT address_key FROM permissions WHERE controller_id = %s AND state = 'granted'",
        (tenant.controller_id,),
    )
    return {row[0] for row in rows}


def events(admin: Admin, tenant: Tenant) -> list[tuple[str, str, dict[str, Any]]]:
    """Return type, subject and data of what was told about this register, oldest first."""
    rows = admin.execute(
        "SELECT type, subject_id::text, data FROM events WHERE controller_id = %s"
        " AND type LIKE 'contact.%%' ORDER BY position",
        (tenant.controller_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def audited(admin: Admin, tenant: Tenant, action: str) -> list[dict[str, Any]]:
    """Return the audit entries of one action in this register, oldest first."""
    rows = admin.execute(
        "SELECT to_jsonb(a) FROM audit_entries a WHERE controller_id = %s AND action = %s"
        " ORDER BY position",
        (tenant.controller_id, action),
    )
    return [row[0] for row in rows]


def addresses(admin: Admin, tenant: Tenant) -> dict[uuid.UUID, tuple[uuid.UUID, bool]]:
    """Return subject and currency of every address key in this register."""
    rows = admin.execute(
        "SELECT address_key, subject_id, is_current FROM addresses WHERE controller_id = %s",
        (tenant.controller_id,),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _pepper(tenant: Tenant) -> bytes:
    pepper: bytes = tenant.app.extensions["crm.settings"].keyring.pepper(tenant.controller_id)
    return pepper
