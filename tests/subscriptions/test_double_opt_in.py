"""Double opt-in: one answer for everybody, nothing before the button, everything on record."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from crm_service.config import Settings
from crm_service.subscriptions import duty
from tests.contacts.register import Admin, email_key, reasons, register
from tests.factories import KeyClient, Tenant
from tests.rights.asking import told
from tests.rights.test_decisions import verdict
from tests.subscriptions.signing import EMAIL, WORDING, links, sign_up


@pytest.mark.rule(17)
def test_a_sign_up_counts_only_once_its_button_is_pressed(
    form: KeyClient,
    client: FlaskClient,
    tenant: Tenant,
    admin: Admin,
    worker: Any,
    settings: Settings,
) -> None:
    assert sign_up(form).status_code == 202
    duty.hand_on_due(worker, settings)
    [path] = links(admin, tenant)
    opened = [client.get(path), client.head(path), client.get(path)]
    before = verdict(tenant)

    pressed = client.post(f"{path}?lang=en")

    assert {page.status_code for page in opened} == {200}
    assert (before, verdict(tenant)) == (["pending_confirmation"], [])
    assert "Thank you, it is confirmed" in pressed.text
    assert "?lang=" not in pressed.text  # nothing shows this page once more
    assert client.post(path).status_code == 404
    [confirmed] = told(admin, tenant, "consent.confirmed.v1")
    assert (confirmed["topic"], confirmed["basis"]) == ("news", "consent")


@pytest.mark.rule(17)
def test_both_times_the_wording_and_the_page_are_the_evidence(
    form: KeyClient,
    client: FlaskClient,
    tenant: Tenant,
    admin: Admin,
    worker: Any,
    settings: Settings,
) -> None:
    sign_up(form)
    duty.hand_on_due(worker, settings)
    client.post(links(admin, tenant)[0])
    contact = tenant.client.post("/v1/contacts/lookup", json={"email": EMAIL}).json

    entries = tenant.client.get(f"/v1/contacts/{contact['id']}/ledger").json["items"]

    assert [entry["action"] for entry in entries] == ["requested", "confirmed"]
    evidence = entries[-1]["evidence"]
    times = evidence["double_opt_in"]
    assert times["requested_at"] == evidence["occurred_at"] < times["confirmed_at"]
    assert (evidence["wording"], evidence["source"]) == (WORDING, "/join v2")


@pytest.mark.rule(39)
def test_the_answer_and_what_is_written_are_the_same_for_every_address(
    form: KeyClient, tenant: Tenant, admin: Admin
) -> None:
    register(tenant, email="known@example.com")
    tenant.client.post(
        "/v1/suppressions",
        json={"email": "blocked@example.com", "scope": "marketing", "reason": "manual"},
    )

    def written() -> list[int]:
        found = [
            admin.execute(
                f"SELECT count(*) FROM {table} WHERE controller_id = %s",  # noqa: S608 - constants
                (tenant.controller_id,),
            ).fetchone()
            for table in ("subscription_requests", "contacts", "events", "permissions")
        ]
        return [row[0] if row else 0 for row in found]

    seen = set()
    for email in ("known@example.com", "blocked@example.com", "new@example.org"):
        before = written()
        answer = sign_up(form, email)
        added = tuple(now - then for now, then in zip(written(), before, strict=True))
        seen.add((answer.status_code, answer.text, added))

    assert {(status, added) for status, _, added in seen} == {(202, (1, 0, 0, 0))}
    assert len(seen) == 1


@pytest.mark.rule(4, 15)
def test_a_confirmation_lifts_what_consent_answers_and_leaves_the_rest_left(
    form: KeyClient,
    client: FlaskClient,
    tenant: Tenant,
    admin: Admin,
    worker: Any,
    settings: Settings,
) -> None:
    register(tenant)
    objection = {"kind": "objection", "email": EMAIL, "received_by": "email"}
    tenant.client.post("/v1/rights-requests", json=objection)
    sign_up(form)
    duty.hand_on_due(worker, settings)
    before = reasons(tenant, email_key(tenant, EMAIL))

    client.post(links(admin, tenant)[0])

    assert before == ["objection"]
    assert verdict(tenant, "news") == []
    assert verdict(tenant, "events")[0] == "suppressed"
    [again] = told(admin, tenant, "contact.resubscribed.v1")
    assert (again["topic"], again["source"]) == ("news", "double_opt_in")
    assert len(told(admin, tenant, "suppression.lifted.v1")) == 1


@pytest.mark.rule(4)
def test_a_confirmation_lifts_no_bounce(
    form: KeyClient,
    client: FlaskClient,
    tenant: Tenant,
    admin: Admin,
    worker: Any,
    settings: Settings,
) -> None:
    register(tenant)
    block = {"email": EMAIL, "scope": "all", "reason": "hard_bounce"}
    tenant.client.post("/v1/suppressions", json=block)
    sign_up(form)
    duty.hand_on_due(worker, settings)

    client.post(links(admin, tenant)[0])

    assert verdict(tenant)[0] == "suppressed"
