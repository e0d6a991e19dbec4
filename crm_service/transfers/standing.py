"""What stands in the register before a batch of rows is applied."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crm_service.contacts.facts import TEXT_FIELDS
from crm_service.db import Connection
from crm_service.permissions.stopping import NOTHING, Stopped, stopped
from crm_service.transfers import repository
from crm_service.transfers.columns import ATTRIBUTE

#: A permission of one contact by e-mail: purpose, topic, basis.
PermissionKey = tuple[str, uuid.UUID | None, str]


@dataclass(slots=True)
class Contact:
    """A contact as it stands, or as rows leave it. ``values`` as in ``rows.Person``."""

    id: uuid.UUID
    email: str
    email_key: uuid.UUID
    added_at: datetime
    values: dict[str, object]
    is_restricted: bool = False


@dataclass(slots=True)
class Subject:
    """Who stands behind addresses. Without a contact it is known for its blocks alone.

    ``is_new``: nobody else knows it yet, so its lock is not needed.
    """

    id: uuid.UUID
    is_new: bool = False
    is_suppressed: bool = False
    contact: Contact | None = None
    stopped: Stopped = NOTHING
    granted: dict[PermissionKey, tuple[datetime, str | None]] = field(default_factory=dict)


def behind(
    connection: Connection,
    controller_id: uuid.UUID,
    keys: Collection[uuid.UUID],
    *,
    with_stopped: bool = False,
) -> dict[int, Subject]:
    """Return who stands behind those of the addresses that are known, with what they granted.

    By the key's number: a ``UUID`` is slow to hash. ``with_stopped``: also with what they ended.
    """
    if not keys:
        return {}
    facts = {"controller_id": controller_id, "keys": uuid_array(keys)}
    subjects: dict[int, Subject] = {}
    by_key = {}
    rows = connection.execute(repository.BEHIND, facts).fetchall()
    for key, subject_id, is_suppressed, *contact in rows:
        subject = subjects.get(subject_id.int)
        if subject is None:
            subject = subjects[subject_id.int] = Subject(
                subject_id, is_suppressed=is_suppressed, contact=_contact(*contact)
            )
        by_key[key.int] = subject
    _add_granted(connection, controller_id, subjects.values())
    if with_stopped:
        by_id = {one.id: one for one in subjects.values()}
        for subject_id, what in stopped(connection, controller_id, by_id).items():
            by_id[subject_id].stopped = what
    return by_key


def uuid_array(ids: Iterable[uuid.UUID]) -> str:
    """Return the ids as PostgreSQL writes an array."""
    return f"{{{','.join([one.hex for one in ids])}}}"


def _contact(
    contact_id: uuid.UUID | None,
    email_key: uuid.UUID,
    added_at: datetime,
    attributes: Mapping[str, object] | None,
    phone: str | None,
    phone_key: uuid.UUID | None,
    is_restricted: bool | None,  # noqa: FBT001 - a column
    *texts: str | None,
) -> Contact | None:
    if contact_id is None:
        return None
    values: dict[str, object] = {
        name: text for name, text in zip(TEXT_FIELDS, texts, strict=True) if text is not None
    }
    if phone is not None:
        values["phone"] = phone
        values["phone_key"] = phone_key
    for name, value in (attributes or {}).items():
        values[ATTRIBUTE + name] = value
    return Contact(contact_id, "", email_key, added_at, values, bool(is_restricted))


def _add_granted(
    connection: Connection, controller_id: uuid.UUID, subjects: Iterable[Subject]
) -> None:
    known = [subject for subject in subjects if subject.contact is not None]
    by_key = {one.contact.email_key.int: one for one in known if one.contact is not None}
    if not by_key:
        return
    keys = [one.contact.email_key for one in known if one.contact is not None]
    facts = {"controller_id": controller_id, "keys": uuid_array(keys)}
    rows = connection.execute(repository.GRANTED, facts).fetchall()
    for key, purpose, topic_id, basis, since, evidence in rows:
        by_key[key.int].granted[purpose, topic_id, basis] = (since, evidence)
