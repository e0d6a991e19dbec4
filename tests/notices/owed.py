"""What tests of notices share: a person whose data went to a recipient, and what it is owed."""

from typing import Any

from tests.factories import Answer, Tenant
from tests.permissions.person import Person
from tests.rights.asking import ask, decide, identify


def granted(person: Person, kind: str, **facts: Any) -> dict[str, Any]:
    """Ask for something in the person's name, and grant it; return the request."""
    request = ask(person.tenant, kind, contact_id=str(person.id))
    identify(person.tenant, request)
    answer = decide(person.tenant, request, "granted", **facts)
    assert answer.status_code == 200, answer.json
    decided: dict[str, Any] = answer.json
    return decided


def notices(tenant: Tenant, **query: Any) -> list[dict[str, Any]]:
    """Return the notices that are owed."""
    answer = tenant.client.get("/v1/recipient-notices", query_string=query)
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def step(tenant: Tenant, notice: dict[str, Any], name: str, **body: Any) -> Answer:
    """Take one step with a notice."""
    return tenant.client.post(f"/v1/recipient-notices/{notice['id']}/{name}", json=body)
