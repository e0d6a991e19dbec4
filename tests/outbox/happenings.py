"""Making events really happen: recorded as every room does it, committed."""

import uuid
from collections.abc import Sequence

from crm_service.clock import utcnow
from crm_service.db import driver_connection, transaction
from crm_service.outbox import service
from crm_service.outbox.events import (
    ContactCreated,
    ContactErased,
    ContactUpdated,
    Event,
    PolicyChanged,
)
from crm_service.subjects import service as subjects
from tests.factories import Tenant


def created(subject_id: uuid.UUID) -> Event:
    """Return the event that a contact entered the register."""
    return ContactCreated(subject_id=subject_id, occurred_at=utcnow(), source="api")


def updated(subject_id: uuid.UUID, number: int) -> Event:
    """Return one of many events of one subject; ``number`` tells them apart."""
    return ContactUpdated(
        subject_id=subject_id, occurred_at=utcnow(), fields=(f"field_{number}",), source="api"
    )


def erased(subject_id: uuid.UUID, number: int = 0) -> Event:
    """Return an event that somebody waits for; ``number`` tells one subject's apart."""
    return ContactErased(subject_id=subject_id, occurred_at=utcnow(), ground=f"field_{number}")


def policy_changed(version: int) -> Event:
    """Return an event without a subject."""
    return PolicyChanged(
        subject_id=None, occurred_at=utcnow(), policy="a", version=version, sha256="00"
    )


def happen(tenant: Tenant, *events: Event) -> None:
    """Record events in one transaction, as their subjects' only writer, and commit."""
    with transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        subjects.lock(connection, [one.subject_id for one in events if one.subject_id])
        service.record(connection, tenant.controller_id, events)


def some_subjects(count: int) -> Sequence[uuid.UUID]:
    """Return ids of new subjects."""
    return [uuid.uuid4() for _ in range(count)]
