"""Recipients and people under the published policies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from crm_service.policies.loading import read_policy
from tests.factories import Answer, Tenant, make_tenant
from tests.permissions.person import Admin, Person, make_person

POLICIES = Path(__file__).parents[2] / "deploy" / "policies"
SIGNED = {"contract": "DPA 2026/1", "confidentiality": "NDA 2026/1"}
MAILHOUSE: dict[str, Any] = {
    "slug": "mailhouse",
    "name": "Mailhouse",
    "kind": "processor",
    "country": "EE",
    **SIGNED,
}
COURT: dict[str, Any] = {"slug": "court", "name": "A Court", "kind": "authority", "country": "EE"}

Under = Callable[[str], Person]


def under(app: Flask, admin: Admin, name: str) -> Person:
    """Return a person in a register that keeps the policy of that name."""
    tenant = make_tenant(app, policy=dict(read_policy(POLICIES / f"{name}.yaml")))
    return make_person(tenant, admin, first_name="Mari", last_name="Tamm")


def enter(tenant: Tenant, recipient: dict[str, Any], **facts: Any) -> Any:
    """Enter a recipient; return it as it was answered."""
    answer = tenant.client.post("/v1/recipients", json={**recipient, **facts})
    assert answer.status_code == 201, answer.json
    return answer.json


def hand(person: Person, to: str = "mailhouse", ground: str = "processor", **facts: Any) -> Answer:
    """Hand the person's name and address to a recipient."""
    asked = {"recipient": to, "contact_ids": [str(person.id)], "ground": ground}
    asked |= {"fields": ["first_name", "email"], **facts}
    return person.tenant.client.post("/v1/disclosures", json=asked)


def reasons(answer: Answer) -> list[str]:
    """Return why a disclosure was refused."""
    assert (answer.status_code, answer.json["code"]) == (403, "disclosure_refused"), answer.json
    found: list[str] = answer.json["reasons"]
    return found
