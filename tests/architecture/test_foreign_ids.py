"""Another controller's id is 404 on every route, and no list shows what is another's (rule 36).

The routes are walked as the application has them: a new one is tested the day it is added, and one
whose path holds something unknown here fails until somebody says how another's is made.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import yaml
from flask import Flask
from psycopg.rows import TupleRow
from werkzeug.routing import Rule

from crm_service.openapi import openapi_yaml
from crm_service.web.auth import PUBLIC, declared_scope
from tests.factories import Tenant, load_policy

Admin = psycopg.Connection[TupleRow]

ADDRESS = "theirs@example.org"
RECIPIENT = {"slug": "theirs", "name": "T", "kind": "processor", "country": "EE", "contract": "1"}
HELP = {"requested_by": "boss", "task": "theirs", "ends_at": "2099-01-01T00:00:00Z"}
#: A policy version that only the other controller has.
VERSION = 4711


@dataclass(frozen=True)
class Theirs:
    """What belongs to somebody else: path parameters by name, and everything that would leak."""

    tenant: Tenant
    ids: dict[str, object]

    @property
    def marks(self) -> list[str]:
        """Text that may never be seen by another controller."""
        ids = [str(value) for name, value in self.ids.items() if name != "version"]
        return [*ids, self.tenant.slug, str(self.tenant.controller_id), ADDRESS]


@pytest.fixture
def theirs(other_tenant: Tenant, admin: Admin) -> Theirs:
    """Something of every kind, of another controller."""
    post = other_tenant.client.post
    slug = f"theirs-{uuid.uuid4().hex}"
    post("/v1/topics", json={"slug": slug, "name": {"en": "Theirs"}, "category": "marketing"})
    organization = post("/v1/organizations", json={"name": "Theirs"}).json["id"]
    contact = {"email": ADDRESS, "source": {"kind": "api"}, "organization_id": organization}
    contact_id = post("/v1/contacts", json=contact).json["id"]
    refusal = {"topic": slug, "channel": "email", "basis": "consent", "state": "withdrawn"}
    assert post(f"/v1/contacts/{contact_id}/permissions", json=refusal).status_code == 201
    block = {"email": ADDRESS, "scope": "marketing", "reason": "manual"}
    _add_version(other_tenant, admin)
    file = {"data": f"email\n{ADDRESS}\n", "content_type": "text/csv"}
    hook = post("/v1/webhook-endpoints", json={"provider": "brevo", "name": "Theirs"}).json
    ids = {
        **_about(other_tenant, contact_id),
        "campaign": _campaign(other_tenant),
        "import_id": post("/v1/imports", **file).json["id"],
        "contact_id": contact_id,
        "organization_id": organization,
        "suppression_id": post("/v1/suppressions", json=block).json["id"],
        "key_id": other_tenant.client.get("/v1/keys").json["items"][0]["id"],
        "endpoint_id": hook["id"],
        "secret_id": hook["secrets"][0]["id"],
        "recipient_id": post("/v1/recipients", json=RECIPIENT).json["id"],
        "notice_id": _notice(other_tenant, contact_id),
        "slug": slug,
        **_proved(other_tenant, slug),
        "version": VERSION,
    }
    return Theirs(other_tenant, ids)


def _proved(tenant: Tenant, topic: str) -> dict[str, object]:
    question = {"topic": topic, "channel": "email", "emails": [ADDRESS]}
    decision = tenant.client.post("/v1/eligibility-checks", json=question).json["decision_id"]
    proof = tenant.client.post(f"/v1/decisions/{decision}/proof", json={"email": ADDRESS})
    return {"decision_id": decision, "proof_id": proof.json["proof_id"]}


def _case(tenant: Tenant, contact_id: object) -> object:
    path = f"/v1/contacts/{contact_id}"
    note = {"kind": "note", "occurred_at": "2026-11-03T09:15:00Z", "note": "-", "case": "C-1"}
    return tenant.client.post(f"{path}/interactions", json=note).json["case_id"]


def _notice(tenant: Tenant, contact_id: object) -> object:
    """Return a notice that the recipient of the data is owed about a correction."""
    post = tenant.client.post
    handed = {"recipient": "theirs", "contact_ids": [contact_id], "fields": ["city"]}
    assert post("/v1/disclosures", json={**handed, "ground": "processor"}).status_code == 201
    asked = {"kind": "rectification", "contact_id": contact_id, "received_by": "email"}
    path = f"/v1/rights-requests/{post('/v1/rights-requests', json=asked).json['id']}"
    post(f"{path}/identity", json={"method": "attestation"})
    decision = {"outcome": "granted", "changes": {"city": "Tartu"}}
    assert post(f"{path}/decision", json=decision).status_code == 200
    return tenant.client.get("/v1/recipient-notices").json["items"][0]["id"]


def _about(tenant: Tenant, contact_id: object) -> dict[str, object]:
    path = f"/v1/contacts/{contact_id}"
    request = {"kind": "access", "contact_id": contact_id, "received_by": "email"}
    contract = {"reference": "1", "signed_on": "2026-11-03"}
    hold = {"kind": "dispute", "reference": "1", "reasons": "a claim"}
    return {
        "case_id": _case(tenant, contact_id),
        "request_id": tenant.client.post("/v1/rights-requests", json=request).json["id"],
        "contract_id": tenant.client.post(f"{path}/contracts", json=contract).json["id"],
        "hold_id": tenant.client.post(f"{path}/holds", json=hold).json["id"],
        "assistance_id": tenant.client.post("/v1/assistance-requests", json=HELP).json["id"],
    }


def _campaign(tenant: Tenant) -> object:
    name = f"theirs-{uuid.uuid4().hex}"
    event = {"event_id": "1", "type": "sent", "email": ADDRESS, "campaign": name}
    events = {"events": [event | {"occurred_at": "2026-11-03T09:15:00Z"}]}
    assert tenant.client.post("/v1/engagement-events", json=events).json["accepted"] == 1
    return name


def _add_version(tenant: Tenant, admin: Admin) -> None:
    admin.execute(
        "INSERT INTO policy_versions (id, controller_id, version, name, document, sha256,"
        " activated_at, activated_by)"
        " VALUES (%s, %s, %s, 'theirs', %s::jsonb, '', now(), 'operator')",
        (uuid.uuid4(), tenant.controller_id, VERSION, psycopg.types.json.Jsonb(load_policy())),
    )


def _protected(app: Flask) -> list[tuple[Rule, str]]:
    """Return every route that needs a key, with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if declared_scope(app.view_functions[rule.endpoint], method) != PUBLIC
    ]


def _example_bodies() -> dict[str, Any]:
    document = yaml.safe_load(openapi_yaml())
    bodies = {}
    for path in document["paths"].values():
        for method, operation in path.items():
            content = operation.get("requestBody", {}) if method != "parameters" else {}
            shape = content.get("content", {}).get("application/json")
            if shape:
                bodies[operation["operationId"]] = shape["example"]
    return bodies


@pytest.mark.rule(36)
def test_another_controllers_id_is_404_on_every_route(
    app: Flask, tenant: Tenant, theirs: Theirs
) -> None:
    tenant.client.post(
        "/v1/topics", json={"slug": "news", "name": {"en": "N"}, "category": "marketing"}
    )
    bodies = _example_bodies()
    adapter = app.url_map.bind("")

    answers = {}
    for rule, method in _protected(app):
        if rule.arguments:
            ids = {name: theirs.ids[name] for name in rule.arguments}
            path = adapter.build(rule.endpoint, ids, method=method)
            body = bodies.get(rule.endpoint.replace(".", "_"))
            headers = {"If-Match": "*"}
            answer = tenant.client.open(path, method, json=body, headers=headers)
            answers[method, rule.rule] = answer.status_code

    assert len(answers) >= 12
    assert {route: status for route, status in answers.items() if status != 404} == {}


@pytest.mark.rule(36)
def test_no_list_shows_what_is_another_controllers(
    app: Flask, tenant: Tenant, theirs: Theirs
) -> None:
    lists = [
        rule.rule for rule, method in _protected(app) if method == "GET" and not rule.arguments
    ]

    texts = {path: tenant.client.get(path).text for path in lists}

    assert len(texts) >= 7
    assert [(p, m) for p, text in texts.items() for m in theirs.marks if m in text] == []


@pytest.mark.rule(36)
@pytest.mark.parametrize(
    "query",
    [
        "/v1/audit?subject_id={contact_id}",
        "/v1/contacts?organization_id={organization_id}",
    ],
)
def test_no_filter_finds_what_is_another_controllers(
    tenant: Tenant, theirs: Theirs, query: str
) -> None:
    answer = tenant.client.get(query.format(**theirs.ids))

    assert answer.status_code == 404 or answer.json["items"] == []


@pytest.mark.rule(36)
def test_another_controllers_address_is_unknown(tenant: Tenant, theirs: Theirs) -> None:
    post = tenant.client.post
    post("/v1/topics", json={"slug": "news", "name": {"en": "N"}, "category": "marketing"})
    asked = {"topic": "news", "channel": "email"}

    by_address = post("/v1/eligibility-checks", json={**asked, "emails": [ADDRESS]})
    by_id = post(
        "/v1/eligibility-checks", json={**asked, "contact_ids": [theirs.ids["contact_id"]]}
    )

    assert by_address.json["results"][0]["reasons"] == ["unknown_address"]
    assert by_id.json["results"][0]["reasons"] == ["unknown_address"]
    assert post("/v1/contacts/lookup", json={"email": ADDRESS}).status_code == 404
    assert post("/v1/suppressions/lookup", json={"email": ADDRESS}).json["items"] == []


@pytest.mark.rule(36)
def test_what_a_body_names_of_another_controllers_is_as_if_it_did_not_exist(
    tenant: Tenant, theirs: Theirs
) -> None:
    def answers(topic: object, organization: object) -> list[tuple[int, str]]:
        one = {"email": "mine@example.com"}
        contact = {**one, "source": {"kind": "api"}, "organization_id": organization}
        check = {"topic": topic, "channel": "email", "emails": ["mine@example.com"]}
        block = {**one, "scope": {"topic": topic}, "reason": "manual"}
        post = tenant.client.post
        sent = [
            post("/v1/contacts", json=contact),
            post("/v1/eligibility-checks", json=check),
            post("/v1/unsubscribe-links", json={**one, "topic": topic}),
            post("/v1/suppressions", json=block),
        ]
        return [(answer.status_code, answer.json["code"]) for answer in sent]

    foreign = answers(theirs.ids["slug"], theirs.ids["organization_id"])

    assert foreign == answers("nowhere", uuid.uuid4())
    assert {status for status, _ in foreign} <= {404, 422}
