"""Whom to tell of data that did not come from them, by when, and what was noted (Art. 14)."""

from typing import Any

import pytest
from flask import Flask

from crm_service.contacts import windows
from tests.factories import Tenant
from tests.recipients.register import COURT, MAILHOUSE, enter
from tests.rights.asking import at, under

MARI = "mari@example.com"
DUTIES = "/v1/information-duties"


def register(tenant: Tenant, kind: str, email: str = MARI) -> str:
    """Register a contact from a source; return its id."""
    body = {"email": email, "source": {"kind": kind}}
    answer = tenant.client.post("/v1/contacts", json=body)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def duties(tenant: Tenant, query: str = "") -> list[dict[str, Any]]:
    """Return whom to tell."""
    answer = tenant.client.get(f"{DUTIES}{query}")
    assert answer.status_code == 200, answer.json
    return list(answer.json["items"])


def sent(tenant: Tenant, moment: str) -> None:
    """Report that Mari was sent a message."""
    event = {"event_id": "1", "type": "sent", "email": MARI, "occurred_at": moment}
    answer = tenant.client.post("/v1/engagement-events", json={"events": [event]})
    assert answer.json["accepted"] == 1


def obtained(tenant: Tenant, contact_id: str) -> None:
    """Add to a contact what came from a register."""
    new = {"city": "Lund", "source": {"kind": "public_register"}}
    path = f"/v1/contacts/{contact_id}"
    answer = tenant.client.patch(path, json=new, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.json


def hand(
    tenant: Tenant, contact_id: str, to: dict[str, Any], ground: str = "processor", **facts: str
) -> None:
    """Enter a recipient, and hand it the contact's address."""
    handed = {"recipient": enter(tenant, to)["slug"], "contact_ids": [contact_id], **facts}
    handed |= {"fields": ["email"], "ground": ground}
    answer = tenant.client.post("/v1/disclosures", json=handed)
    assert answer.status_code == 201, answer.json


@pytest.mark.clause("se-02", "si-08")
def test_whose_data_came_from_elsewhere_is_told_within_a_month(app: Flask) -> None:
    tenant = under(app, "tenzor")
    with at("2027-01-31T10:00:00+01:00"):
        mari = register(tenant, "public_source")
        register(tenant, "website_form", "jaan@example.com")
        [duty] = duties(tenant)
        page = tenant.client.get(DUTIES).json

    assert (duty["contact_id"], duty["sources"]) == (mari, ["public_source"])
    assert (duty["due_at"], duty["due_by"]) == ("2027-02-28T09:00:00Z", "one_month")
    assert page["notice_url"] == f"https://crm.example.com/c/{tenant.slug}/privacy"


@pytest.mark.clause("se-02", "si-08")
def test_the_first_message_brings_the_time_forward(app: Flask) -> None:
    tenant = under(app, "tenzor")
    with at("2027-01-10T10:00:00+01:00"):
        register(tenant, "business_contact")
    with at("2027-01-12T10:00:00+01:00"):
        sent(tenant, "2027-01-12T08:00:00Z")
        [duty] = duties(tenant, "?overdue=true")

    assert (duty["due_at"], duty["due_by"]) == ("2027-01-12T08:00:00Z", "first_communication")


@pytest.mark.clause("se-02")
def test_the_first_disclosure_brings_the_time_forward(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    post = tenant.client.post
    mari = register(tenant, "public_register")
    recipient = {"slug": "mailhouse", "name": "M", "kind": "processor", "country": "SE"}
    assert post("/v1/recipients", json={**recipient, "contract": "DPA 1"}).status_code == 201
    before = [duty["due_by"] for duty in duties(tenant)]

    handed = {"recipient": "mailhouse", "contact_ids": [mari], "fields": ["email"]}
    answer = post("/v1/disclosures", json={**handed, "ground": "processor"})
    [duty] = duties(tenant, "?overdue=true")

    assert (answer.status_code, before) == (201, ["one_month"])
    assert (duty["due_by"], duty["due_at"]) == ("first_disclosure", duty["disclosed_at"])


@pytest.mark.clause("se-02")
def test_what_went_out_before_the_data_were_obtained_brings_nothing_forward(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    with at("2027-01-01T10:00:00+01:00"):
        mari = register(tenant, "person")
        hand(tenant, mari, MAILHOUSE)
        sent(tenant, "2027-01-01T09:00:00Z")
    with at("2027-01-10T10:00:00+01:00"):
        obtained(tenant, mari)
        [duty] = duties(tenant)

    assert (duty["communicated_at"], duty["disclosed_at"]) == (None, None)
    assert (duty["due_at"], duty["due_by"]) == ("2027-02-10T09:00:00Z", "one_month")


@pytest.mark.clause("se-02")
def test_an_authority_with_an_inquiry_is_no_recipient_that_brings_the_time_forward(
    app: Flask,
) -> None:
    tenant = under(app, "cantec-ee")
    mari = register(tenant, "person")
    obtained(tenant, mari)

    hand(tenant, mari, COURT, "legal_right", reference="2-26-1", need="evidence")

    [duty] = duties(tenant)
    assert (duty["disclosed_at"], duty["due_by"]) == (None, "one_month")


@pytest.mark.clause("se-02")
def test_who_was_told_before_the_data_were_obtained_is_told_of_them_still(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    mari = register(tenant, "public_register")
    told = {"how": "email", "at": "2026-01-01T10:00:00Z"}

    answer = tenant.client.post(f"{DUTIES}/{mari}/informed", json=told)

    assert (answer.status_code, answer.json["code"]) == (409, "nothing_owed")
    assert len(duties(tenant)) == 1


@pytest.mark.clause("se-02")
def test_lists_tell_what_is_overdue_and_what_soon_will_be(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    with at("2027-01-10T10:00:00+01:00"):
        register(tenant, "credit_register")

    found = {}
    for day in ("2027-02-06", "2027-02-08", "2027-02-10"):
        with at(f"{day}T10:00:00+01:00"):
            queries = ("?overdue=true", "?overdue=false", "?due_soon=true")
            found[day] = [len(duties(tenant, query)) for query in queries]

    assert found == {"2027-02-06": [0, 1, 0], "2027-02-08": [0, 1, 1], "2027-02-10": [1, 0, 0]}


@pytest.mark.clause("se-02")
@pytest.mark.rule(38)
def test_who_was_told_is_told_again_only_of_another_source(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    mari = register(tenant, "public_register")
    told = {"how": "email", "at": "2099-01-01T00:00:00Z"}
    ahead = tenant.client.post(f"{DUTIES}/{mari}/informed", json=told)
    now = tenant.client.get(f"/v1/contacts/{mari}").json["added_at"]

    done = tenant.client.post(f"{DUTIES}/{mari}/informed", json={**told, "at": now})
    after = duties(tenant)
    new = {"city": "Lund", "source": {"kind": "credit_register"}}
    tenant.client.patch(f"/v1/contacts/{mari}", json=new, headers={"If-Match": "*"})

    assert (ahead.status_code, done.status_code, after) == (422, 200, [])
    assert done.json["sources"] == ["public_register"]
    assert [duty["sources"] for duty in duties(tenant)] == [["credit_register"]]
    entries = tenant.client.get(f"/v1/audit?subject_id={mari}&action=informing.settle").json
    assert len(entries["items"]) == 1


@pytest.mark.clause("se-02")
def test_an_exemption_is_recorded_with_its_ground(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    mari = register(tenant, "public_register")
    path = f"{DUTIES}/{mari}/exemption"

    unknown = tenant.client.post(path, json={"ground": "tiresome", "reasons": "-"})
    ground = {"ground": "has_information", "reasons": "told at the fair"}
    done = tenant.client.post(path, json=ground)
    again = tenant.client.post(path, json=ground)

    assert (unknown.status_code, done.status_code) == (422, 200)
    assert (done.json["exemption"], done.json["how"]) == ("has_information", None)
    assert (again.status_code, again.json["code"]) == (409, "nothing_owed")
    assert duties(tenant) == []


@pytest.mark.clause("si-08")
@pytest.mark.rule(36)
def test_many_are_noted_at_once_and_others_people_never(app: Flask, other_tenant: Tenant) -> None:
    tenant = under(app, "tenzor")
    ids = [register(tenant, "business_contact", f"m{n}@example.com") for n in range(3)]
    register(tenant, "public_source", "p@example.com")
    theirs = register(other_tenant, "partner")
    newest = tenant.client.get(f"/v1/contacts/{ids[-1]}").json["added_at"]
    told = {"how": "email", "at": newest, "reference": "spring"}

    post = tenant.client.post
    neither = post(f"{DUTIES}/informed", json=told)
    foreign = post(f"{DUTIES}/informed", json={**told, "contact_ids": [ids[0], theirs]})
    named = post(f"{DUTIES}/informed", json={**told, "contact_ids": [ids[0]]})
    rest = post(f"{DUTIES}/informed", json={**told, "source_kind": "business_contact"})

    assert (neither.status_code, neither.json["code"]) == (422, "contacts_missing")
    assert (foreign.status_code, foreign.json["unknown"]) == (404, 1)
    assert (named.json["informed"], rest.json["informed"]) == (1, 2)
    assert [duty["sources"] for duty in duties(tenant)] == [["public_source"]]
    assert len(duties(other_tenant)) == 1


def test_pages_follow_the_ids_of_contacts(tenant: Tenant) -> None:
    ids = sorted(register(tenant, "partner", f"m{n}@example.com") for n in range(3))

    first = tenant.client.get(f"{DUTIES}?limit=2").json
    second = tenant.client.get(f"{DUTIES}?limit=2&cursor={first['next_cursor']}").json

    assert [one["contact_id"] for one in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None


def test_a_page_that_looked_far_enough_says_where_the_next_begins(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST", 4)
    ids = sorted(register(tenant, "website_form", f"m{n}@example.com") for n in range(10))
    owed = {ids[0], ids[5], ids[9]}
    for number, one in enumerate(ids):
        if one in owed:
            new = {"city": "Tartu", "source": {"kind": "partner"}}
            path = f"/v1/contacts/{one}"
            answer = tenant.client.patch(path, json=new, headers={"If-Match": "*"})
            assert answer.status_code == 200, (number, answer.json)

    pages = [tenant.client.get(f"{DUTIES}?limit=2").json]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(tenant.client.get(f"{DUTIES}?limit=2&cursor={cursor}").json)

    found = [[one["contact_id"] for one in page["items"]] for page in pages]
    assert found == [[ids[0]], [ids[5]], [ids[9]]]
