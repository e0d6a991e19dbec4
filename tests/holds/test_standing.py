"""Which holds stand, and when contracts ended: what retention asks before it deletes."""

import uuid
from datetime import date
from typing import Any

import pytest

from crm_service.contracts import ends
from crm_service.db import driver_connection, transaction
from crm_service.holds import standing
from tests.contacts.register import Admin, register
from tests.factories import Tenant

ON = date(2026, 11, 20)

_HOLD = """
INSERT INTO holds (controller_id, subject_id, kind, law, categories, reasons, set_by, set_at,
    held_until, lifted_at, lift_reasons)
VALUES (%s, %s, 'statutory', 'Archives Act', %s, 'kept by law', 'key:test', now(), %s, %s, %s)
"""
_CONTRACT = """
INSERT INTO contracts (controller_id, subject_id, reference, category, purpose, signed_on, ended_on,
    recorded_by, recorded_at, updated_at)
VALUES (%s, %s, %s, 'contracts', 'service', '2020-01-01', %s, 'key:test', now(), now())
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
    facts = {"controller_id": tenant.controller_id, "today": ON}
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


def test_a_hold_keeps_its_categories_and_one_without_keeps_everything(
    tenant: Tenant, admin: Admin
) -> None:
    narrow, wide = person(tenant), person(tenant, "jaan")
    none = (None, None, None)

    admin.execute(_HOLD, (tenant.controller_id, narrow, ["contracts"], *none))
    admin.execute(_HOLD, (tenant.controller_id, wide, None, *none))

    [one], [all_] = standing_of(tenant, narrow), standing_of(tenant, wide)
    assert (one.keeps("contracts"), one.keeps("call_log")) == (True, False)
    assert all_.keeps("call_log")


def test_contracts_have_ended_when_the_last_one_has(tenant: Tenant, admin: Admin) -> None:
    over, running, without = person(tenant), person(tenant, "jaan"), person(tenant, "liis")
    for subject, number, ended_on in [
        (over, "A", "2024-03-01"), (over, "B", "2025-06-30"),
        (running, "C", "2025-06-30"), (running, "D", None),
    ]:  # fmt: skip
        admin.execute(_CONTRACT, (tenant.controller_id, subject, number, ended_on))

    found = dict(in_sets(tenant, ends.ENDS))

    assert found == {over: date(2025, 6, 30), running: None}
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        asked = [over, running, without]
        connection = driver_connection(session)
        assert ends.of_subjects(connection, tenant.controller_id, asked) == found
