"""What the database shows a client manager, whatever a route or a statement forgets (ws-02)."""

import uuid
from typing import Any

import pytest
from flask import Flask
from psycopg import sql

from tests.architecture.test_client_managers import NOTE, Admin, contact
from tests.factories import Answer, KeyClient, Tenant

#: What the rooms behind a contact hold of it.
ROOMS = (
    "contracts",
    "holds",
    "restrictions",
    "exceptional_processing",
    "rights_requests",
    "recipient_notices",
    "disclosed_subjects",
    "informings",
    "reviews",
)


def _fill(tenant: Tenant, contact_id: str) -> None:
    """Let every room behind a contact hold something of it, and restrict it at last."""
    path = f"/v1/contacts/{contact_id}"
    disclosure = {"recipient": "mailhouse", "contact_ids": [contact_id], "fields": ["email"]}
    necessary = {"necessary_for": {"basis": "legal_claims", "reference": "case 1"}}
    writes: dict[str, Any] = {
        f"{path}/contracts": {"reference": "1", "signed_on": "2026-01-01", "purpose": "service"},
        f"{path}/holds": {"kind": "dispute", "reference": "1", "reasons": "a claim"},
        "/v1/disclosures": {**disclosure, "ground": "processor", "need": "labels"},
        "/v1/rights-requests": {
            "kind": "access",
            "contact_id": contact_id,
            "received_by": "email",
            "received_at": "2026-11-03T09:15:00Z",
        },
        f"/v1/information-duties/{contact_id}/exemption": {
            "ground": "has_information",
            "reasons": "told at the fair",
        },
        f"/v1/reviews/{contact_id}/decision": {"decision": "restrict", "reasons": "unused"},
        f"{path}/interactions": {**NOTE, **necessary},
    }
    answers = {path: tenant.client.post(path, json=body) for path, body in writes.items()}
    assert {p: a.json for p, a in answers.items() if a.status_code not in {200, 201}} == {}


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_the_database_itself_shows_a_client_manager_nothing_else(
    app: Flask, tenant: Tenant
) -> None:
    contact(tenant, "mine@example.com", "anna")
    contact(tenant, "theirs@example.com", "bert")
    tables = ("contacts", "interactions", "cases", "assignments")

    assert seen_by_anna(app, tenant, tables) == dict.fromkeys(tables, 1)


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_the_database_shows_of_the_rooms_behind_a_contact_nothing_else_either(
    app: Flask, tenant: Tenant, admin: Admin
) -> None:
    mailhouse = {"slug": "mailhouse", "name": "M", "kind": "processor", "country": "EE"}
    signed = {"contract": "DPA 1", "confidentiality": "NDA 1"}
    assert tenant.client.post("/v1/recipients", json=mailhouse | signed).status_code == 201
    for manager in ("anna", "bert"):
        _fill(tenant, contact(tenant, f"{manager}s@example.com", manager, "public_register"))

    seen = seen_by_anna(app, tenant, ROOMS)

    everything = {table: count(admin, tenant, table) for table in ROOMS}
    assert (seen, everything) == (dict.fromkeys(ROOMS, 1), dict.fromkeys(ROOMS, 2))


def seen_by_anna(app: Flask, tenant: Tenant, tables: tuple[str, ...]) -> dict[str, int]:
    """Return how many rows a transaction of Anna's finds, whatever it asks for."""
    from crm_service.db import (  # noqa: PLC0415 - these tests alone go beneath the routes
        act_for_client_manager,
        driver_connection,
        transaction,
    )

    with app.app_context():
        act_for_client_manager("anna")
        with transaction(tenant.controller_id) as session:
            connection = driver_connection(session)
            return {
                table: len(connection.execute(f"SELECT FROM {table}").fetchall())
                for table in tables
            }


def count(admin: Admin, tenant: Tenant, table: str) -> int:
    """Return how many rows there are."""
    query = sql.SQL("SELECT count(*) FROM {} WHERE controller_id = %s")
    row = admin.execute(query.format(sql.Identifier(table)), (tenant.controller_id,)).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_a_client_manager_names_no_organization_but_those_of_assigned_contacts(
    tenant: Tenant,
) -> None:
    anna, post = tenant.client_manager("anna"), tenant.client.post
    own, other = (post("/v1/organizations", json={"name": n}).json["id"] for n in ("A", "B"))
    mine = [contact(tenant, f"m{n}@example.com", "anna") for n in range(2)]
    theirs = contact(tenant, "theirs@example.com", "bert")
    for one, organization in ((mine[0], own), (theirs, other)):
        assert represent(tenant.client, one, organization).status_code == 200

    shared, foreign = represent(anna, mine[1], own), represent(anna, mine[1], other)
    unknown = represent(anna, mine[1], str(uuid.uuid4()))

    assert shared.status_code == 200
    assert (foreign.status_code, foreign.json["code"]) == (422, "unknown_organization")
    assert foreign.json["detail"] == unknown.json["detail"]


def represent(client: KeyClient, contact_id: str, organization_id: str) -> Answer:
    """Let a contact represent an organization."""
    body, headers = {"organization_id": organization_id}, {"If-Match": "*"}
    return client.patch(f"/v1/contacts/{contact_id}", json=body, headers=headers)
