"""Who gets an audience, what is recorded of it, and what is refused."""

import pytest

from tests.contacts.register import Admin, audited
from tests.disclosures.audiences import consent, export, make_topic, people, register
from tests.factories import Tenant


@pytest.fixture(autouse=True)
def news(tenant: Tenant) -> None:
    """A topic that the audiences are for."""
    make_topic(tenant)


@pytest.mark.rule(38)
def test_an_export_is_one_entry_with_its_count_fields_and_digest(
    tenant: Tenant, admin: Admin
) -> None:
    register(tenant, consent())

    answer = export(tenant, fields="email,first_name")

    [entry] = audited(admin, tenant, "audiences.export")
    assert entry["id"] == answer.headers["Export-Id"]
    assert (entry["count"], entry["fields"]) == (1, ["email", "first_name"])
    assert entry["details"]["complete"] is True
    assert entry["details"]["format"] == "ndjson"
    assert len(entry["details"]["sha256"]) == 64


@pytest.mark.rule(38)
def test_a_client_that_goes_away_is_recorded_with_what_it_may_have_got(
    tenant: Tenant, admin: Admin
) -> None:
    register(tenant, consent())

    answer = tenant.client.open("/v1/audiences/news?format=csv", "GET", buffered=False)
    next(iter(answer.response))
    answer.close()

    [entry] = audited(admin, tenant, "audiences.export")
    assert entry["details"]["complete"] is False
    assert entry["count"] == 0


@pytest.mark.rule(36)
def test_nobody_of_another_controller_is_in_an_audience(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    make_topic(other_tenant)
    make_topic(other_tenant, "theirs")
    register(other_tenant, consent())

    assert people(tenant) == []
    assert export(tenant, "theirs").status_code == 404
    assert len(people(other_tenant)) == 1


@pytest.mark.rule(7)
@pytest.mark.parametrize("topic", ["nowhere", "b4d5c0de-0000-4000-8000-000000000000"])
def test_an_unknown_topic_is_not_found(tenant: Tenant, topic: str) -> None:
    answer = export(tenant, topic)

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_topic")


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"channel": "fax"}, "channel", "ads_google"),
        ({"format": "xlsx"}, "format", "ndjson, csv, meta, google"),
        ({"format": "meta"}, "format", "must be one of: ndjson, csv"),
        ({"format": "csv", "channel": "ads_google"}, "format", "must be one of: google"),
        ({"format": "google", "channel": "ads_facebook"}, "format", "must be one of: meta"),
        ({"include": "everything"}, "include", "links"),
        ({"include": "links", "channel": "ads_google", "format": "google"}, "include", "email"),
        ({"fields": "email,notes"}, "fields", "must be among: email, phone"),
        ({"colour": "red"}, "colour", "Unknown field."),
    ],
)
def test_what_cannot_be_handed_out_is_refused_with_what_can(
    tenant: Tenant, query: dict[str, str], field: str, said: str
) -> None:
    answer = export(tenant, **query)

    assert answer.status_code == 422
    assert said in answer.json["errors"][field][0]


@pytest.mark.rule(37)
def test_an_audience_needs_the_scope_for_it(tenant: Tenant) -> None:
    answer = tenant.client_with("contacts:read", "eligibility:check").get("/v1/audiences/news")

    assert answer.status_code == 403
