"""Which holds stand: what retention asks before it deletes."""

import uuid
from datetime import date
from typing import Any

import pytest

from crm_service.db import driver_connection, transaction
from crm_service.holds import standing
from crm_service.policies.retention import CATEGORIES
from tests.contacts.register import Admin, register
from tests.factories import Tenant

ON = date(2026, 11, 20)

_HOLD = """
INSERT INTO holds (controller_id, subject_id, kind, law, categories, reasons, set_by, set_at,
    held_until, lifted_at, lift_reasons)
VALUES (%s, %s, 'statutory', 'Archives Act', %s, 'kept by law', 'key:test', now(), %s, %s, %s)
"""


def person(tenant: Tenant, name: str = "mari") -> uuid.UUID:
    return uuid.UUID(register(tenant, email=f"{name}@example.com")["id"])


def standing_of(tenant: Tenant, subject: uuid.UUID) -> list[standing.Hold]:
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        found = standing.of_subjects(
            driver_connection(session), tenant.controller_id, [subject], on=ON
        )
    return list(found.get(subject, []))


def in_sets(tenant: Tenant, fragment: str) -> list[tuple[Any, ...]]:
    facts = {
        "controller_id": tenant.controller_id,
        "today": ON,
        "known_categories": list(CATEGORIES),
    }
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        query = f"SELECT * FROM {fragment} AS f"  # noqa: S608 - our own text
        return driver_connection(session).execute(query, facts).fetchall()


@pytest.mark.parametrize(
    ("held_until", "lifted_at", "standing_ones"),
    [
        (None, None, 1),
        ("2026-11-20", None, 1),
        ("2026-11-19", None, 0),
        (None, "2026-11-01", 0),
    ],
)
def test_a_hold_stands_to_its_last_day_unless_it_is_lifted(
    tenant: Tenant, admin: Admin, held_until: str | None, lifted_at: str | None, standing_ones: int
) -> None:
    subject = person(tenant)
    lifted = (lifted_at, lifted_at and "a mistake")

    admin.execute(_HOLD, (tenant.controller_id, subject, ["contracts"], held_until, *lifted))

    assert [hold.stands(ON) for hold in standing_of(tenant, subject)] == [True] * standing_ones
    assert [row[1] for row in in_sets(tenant, standing.STANDING)] == [subject] * standing_ones
