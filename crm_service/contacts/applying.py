"""Applying checked facts to a contact's row."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm_service.contacts.bearing import Move
from crm_service.contacts.facts import EMAIL, PHONE, Facts, Source
from crm_service.contacts.models import Contact

_KEYS = {EMAIL: "email_key", PHONE: "phone_key"}


def new(
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    checked: Facts,
    source: Source,
    now: datetime,
) -> Contact:
    """Return the row of a new contact."""
    return Contact(
        id=contact_id,
        controller_id=controller_id,
        **checked.columns,
        attributes=merged({}, checked.attributes),
        source_kind=source.kind,
        source_reference=source.reference,
        added_at=checked.added_at or now,
        version=1,
        created_at=now,
        updated_at=now,
    )


def moves(contact: Contact, checked: Facts) -> list[Move]:
    """Return the addresses that ``checked`` would change; another spelling is no change."""
    found = []
    for kind, column in _KEYS.items():
        old_key = getattr(contact, column)
        new_key = checked.columns.get(column, old_key)
        if new_key != old_key:
            found.append(Move(kind=kind, old_key=old_key, new_key=new_key))
    return found


def first_moves(contact: Contact) -> list[Move]:
    """Return the addresses of a new contact."""
    return [
        Move(kind=kind, old_key=None, new_key=getattr(contact, column))
        for kind, column in _KEYS.items()
        if getattr(contact, column) is not None
    ]


def apply(contact: Contact, checked: Facts) -> tuple[str, ...]:
    """Write the facts into the row; return the sorted names of the fields that changed."""
    columns = dict(checked.columns)
    if checked.attributes:
        columns["attributes"] = merged(contact.attributes, checked.attributes)
    if checked.added_at is not None and checked.added_at < contact.added_at:
        columns["added_at"] = checked.added_at
    changed = {name for name, value in columns.items() if getattr(contact, name) != value}
    for name in changed:
        setattr(contact, name, columns[name])
    return tuple(sorted({_public(name) for name in changed}))


def sourced(contact: Contact, checked: Facts) -> set[str]:
    """Return the attributes, by the names that provenance gives them, that would change."""
    after = merged(contact.attributes, checked.attributes)
    return {
        f"attributes.{name}"
        for name in checked.attributes
        if contact.attributes.get(name) != after.get(name)
    }


def _public(name: str) -> str:
    return name.removesuffix("_key")


def merged(standing: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes after ``given``: null removes one (RFC 7396)."""
    after = {**standing, **given}
    return {name: value for name, value in after.items() if value is not None}
