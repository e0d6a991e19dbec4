from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contacts.register import (
    CONSENT,
    MARI,
    Admin,
    addresses,
    audited,
    email_key,
    events,
    permitted_keys,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant


@pytest.mark.rule(8)
def test_an_address_is_kept_as_given_but_for_the_space_around_it(tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, "email": " Mari@EXAMPLE.com "})

    assert answer.status_code == 201, answer.json
    assert answer.json["email"] == "Mari@EXAMPLE.com"
    assert answer.headers["Location"] == f"/v1/contacts/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'


@pytest.mark.rule(8)
@pytest.mark.parametrize(
    "spelling", ["MARI@example.com", " mari@Example.COM ", "\u00a0mari@example.com"]
)
def test_a_second_registration_is_refused_and_records_nothing(
    tenant: Tenant, admin: Admin, spelling: str
) -> None:
    contact = register(tenant)

    answer = tenant.client.post("/v1/contacts", json={**MARI, "email": spelling})

    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["contact_id"]) == ("contact_exists", contact["id"])
    assert [event[0] for event in events(admin, tenant)] == ["contact.created.v1"]


@pytest.mark.rule(8)
def test_the_punycode_twin_of_an_address_is_the_same_contact(tenant: Tenant) -> None:
    contact = register(tenant, email="mari@õun.example.com")

    answer = tenant.client.post(
        "/v1/contacts", json={**MARI, "email": "mari@xn--un-bka.example.com"}
    )

    assert answer.json["contact_id"] == contact["id"]


def test_of_twenty_simultaneous_registrations_one_succeeds(tenant: Tenant, admin: Admin) -> None:
    def post(_: int) -> int:
        return tenant.client.post("/v1/contacts", json=dict(MARI)).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(post, range(20)))

    assert statuses == [201] + [409] * 19
    assert len(events(admin, tenant)) == 1


@pytest.mark.rule(25, 39)
def test_the_event_tells_of_the_contact_without_personal_data(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    assert events(admin, tenant) == [
        ("contact.created.v1", contact["id"], {"source": "event"}),
    ]


@pytest.mark.rule(38)
def test_the_audit_log_names_the_fields_and_not_what_is_in_them(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant)

    [entry] = audited(admin, tenant, "contacts.create")
    assert entry["subject_id"] == contact["id"]
    assert entry["fields"] == ["email", "first_name", "source_reference"]
    assert entry["actor"].startswith("key:")
    assert "example.com" not in str(entry)


@pytest.mark.rule(4)
def test_a_contact_adopts_the_subject_of_an_address_blocked_before(
    tenant: Tenant, admin: Admin
) -> None:
    key = email_key(tenant, "mari@example.com")
    subject_id = suppress(tenant, key, "unsubscribe")

    contact = register(tenant, permissions=[dict(CONSENT)])

    assert contact["id"] == str(subject_id)
    assert reasons(tenant, key) == ["unsubscribe"]
    assert addresses(admin, tenant) == {key: (subject_id, True)}


def test_the_same_person_may_stand_in_two_registers(tenant: Tenant, other_tenant: Tenant) -> None:
    first = register(tenant)

    second = register(other_tenant)

    assert first["id"] != second["id"]
    assert email_key(tenant, "mari@example.com") != email_key(other_tenant, "mari@example.com")


def test_an_external_id_belongs_to_one_contact(tenant: Tenant) -> None:
    register(tenant, external_id="C-1")

    answer = tenant.client.post(
        "/v1/contacts", json={**MARI, "email": "jüri@example.com", "external_id": "C-1"}
    )

    assert answer.status_code == 409
    assert answer.json["code"] == "external_id_taken"


@pytest.mark.clause("ee-01")
def test_a_natural_person_has_name_address_mobile_city_and_country(tenant: Tenant) -> None:
    facts = {
        "first_name": "Mari",
        "last_name": "Tamm",
        "email": "mari@example.com",
        "phone": "+372 5123 4567",
        "city": "Tallinn",
        "country": "EE",
    }

    contact = register(tenant, **facts)

    assert {name: contact[name] for name in facts} == facts


@pytest.mark.rule(8)
def test_a_number_without_a_country_code_is_read_in_the_contacts_country(tenant: Tenant) -> None:
    first = tenant.client.put(
        "/v1/contacts", json={**MARI, "phone": "5123 4567", "country": "EE"}
    ).json

    second = tenant.client.put("/v1/contacts", json={**MARI, "phone": "+37251234567"}).json

    assert first["phone"] == "5123 4567"
    assert second["version"] == 2, "another spelling is kept, as given"


@pytest.mark.clause("ee-20")
def test_an_attribute_that_the_policy_declares_is_kept(tenant: Tenant) -> None:
    contact = register(tenant, attributes={"segment": "architects"})

    assert contact["attributes"] == {"segment": "architects"}


@pytest.mark.rule(17)
def test_permissions_stated_with_a_contact_are_recorded_with_it(
    tenant: Tenant, admin: Admin
) -> None:
    wording = {"version": "v9", "language": "en"}
    unread = {
        **CONSENT,
        "purpose": "service",
        "evidence": {**CONSENT["evidence"], "wording": wording},
    }

    answer = tenant.client.post("/v1/contacts", json={**MARI, "permissions": [CONSENT, unread]})

    assert permitted_keys(admin, tenant) == {email_key(tenant, "mari@example.com")}
    stated = answer.json["permissions"]
    assert [one["outcome"] for one in stated] == ["recorded", "recorded"]
    assert [one["warnings"] for one in stated] == [[], ["wording_text_missing"]]
