"""What a person asked is answered before that person is erased (clause si-13)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contacts.register import register
from tests.factories import Answer, Tenant
from tests.rights.asking import ask, decide, granted, identify, step

Erase = Callable[[Tenant, dict[str, Any]], Answer]


def delete(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    """Erase it as the controller."""
    return tenant.client.delete(f"/v1/contacts/{contact['id']}")


def review(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    """Erase it as the outcome of a review."""
    said = {"decision": "erase", "reasons": "nobody needs it"}
    return tenant.client.post(f"/v1/reviews/{contact['id']}/decision", json=said)


def grant(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    """Erase it as the person asked."""
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)
    return decide(tenant, request, "granted")


def refused_for(answer: Answer) -> list[str]:
    """Return the requests that an erasure was refused for."""
    assert (answer.status_code, answer.json["code"]) == (409, "request_open"), answer.json
    return [one["id"] for one in answer.json["requests"]]


@pytest.mark.rule(33)
@pytest.mark.clause("si-13")
@pytest.mark.parametrize("erase", [delete, review, grant])
def test_nobody_is_erased_who_still_waits_for_a_copy(tenant: Tenant, erase: Erase) -> None:
    contact = register(tenant)
    access = ask(tenant, "access", contact_id=contact["id"])

    undecided = refused_for(erase(tenant, contact))
    identify(tenant, access)
    decide(tenant, access, "granted")
    not_handed_out = refused_for(delete(tenant, contact))
    there = tenant.client.get(f"/v1/contacts/{contact['id']}").status_code
    step(tenant, access, "close")
    done = delete(tenant, contact)

    assert undecided == not_handed_out[:1] == [access["id"]]
    assert there == 200
    # What the person asked to be erased is still to be decided, and is then done as asked.
    assert done.status_code == (409 if erase is grant else 204)


@pytest.mark.rule(33)
@pytest.mark.clause("si-13")
def test_a_request_under_an_address_keeps_whoever_bears_it(tenant: Tenant) -> None:
    asked = ask(tenant, "access", email="mari@example.com")
    contact = register(tenant)

    assert refused_for(delete(tenant, contact)) == [asked["id"]]


@pytest.mark.clause("si-13")
def test_an_erasure_that_was_asked_waits_for_no_request_that_it_answers(tenant: Tenant) -> None:
    contact = register(tenant)
    ask(tenant, "rectification", contact_id=contact["id"])
    by_right = refused_for(delete(tenant, contact))

    assert len(by_right) == 1
    assert grant(tenant, contact).status_code == 200


@pytest.mark.clause("si-13")
def test_who_asked_for_restriction_is_not_erased_before_that_is_decided(tenant: Tenant) -> None:
    contact = register(tenant)
    restriction = ask(tenant, "restriction", contact_id=contact["id"])

    refused = refused_for(grant(tenant, contact))
    decide(tenant, restriction, "retracted")

    assert refused == [restriction["id"]]
    assert grant(tenant, contact).status_code == 200


@pytest.mark.rule(36)
def test_a_request_in_another_register_keeps_nobody_here(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    contact = register(tenant)
    register(other_tenant)
    granted(other_tenant, "access")

    assert delete(tenant, contact).status_code == 204
