"""What tests of holds share."""

from typing import Any

from tests.factories import Answer, Tenant

DISPUTE: dict[str, Any] = {
    "kind": "dispute",
    "reference": "P 1042/2026",
    "reasons": "claim over an unpaid invoice",
}
STATUTORY: dict[str, Any] = {
    "kind": "statutory",
    "law": "archives_act",
    "reasons": "case files are handed over when the case is closed",
}


def place(tenant: Tenant, contact: dict[str, Any], hold: dict[str, Any], **facts: Any) -> Answer:
    """Hold the contact's data."""
    return tenant.client.post(f"/v1/contacts/{contact['id']}/holds", json={**hold, **facts})


def resolve(tenant: Tenant, hold: dict[str, Any], outcome: str, final_on: str) -> Answer:
    """Record how the dispute ended."""
    said = {"outcome": outcome, "final_on": final_on}
    return tenant.client.post(f"/v1/holds/{hold['id']}/resolution", json=said)


def lift(tenant: Tenant, hold: dict[str, Any], **said: Any) -> Answer:
    """Lift the hold."""
    said = said or {"reasons": "the claim was withdrawn by letter"}
    return tenant.client.post(f"/v1/holds/{hold['id']}/lift", json=said)


def of(tenant: Tenant, contact: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the contact's holds."""
    items: list[dict[str, Any]] = tenant.client.get(f"/v1/contacts/{contact['id']}/holds").json[
        "items"
    ]
    return items
