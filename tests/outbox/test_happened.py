"""What every room really records, held against the contract."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from crm_service.db import Connection, driver_connection, transaction
from crm_service.outbox.cloudevents import LoggedEvent, envelope
from crm_service.policies import service as policies
from tests.factories import POLICY, Tenant
from tests.outbox.strict import problems
from tests.unsubscribe.people import EMAIL, make_recipient

#: A contact's whole life, and the events it leaves.
EXPECTED = {
    "consent.granted.v1",
    "consent.withdrawn.v1",
    "contact.created.v1",
    "contact.erased.v1",
    "contact.resubscribed.v1",
    "contact.unsubscribed.v1",
    "contact.updated.v1",
    "legal_basis.recorded.v1",
    "objection.recorded.v1",
    "policy.changed.v1",
    "suppression.added.v1",
    "suppression.lifted.v1",
}


def recorded(tenant: Tenant, admin: Connection) -> Sequence[dict[str, Any]]:
    rows = admin.execute(
        "SELECT position, id, type, %s, subject_id, occurred_at, correlation, data FROM events"
        " WHERE controller_id = %s ORDER BY position",
        (tenant.slug, tenant.controller_id),
    )
    return [envelope(LoggedEvent(*row)) for row in rows]


def live(tenant: Tenant, admin: Connection) -> None:
    """Register, change, unsubscribe, undo, object, block, lift and erase; change the policy."""
    with transaction(tenant.controller_id) as session:
        document = yaml.safe_load(POLICY.read_text())
        policies.activate(
            driver_connection(session), tenant.controller_id, document, activated_by="operator:test"
        )
    mari = make_recipient(tenant, admin)
    page = mari.browser.post(mari.path, data={"via": "page"}).text
    # Undo, the reason and the language switch all send the proof of this click.
    [proof] = set(re.findall(r'name="proof" value="(\w+)"', page))
    mari.browser.post(mari.path + "/undo", data={"proof": proof})
    mari.browser.post(mari.path, data={"List-Unsubscribe": "One-Click"})
    mari.browser.post(mari.path, data={"scope": "all"})
    contact = f"/v1/contacts/{mari.contact_id}"
    tag = tenant.client.get(contact).headers["ETag"]
    tenant.client.patch(contact, json={"last_name": "Tamm"}, headers={"If-Match": tag})
    basis = {"purpose": "marketing", "channel": "post", "basis": "legitimate_interests"}
    for state in ({"state": "granted", "evidence": {"assessment": "LIA-7"}}, {"state": "objected"}):
        tenant.client.post(f"{contact}/permissions", json=basis | state)
    blocked = {"email": EMAIL, "scope": "all", "reason": "manual", "note": "asked by phone"}
    suppression = tenant.client.post("/v1/suppressions", json=blocked).json["id"]
    reason = {"justification": "the person asked in writing"}
    tenant.client.post(f"/v1/suppressions/{suppression}/lift", json=reason)
    tenant.client.delete(contact)


@pytest.mark.rule(25)
def test_whatever_happens_to_a_contact_is_recorded_as_its_schema_says(
    tenant: Tenant, admin: Connection
) -> None:
    live(tenant, admin)

    bodies = recorded(tenant, admin)

    assert {body["type"] for body in bodies} == EXPECTED
    assert [problem for body in bodies for problem in problems(body)] == []


@pytest.mark.rule(39)
def test_no_event_holds_an_address_or_a_name(tenant: Tenant, admin: Connection) -> None:
    live(tenant, admin)

    told = str(recorded(tenant, admin)).lower()

    assert EMAIL.lower() not in told
    assert "tamm" not in told
    assert "@" not in told
