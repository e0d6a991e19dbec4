"""What tests of rights requests share."""

from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask

from crm_service.policies.loading import read_policy
from tests.contacts.register import Admin
from tests.factories import Answer, Tenant, make_tenant

POLICIES = Path(__file__).parents[2] / "deploy" / "policies"


def under(app: Flask, name: str) -> Tenant:
    """Return a tenant that keeps the published policy of that name."""
    return make_tenant(app, policy=dict(read_policy(POLICIES / f"{name}.yaml")))


def ask(tenant: Tenant, kind: str, **facts: Any) -> dict[str, Any]:
    """Record a request; return it."""
    if "contact_id" not in facts:
        facts.setdefault("email", "mari@example.com")
    body = {"kind": kind, "received_by": "email", **facts}
    answer = tenant.client.post("/v1/rights-requests", json=body)
    assert answer.status_code == 201, answer.json
    request: dict[str, Any] = answer.json
    return request


def step(tenant: Tenant, request: dict[str, Any], name: str, **body: Any) -> Answer:
    """Take one step with a request."""
    path = f"/v1/rights-requests/{request['id']}/{name}"
    return tenant.client.post(path, json=body) if body else tenant.client.post(path)


def identify(tenant: Tenant, request: dict[str, Any]) -> None:
    """Say that it is established who asks."""
    answer = step(tenant, request, "identity", method="attestation", note="passport seen")
    assert answer.status_code == 200, answer.json


def decide(tenant: Tenant, request: dict[str, Any], outcome: str, **facts: Any) -> Answer:
    """Decide a request."""
    return step(tenant, request, "decision", outcome=outcome, **facts)


def granted(tenant: Tenant, kind: str, **facts: Any) -> dict[str, Any]:
    """Return a request of this kind that was granted."""
    request = ask(tenant, kind, **facts)
    identify(tenant, request)
    answer = decide(tenant, request, "granted")
    assert answer.status_code == 200, answer.json
    return request


def package(tenant: Tenant, request: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the data in the package of a request: rows by room."""
    path = f"/v1/rights-requests/{request['id']}/package"
    answer = tenant.client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.json
    return {room: held["rows"] for room, held in answer.json["data"].items()}


def read(tenant: Tenant, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as it stands."""
    found: dict[str, Any] = tenant.client.get(f"/v1/rights-requests/{request['id']}").json
    return found


def at(moment: str) -> Any:
    """Travel to a moment (RFC 3339); the clock stands still there."""
    return time_machine.travel(datetime.fromisoformat(moment), tick=False)


def told(admin: Admin, tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    """Return what the events of one type say about this register, oldest first."""
    rows = admin.execute(
        "SELECT data FROM events WHERE controller_id = %s AND type = %s ORDER BY position",
        (tenant.controller_id, kind),
    )
    return [row[0] for row in rows]
