"""Nothing is noted of contacts who are not there, or who are just being erased."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.contacts import restricting
from crm_service.rights import service as rights
from crm_service.subjects import service as subjects
from tests.factories import Answer, Tenant
from tests.retention.test_races import committing_late
from tests.transfers.processes import await_waiting

Admin = psycopg.Connection[TupleRow]
Note = Callable[[Tenant, list[str]], Answer]


def registered(tenant: Tenant, email: str = "mari@example.com") -> str:
    """Register a contact whose data came from elsewhere; return its id."""
    new = {"email": email, "source": {"kind": "public_register"}, "country": "EE"}
    return str(tenant.client.post("/v1/contacts", json=new).json["id"])


def told(tenant: Tenant, ids: list[str]) -> Answer:
    """Note that they were told of their data."""
    body = {"how": "email", "at": utcnow().isoformat(), "contact_ids": ids}
    return tenant.client.post("/v1/information-duties/informed", json=body)


def told_by_source(tenant: Tenant, _: list[str]) -> Answer:
    """Note it of all whose data came from one source."""
    body = {"how": "email", "at": utcnow().isoformat(), "source_kind": "public_register"}
    return tenant.client.post("/v1/information-duties/informed", json=body)


def kept(tenant: Tenant, ids: list[str]) -> Answer:
    """Keep them for another period."""
    return tenant.client.post("/v1/reviews/kept", json={"contact_ids": ids, "reasons": "members"})


def assigned(tenant: Tenant, ids: list[str]) -> Answer:
    """Assign them to a client manager."""
    body = {"manager": "anna", "contact_ids": ids}
    return tenant.client.post("/v1/assignments", json=body)


def assigned_by_filter(tenant: Tenant, _: list[str]) -> Answer:
    """Assign everybody of a country."""
    body = {"manager": "anna", "filter": {"country": "EE"}}
    return tenant.client.post("/v1/assignments", json=body)


def disclosed(tenant: Tenant, ids: list[str]) -> Answer:
    """Hand them to a recipient."""
    body: dict[str, Any] = {"recipient": "mailhouse", "contact_ids": ids, "fields": ["email"]}
    body |= {"ground": "processor", "need": "prints labels"}
    return tenant.client.post("/v1/disclosures", json=body)


@pytest.fixture
def mailhouse(tenant: Tenant) -> None:
    """A recipient with all that must be signed."""
    body = {"slug": "mailhouse", "name": "Mailhouse", "kind": "processor", "country": "EE"}
    signed = {"contract": "DPA 1", "confidentiality": "NDA 1"}
    assert tenant.client.post("/v1/recipients", json=body | signed).status_code == 201


TABLES: dict[Note, str] = {
    told: "informings",
    told_by_source: "informings",
    kept: "reviews",
    assigned: "assignments",
    assigned_by_filter: "assignments",
    disclosed: "disclosed_subjects",
}


def count(admin: Admin, tenant: Tenant, note: Note) -> int:
    """Return how much is noted."""
    query = sql.SQL("SELECT count(*) FROM {} WHERE controller_id = %s")
    named = query.format(sql.Identifier(TABLES[note]))
    row = admin.execute(named, (tenant.controller_id,)).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.rule(36)
@pytest.mark.parametrize("note", [told, kept, assigned, disclosed])
def test_who_is_not_there_is_counted_and_nothing_is_noted_of_anybody(
    tenant: Tenant, other_tenant: Tenant, admin: Admin, mailhouse: None, note: Note
) -> None:
    mine, theirs = registered(tenant), registered(other_tenant)

    answer = note(tenant, [mine, theirs, str(uuid.uuid4())])

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_contact")
    assert answer.json["unknown"] == 2
    assert count(admin, tenant, note) == 0


@pytest.mark.parametrize("note", [told, kept, assigned, disclosed])
def test_who_is_named_twice_is_noted_once(
    tenant: Tenant, admin: Admin, mailhouse: None, note: Note
) -> None:
    mari = registered(tenant)

    answer = note(tenant, [mari, mari])

    assert answer.status_code in {200, 201}, answer.json
    assert count(admin, tenant, note) == 1


@pytest.mark.rule(5, 26)
@pytest.mark.parametrize("note", TABLES)
def test_of_who_is_being_erased_nothing_is_noted_any_more(
    tenant: Tenant, settings: Settings, admin: Admin, mailhouse: None, note: Note
) -> None:
    mari = registered(tenant)
    whose = tenant.controller_id, uuid.UUID(mari)

    with ThreadPoolExecutor(1) as another:
        with committing_late(settings, tenant) as connection:
            rights.erase_contact(connection, *whose, ground="unlawful", actor="operator:test")
            noting = another.submit(note, tenant, [mari])
            await_waiting(admin)
        answer = noting.result()

    assert answer.status_code == (200 if "_by_" in note.__name__ else 404)
    assert count(admin, tenant, note) == 0


@pytest.mark.rule(5, 26)
@pytest.mark.parametrize("note", [told, kept, assigned])
def test_an_erasure_waits_for_what_is_being_noted_and_takes_it_along(
    tenant: Tenant, settings: Settings, admin: Admin, note: Note
) -> None:
    mari = registered(tenant)
    locked = "SELECT FROM contacts WHERE id = %s FOR KEY SHARE"

    with ThreadPoolExecutor(1) as another:
        with committing_late(settings, tenant) as connection:
            connection.execute(locked, (mari,))
            erasing = another.submit(tenant.client.delete, f"/v1/contacts/{mari}")
            await_waiting(admin)
            assert note(tenant, [mari]).status_code == 200
        answer = erasing.result()

    assert answer.status_code == 204
    assert count(admin, tenant, note) == 0


@pytest.mark.rule(26, 33)
def test_a_disclosure_waits_for_a_restriction_and_is_refused(
    tenant: Tenant, settings: Settings, admin: Admin, mailhouse: None
) -> None:
    mari = registered(tenant)
    whose = tenant.controller_id, uuid.UUID(mari)

    with ThreadPoolExecutor(1) as another:
        with committing_late(settings, tenant) as connection:
            subjects.lock(connection, [whose[1]])
            restricting.restrict(
                connection, *whose, actor="operator:test", source="review", correlation=whose[1]
            )
            handing = another.submit(disclosed, tenant, [mari])
            await_waiting(admin)
        answer = handing.result()

    assert (answer.status_code, answer.json["code"]) == (403, "disclosure_refused")
    assert count(admin, tenant, disclosed) == 0
