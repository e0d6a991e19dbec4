"""Wrong data are corrected, missing ones completed, unlawful ones deleted (GDPR Art. 16)."""

import pytest
from flask import Flask

from tests.factories import Tenant
from tests.notices.owed import granted
from tests.permissions.person import Admin, Person, make_person
from tests.recipients.register import under
from tests.rights.asking import ask, decide, identify, told


@pytest.mark.rule(33)
@pytest.mark.clause("no-08")
def test_in_norway_a_correction_rests_on_a_ground_and_unlawful_data_are_deleted(
    app: Flask, admin: Admin
) -> None:
    mari = under(app, admin, "cantec-no")
    mari.change(notes="Votes for somebody.")
    request = ask(mari.tenant, "rectification", contact_id=str(mari.id))
    identify(mari.tenant, request)

    without = decide(mari.tenant, request, "granted", changes={"notes": None})
    deleted = decide(mari.tenant, request, "granted", ground="unlawful", changes={"notes": None})

    assert (without.status_code, without.json["code"]) == (422, "ground_missing")
    assert deleted.json["executed"]["fields_changed"] == ["notes"]
    assert mari.tenant.client.get(mari.path).json["notes"] is None


@pytest.mark.rule(33)
@pytest.mark.clause("se-08")
def test_what_is_missing_is_completed_and_nothing_else_changes(app: Flask, admin: Admin) -> None:
    mari = under(app, admin, "cadcraft")
    before = mari.tenant.client.get(mari.path).json

    missing = {"city": "Malmö", "phone": "+46 70 123 45 67"}
    granted(mari, "rectification", ground="incomplete", changes=missing)

    after = mari.tenant.client.get(mari.path).json
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"city", "phone", "updated_at", "version"}
    [event] = told(admin, mari.tenant, "contact.updated.v1")
    assert event["fields"] == ["city", "phone"]


@pytest.mark.rule(4, 6, 33)
@pytest.mark.clause("ws-06")
def test_a_corrected_address_takes_its_blocks_and_permissions_along(
    tenant: Tenant, admin: Admin
) -> None:
    mari: Person = make_person(tenant, admin)
    mari.grant("legitimate_interests", purpose="marketing")
    mari.suppress("manual", scope={"topic": "news"})

    granted(mari, "rectification", changes={"email": "right@example.com"})

    asked = {"channel": "email", "emails": ["right@example.com"]}
    check = tenant.client.post
    offers = check("/v1/eligibility-checks", json={**asked, "topic": "offers"}).json["results"]
    news = check("/v1/eligibility-checks", json={**asked, "topic": "news"}).json["results"]
    assert (offers[0]["reasons"], news[0]["reasons"]) == ([], ["suppressed"])


def test_what_the_policy_does_not_keep_is_not_completed(app: Flask, admin: Admin) -> None:
    mari = under(app, admin, "websystems")
    request = ask(mari.tenant, "rectification", contact_id=str(mari.id))
    identify(mari.tenant, request)

    answer = decide(mari.tenant, request, "granted", changes={"city": "Tartu"})

    assert (answer.status_code, answer.json["code"]) == (422, "field_not_allowed")
