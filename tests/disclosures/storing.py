"""Storing people, permissions and blocks directly, in orders and states that no request makes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contacts.register import Admin, email_key, phone_key
from tests.disclosures.audiences import make_topic
from tests.factories import Tenant


@dataclass(frozen=True)
class Permission:
    """One row of permissions; ``topic`` None is the whole purpose. Ages are in days."""

    basis: str
    state: str = "granted"
    purpose: str = "marketing"
    topic: str | None = "news"
    since: int = 1
    anchor: int = 1


@dataclass(frozen=True)
class Block:
    """One row of suppressions."""

    scope: str
    reason: str
    topic: str | None
    is_lifted: bool


@dataclass(frozen=True)
class Person:
    """What is stored about one address of a person."""

    permissions: Sequence[Permission]
    blocks: Sequence[Block] = ()
    is_restricted: bool = False


def store(admin: Admin, tenant: Tenant, channel: str, persons: Sequence[Person]) -> list[str]:
    """Store people with the topics ``news`` and ``other``; return their addresses."""
    make_topic(tenant)
    make_topic(tenant, "other")
    addresses = []
    with admin.transaction():
        for number, person in enumerate(persons):
            email, phone = f"person{number}@example.com", f"+372512{number:05}"
            addresses.append(email if channel == "email" else phone)
            _store(admin, tenant, channel, person, email, phone)
    return addresses


def _store(
    admin: Admin, tenant: Tenant, channel: str, person: Person, email: str, phone: str
) -> None:
    keys = {"email": email_key(tenant, email), "phone": phone_key(tenant, phone)}
    kind = "email" if channel == "email" else "phone"
    subject = uuid.uuid4()
    whose = {"controller_id": tenant.controller_id, "subject_id": subject}
    contact = {"id": subject, "controller_id": tenant.controller_id, "source_kind": "import"}
    contact |= {"email": email, "email_key": keys["email"], "phone": phone}
    _insert(admin, "contacts", **contact, phone_key=keys["phone"], added_at=datetime.now(UTC))
    for one, key in keys.items():
        restricted = person.is_restricted
        _insert(admin, "addresses", **whose, address_key=key, kind=one, restricted=restricted)
    for permission in person.permissions:
        _permit(admin, whose | {"address_key": keys[kind], "channel": channel}, permission)
    for block in person.blocks:
        _block(admin, whose | {"address_key": keys[kind], "kind": kind}, block)


def _permit(admin: Admin, facts: dict[str, Any], permission: Permission) -> None:
    now = datetime.now(UTC)
    _insert(
        admin,
        "permissions",
        **facts,
        basis=permission.basis,
        state=permission.state,
        purpose=permission.purpose,
        topic_id=_topic(admin, facts["controller_id"], permission.topic),
        since=now - timedelta(days=permission.since),
        anchor_at=now - timedelta(days=permission.anchor),
        entry_id=uuid.uuid4(),
    )


def _block(admin: Admin, facts: dict[str, Any], block: Block) -> None:
    now = datetime.now(UTC)
    _insert(
        admin,
        "suppressions",
        **facts,
        scope=block.scope,
        topic_id=_topic(admin, facts["controller_id"], block.topic),
        reason=block.reason,
        source="import",
        correlation=uuid.uuid4(),
        suppressed_at=now,
        lifted_at=now if block.is_lifted else None,
    )


def _topic(admin: Admin, controller_id: uuid.UUID, slug: str | None) -> uuid.UUID | None:
    found = admin.execute(
        "SELECT id FROM topics WHERE controller_id = %s AND slug = %s", (controller_id, slug)
    ).fetchone()
    return found[0] if found else None


def _insert(admin: Admin, table: str, **row: Any) -> None:
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    admin.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)  # noqa: S608 - names only
