"""A client manager sees the contacts assigned to them and nothing else (clause ws-02, rule 36).

The routes are walked as the application has them: one that does not say that it is for client
managers refuses their keys, and one that does is tried with another's contact.
"""

from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow
from werkzeug.routing import Rule

from crm_service.web.auth import PUBLIC, declared_scope
from crm_service.web.principal import SCOPES
from tests.factories import Answer, KeyClient, Tenant

Admin = psycopg.Connection[TupleRow]

_CONTACT = "/v1/contacts/<uuid:contact_id>"
#: What client managers may call about one contact, and what it takes to answer.
ABOUT_ONE = {
    ("GET", _CONTACT),
    ("PATCH", _CONTACT),
    ("GET", f"{_CONTACT}/provenance"),
    ("GET", f"{_CONTACT}/assignment"),
    ("GET", f"{_CONTACT}/permissions"),
    ("POST", f"{_CONTACT}/permissions"),
    ("GET", f"{_CONTACT}/ledger"),
    ("GET", f"{_CONTACT}/consent-receipts"),
    ("GET", f"{_CONTACT}/history"),
    ("GET", f"{_CONTACT}/interactions"),
    ("POST", f"{_CONTACT}/interactions"),
    ("GET", f"{_CONTACT}/cases"),
    ("POST", f"{_CONTACT}/cases/<uuid:case_id>/close"),
}
#: The others: lists and look-ups, and what tells of nobody.
OTHERS = {
    ("GET", "/v1/contacts"),
    ("POST", "/v1/contacts/lookup"),
    ("GET", "/v1/topics"),
    ("GET", "/v1/topics/<slug>"),
}
NOTE = {"kind": "note", "occurred_at": "2026-11-03T09:15:00Z", "note": "-", "case": "C-1"}
BODIES: dict[str, Any] = {
    "PATCH": {"city": "Tartu"},
    "permissions": {
        "purpose": "marketing",
        "channel": "email",
        "basis": "consent",
        "state": "withdrawn",
    },
    "interactions": NOTE,
}


@pytest.fixture
def anna(tenant: Tenant, admin: Admin) -> KeyClient:
    """A client manager whose key has every scope there is, as no key could be issued."""
    key = tenant.client_manager("anna")
    admin.execute(
        "UPDATE api_keys SET scopes = %s WHERE controller_id = %s AND client_manager = 'anna'",
        (list(SCOPES), tenant.controller_id),
    )
    return key


def contact(tenant: Tenant, email: str, manager: str | None = None, source: str = "person") -> str:
    """Register a contact with a note on file, and assign it."""
    new = {"email": email, "source": {"kind": source}}
    contact_id: str = tenant.client.post("/v1/contacts", json=new).json["id"]
    path = f"/v1/contacts/{contact_id}"
    assert tenant.client.post(f"{path}/interactions", json=NOTE).status_code == 201
    tenant.client.put(f"{path}/assignment", json={"manager": manager})
    return contact_id


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return method and path of every route that needs a key."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if declared_scope(app.view_functions[rule.endpoint], method) != PUBLIC
    }


def call(tenant: Tenant, client: KeyClient, route: tuple[str, str], contact_id: str) -> Answer:
    """Call a route about one contact."""
    method, path = route
    path = path.replace("<uuid:contact_id>", contact_id)
    if "<uuid:case_id>" in path:
        cases = tenant.client.get(f"/v1/contacts/{contact_id}/cases").json["items"]
        path = path.replace("<uuid:case_id>", cases[0]["id"])
    body = BODIES.get(method) or BODIES.get(path.rpartition("/")[2])
    headers = {"If-Match": "*"}
    json = body if method in {"POST", "PATCH"} else None
    return client.open(path, method, json=json, headers=headers)


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_every_other_route_refuses_the_keys_of_client_managers(
    app: Flask, tenant: Tenant, anna: KeyClient
) -> None:
    adapter = app.url_map.bind("")
    mine = contact(tenant, "mine@example.com", "anna")
    refused = {}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if (method, rule.rule) in routes(app) - ABOUT_ONE - OTHERS:
                path = adapter.build(rule.endpoint, _values(rule, mine), method=method)
                answer = anna.open(path, method)
                refused[method, rule.rule] = (answer.status_code, answer.json.get("code"))

    assert len(refused) > 50
    assert set(refused.values()) == {(403, "not_for_client_managers")}


def _values(rule: Rule, contact_id: str) -> dict[str, Any]:
    given = {"version": 1, "slug": "news", "campaign": "spring"}
    return {name: given.get(name, contact_id) for name in rule.arguments}


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_a_contact_that_is_not_assigned_to_a_client_manager_is_404_on_every_route(
    app: Flask, tenant: Tenant, anna: KeyClient
) -> None:
    mine = contact(tenant, "mine@example.com", "anna")
    others = [contact(tenant, "b@example.com", "bert"), contact(tenant, "nobodys@example.com")]

    own = {route: call(tenant, anna, route, mine).status_code for route in ABOUT_ONE}
    foreign = {
        (route, other): call(tenant, anna, route, other).status_code
        for route in ABOUT_ONE
        for other in others
    }

    assert routes(app) >= ABOUT_ONE | OTHERS
    assert {route: status for route, status in own.items() if status not in {200, 201}} == {}
    assert {route: status for route, status in foreign.items() if status != 404} == {}


@pytest.mark.clause("ws-02")
def test_lists_and_look_ups_of_a_client_manager_know_only_assigned_contacts(
    tenant: Tenant, anna: KeyClient
) -> None:
    mine = contact(tenant, "mine@example.com", "anna")
    contact(tenant, "theirs@example.com", "bert")

    listed = anna.get("/v1/contacts").json["items"]
    asked = anna.get("/v1/contacts?assigned_to=bert").json["items"]
    found = anna.post("/v1/contacts/lookup", json={"email": "mine@example.com"})
    unknown = anna.post("/v1/contacts/lookup", json={"email": "theirs@example.com"})

    assert [one["id"] for one in listed] == [one["id"] for one in asked] == [mine]
    assert (found.status_code, unknown.status_code) == (200, 404)
