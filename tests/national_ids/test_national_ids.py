"""A national id tells two people apart, is never shown by the way, and never without a trace."""

from typing import Any

import pytest
from flask import Flask

from crm_service.keyring import Keyring
from tests.factories import Answer, Tenant
from tests.permissions.person import Admin, Person, audited, make_person
from tests.recipients.register import under

CODE = "38001085718"
STATED = {"country": "EE", "number": CODE}


def put(person: Person, **facts: Any) -> Answer:
    path = f"{person.path}/national-id"
    return person.tenant.client.put(path, json={**STATED, **facts})


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, whose number is kept."""
    person = make_person(tenant, admin)
    assert put(person).json == {"country": "EE", "masked": "*********18"}
    return person


@pytest.mark.clause("ee-01", "se-01", "se-07")
def test_it_is_sealed_at_rest_and_masked_in_every_answer(mari: Person, admin: Admin) -> None:
    query = "SELECT t::text, encode(sealed, 'escape') FROM national_ids t WHERE subject_id = %s"
    [stored] = admin.execute(query, (mari.id,))

    shown = mari.tenant.client.get(f"{mari.path}/national-id")

    assert shown.json == {"country": "EE", "masked": "*********18"}
    assert CODE not in "".join(stored)
    assert CODE not in mari.tenant.client.get(mari.path).text
    events = "SELECT string_agg(data::text, '') FROM events WHERE controller_id = %s"
    [told] = admin.execute(events, (mari.tenant.controller_id,))
    assert CODE not in (told[0] or "")


@pytest.mark.rule(38)
@pytest.mark.clause("ee-01", "ee-18", "se-07")
def test_only_a_key_with_its_own_scope_reveals_it_and_each_time_is_on_record(
    mari: Person, admin: Admin
) -> None:
    path, asked = f"{mari.path}/national-id/reveal", {"purpose": "service"}
    narrow = mari.tenant.client_with("contacts:read", "contacts:write")

    refused = narrow.post(path, json=asked)
    revealed = mari.tenant.client.post(path, json=asked)

    assert (refused.status_code, refused.json["code"]) == (403, "insufficient_scope")
    assert revealed.json == STATED
    [entry] = audited(admin, mari.tenant, "national_ids.reveal")
    assert (entry["subject_id"], entry["purpose"]) == (str(mari.id), "service")
    assert CODE not in str(entry)


@pytest.mark.clause("ee-01")
@pytest.mark.parametrize("written", [CODE, "380 0108-5718", " 38001085718 "])
def test_two_people_cannot_have_one_number_however_it_is_written(
    mari: Person, admin: Admin, written: str
) -> None:
    other = make_person(mari.tenant, admin, email="other@example.com")

    taken = put(other, number=written)

    assert (taken.status_code, taken.json["code"]) == (409, "national_id_taken")
    assert taken.json["contact_id"] == str(mari.id)
    found = mari.tenant.client.post("/v1/national-ids/lookup", json={**STATED, "number": written})
    assert found.json == {"contact_id": str(mari.id)}


@pytest.mark.clause("no-01", "ws-01")
def test_a_policy_that_does_not_need_it_keeps_none(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-no")

    answer = put(person)

    assert (answer.status_code, answer.json["code"]) == (422, "field_not_allowed")


@pytest.mark.rule(5, 34, 36)
def test_it_is_gone_with_the_person_and_free_for_nobody_of_another_controller(
    mari: Person, other_tenant: Tenant, admin: Admin
) -> None:
    theirs = make_person(other_tenant, admin)
    assert put(theirs).status_code == 200

    mari.tenant.client.delete(mari.path)

    left = admin.execute("SELECT subject_id FROM national_ids WHERE country = 'EE'").fetchall()
    assert mari.id not in {row[0] for row in left}
    assert mari.tenant.client.post("/v1/national-ids/lookup", json=STATED).status_code == 404


@pytest.mark.parametrize("number", ["1234", "38001085718?", "1" * 21])
def test_what_is_no_number_is_refused(mari: Person, number: str) -> None:
    answer = put(mari, number=number)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_national_id")


@pytest.mark.clause("se-07")
def test_a_rotated_key_opens_what_the_older_one_sealed(mari: Person, app: Flask) -> None:
    settings = app.extensions["crm.settings"]
    links = {**settings.keyring.keys["link"], 2: b"2" * 32}
    rotated = Keyring({**settings.keyring.keys, "link": links})
    object.__setattr__(settings, "keyring", rotated)

    try:
        shown = mari.tenant.client.get(f"{mari.path}/national-id")
    finally:
        object.__setattr__(settings, "keyring", Keyring({**rotated.keys, "link": {1: links[1]}}))

    assert shown.json["masked"] == "*********18"
