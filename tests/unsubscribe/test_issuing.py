from typing import Any

import pytest

from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens
from tests.factories import Tenant
from tests.unsubscribe.people import EMAIL, Admin, Recipient


def ask(tenant: Tenant, **facts: Any) -> Any:
    return tenant.client.post("/v1/unsubscribe-links", json=facts)


@pytest.mark.rule(10)
@pytest.mark.clause("ee-14")
def test_a_link_comes_with_the_headers_that_belong_to_it(mari: Recipient, tenant: Tenant) -> None:
    answer = ask(tenant, email=EMAIL, topic="offers")

    assert answer.status_code == 200
    url = answer.json["url"]
    assert answer.json["headers"] == {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert url.startswith("https://crm.example.com/u/")
    assert "mari" not in url.lower()


@pytest.mark.rule(8, 10)
@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), f"  {EMAIL.lower()} "])
def test_every_spelling_of_an_address_has_the_same_link(
    mari: Recipient, tenant: Tenant, email: str
) -> None:
    answer = ask(tenant, email=email, topic="offers")

    assert answer.json["url"].endswith(mari.path)


def test_a_campaign_is_remembered_under_the_reference_in_its_links(
    mari: Recipient, tenant: Tenant, admin: Admin, keyring: Keyring
) -> None:
    urls = [ask(tenant, email=EMAIL, topic="offers", campaign="mai-26").json["url"] for _ in "ab"]

    link = tokens.read(keyring, urls[0])
    rows = admin.execute(
        "SELECT link_ref, name FROM campaigns WHERE controller_id = %s", (tenant.controller_id,)
    ).fetchall()
    assert link is not None
    assert rows == [(link.campaign_ref, "mai-26")]
    assert urls[0] == urls[1]


@pytest.mark.rule(16)
def test_the_event_of_a_click_names_the_campaign_of_its_link(
    mari: Recipient, tenant: Tenant, admin: Admin
) -> None:
    url = ask(tenant, email=EMAIL, topic="offers", campaign="mai-26").json["url"]

    mari.browser.post(url.removeprefix("https://crm.example.com"))

    row = admin.execute(
        "SELECT data ->> 'campaign' FROM events WHERE controller_id = %s"
        " AND type = 'contact.unsubscribed.v1'",
        (tenant.controller_id,),
    ).fetchone()
    assert row == ("mai-26",)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"email": EMAIL, "topic": "nonsense"}, "unknown_topic"),
        ({"email": "not an address", "topic": "offers"}, "invalid_address"),
        ({"email": "", "topic": "offers"}, "invalid_request"),
        ({"email": EMAIL}, "invalid_request"),
        ({"topic": "offers"}, "invalid_request"),
        ({"email": EMAIL, "topic": "offers", "campaign": ""}, "invalid_request"),
        ({"email": EMAIL, "topic": "offers", "campaign": "x" * 201}, "invalid_request"),
        ({"email": EMAIL, "topic": "offers", "reason": "x"}, "invalid_request"),
    ],
)
def test_what_cannot_become_a_link_is_refused_with_its_reason(
    mari: Recipient, tenant: Tenant, facts: dict[str, str], code: str
) -> None:
    answer = ask(tenant, **facts)

    assert answer.status_code == 422
    assert answer.json["code"] == code


@pytest.mark.rule(7)
def test_an_archived_topic_gets_no_new_links(mari: Recipient, tenant: Tenant) -> None:
    tenant.client.delete("/v1/topics/offers")

    answer = ask(tenant, email=EMAIL, topic="offers")

    assert answer.status_code == 422
    assert answer.json["code"] == "unknown_topic"


@pytest.mark.rule(36)
def test_another_controllers_topic_is_unknown(mari: Recipient, other_tenant: Tenant) -> None:
    answer = ask(other_tenant, email=EMAIL, topic="offers")

    assert answer.status_code == 422
    assert answer.json["code"] == "unknown_topic"


@pytest.mark.rule(37)
@pytest.mark.clause("ee-18")
def test_only_a_key_that_may_create_links_gets_one(mari: Recipient, tenant: Tenant) -> None:
    narrow = tenant.client_with("topics:read")

    answer = narrow.post("/v1/unsubscribe-links", json={"email": EMAIL, "topic": "offers"})

    assert answer.status_code == 403


@pytest.mark.rule(38)
def test_making_a_link_is_audited_without_the_address(
    mari: Recipient, tenant: Tenant, admin: Admin
) -> None:
    ask(tenant, email=EMAIL, topic="offers")

    rows = admin.execute(
        "SELECT actor, fields, details FROM audit_entries WHERE controller_id = %s"
        " AND action = 'unsubscribe.issue_link'",
        (tenant.controller_id,),
    ).fetchall()
    assert rows[-1][0].startswith("key:")
    assert rows[-1][1:] == (["email"], {"topic": "offers"})
