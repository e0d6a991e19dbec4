"""Of restricted people data are stored, and that is all, until the person was told (Art. 18)."""

from pathlib import Path
from typing import Any

import pytest

from crm_service.clock import utcnow
from tests.factories import Answer, Tenant
from tests.notices.owed import granted, notices
from tests.permissions.person import Admin, Person, audited, make_person
from tests.recipients.register import MAILHOUSE, enter, hand
from tests.rights.asking import package, told
from tests.transfers.files import bring, contacts, write

CLAIM = {"basis": "legal_claims", "reference": "case 2-26-1"}
CALL = {"kind": "call", "occurred_at": "2026-03-01T10:00:00Z"}


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """A person whose data are restricted."""
    person = make_person(tenant, admin, first_name="Mari", last_name="Tamm")
    granted(person, "restriction")
    return person


def lift(person: Person, **facts: Any) -> Answer:
    """Lift the restriction, with the person told just now."""
    body = {"justification": "verified", "informed_at": utcnow().isoformat(), **facts}
    return person.tenant.client.post(f"{person.path}/restriction/lift", json=body)


def writes(person: Person, **more: Any) -> dict[str, Answer]:
    """Try everything that adds or changes data about the person."""
    client, email = person.tenant.client, person.email
    upsert = {"email": email, "city": "Tartu", "source": {"kind": "api"}, **more}
    interest = {"purpose": "marketing", "channel": "email", "state": "granted"}
    basis = {**interest, "basis": "legitimate_interests", "evidence": {"assessment": "LIA-1"}}
    signed = {"reference": "C-2", "signed_on": "2026-03-01", **more}
    tag = client.get(person.path).headers["ETag"]
    return {
        "patch": client.patch(
            person.path, json={"city": "Narva", **more}, headers={"If-Match": tag}
        ),
        "put": client.put("/v1/contacts", json=upsert),
        "basis": client.put("/v1/contacts", json={**upsert, "permissions": [basis]}),
        "interaction": client.post(f"{person.path}/interactions", json={**CALL, **more}),
        "contract": client.post(f"{person.path}/contracts", json=signed),
    }


@pytest.mark.rule(33)
@pytest.mark.clause("si-17", "no-10")
def test_nothing_is_added_about_a_restricted_person(mari: Person) -> None:
    before = mari.tenant.client.get(mari.path).json

    answers = writes(mari)

    assert {name: (one.status_code, one.json["code"]) for name, one in answers.items()} == (
        dict.fromkeys(answers, (409, "restricted"))
    )
    assert mari.tenant.client.get(mari.path).json == before
    for things in ("interactions", "contracts"):
        assert mari.tenant.client.get(f"{mari.path}/{things}").json["items"] == []


def test_what_says_nothing_new_is_no_processing(mari: Person) -> None:
    body = {"email": mari.email, "first_name": "Mari", "source": {"kind": "api"}}

    assert mari.tenant.client.put("/v1/contacts", json=body).status_code == 200


@pytest.mark.rule(33)
def test_a_ground_of_the_law_lifts_it_for_one_write_and_is_on_record(
    mari: Person, admin: Admin
) -> None:
    answers = writes(mari, necessary_for=CLAIM)

    done = {name: one.status_code for name, one in answers.items()}
    assert done == {"patch": 200, "put": 200, "basis": 200, "interaction": 201, "contract": 201}
    request = granted(mari, "access")
    held = package(mari.tenant, request)["restriction"]
    exceptions = [one for one in held if one["kind"] == "exception"]
    assert {(one["reason"], one["basis"], one["reference"]) for one in exceptions} == {
        ("restricted", "legal_claims", "case 2-26-1")
    }
    assert len(audited(admin, mari.tenant, "contacts.except")) == len(exceptions) == 5


@pytest.mark.parametrize("basis", ["contract", "legal_obligation"])
def test_a_ground_that_the_law_does_not_name_lifts_nothing(mari: Person, basis: str) -> None:
    answer = mari.change(city="Tartu", necessary_for={"basis": basis, "reference": "C-1"})

    assert (answer.status_code, answer.json["code"]) == (409, "restricted")


@pytest.mark.rule(33)
def test_the_person_herself_may_still_correct_consent_and_withdraw(mari: Person) -> None:
    granted(mari, "rectification", changes={"city": "Tartu"})
    mari.grant("consent")
    withdrawn = mari.state("withdrawn")

    assert mari.tenant.client.get(mari.path).json["city"] == "Tartu"
    assert withdrawn.status_code == 201
    assert "restricted" in mari.reasons()


@pytest.mark.rule(29, 33)
def test_what_happens_to_messages_is_not_kept_but_a_complaint_still_blocks(mari: Person) -> None:
    at = {"email": mari.email, "occurred_at": "2026-03-01T10:00:00Z"}
    events = [{"event_id": k, "type": k, **at} for k in ("opened", "clicked", "complained")]

    mari.tenant.client.post("/v1/engagement-events", json={"events": events})

    history = mari.tenant.client.get(f"{mari.path}/history").json["items"]
    assert [one for one in history if one["kind"] == "engagement"] == []
    assert ("marketing", "complaint") in mari.blocks()


@pytest.mark.rule(33)
def test_an_import_reports_the_row_and_changes_nothing(
    mari: Person, admin: Admin, tmp_path: Path
) -> None:
    rows = [{"Email": mari.email, "City": "Tartu"}, {"Email": "new@example.com", "City": "Tartu"}]

    imported = bring(mari.tenant, write(tmp_path / "f.csv", *rows, header=["Email", "City"]))

    assert imported.outcomes == ["rejected restricted", "created"]
    stored = contacts(admin, mari.tenant)
    assert (stored[mari.email]["city"], stored["new@example.com"]["city"]) == (None, "Tartu")


@pytest.mark.rule(33)
def test_a_file_of_the_register_leaves_the_restricted_out_unless_it_is_moved(mari: Person) -> None:
    client = mari.tenant.client

    usual = client.get("/v1/contacts/export?format=ndjson").text
    whole = client.get("/v1/contacts/export?format=ndjson&restricted=true").text

    assert usual == ""
    assert mari.email in whole


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_lifting_needs_that_the_person_was_told_and_recipients_learn_of_it(
    tenant: Tenant, admin: Admin
) -> None:
    mari = make_person(tenant, admin, first_name="Mari")
    enter(tenant, MAILHOUSE)
    hand(mari)
    granted(mari, "restriction")
    [notice] = notices(tenant)
    tenant.client.post(f"/v1/recipient-notices/{notice['id']}/sent", json={"by": "email"})

    lifted = lift(mari)

    [once] = lifted.json["items"]
    assert (once["justification"], once["lifted_by"][:4]) == ("verified", "key:")
    assert mari.change(city="Tartu").status_code == 200
    assert "restricted" not in mari.reasons()
    assert [one["source"] for one in told(admin, tenant, "contact.restriction_lifted.v1")] == [
        "operator"
    ]
    assert {one["cause"] for one in notices(tenant)} == {"restriction", "restriction_lifted"}


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_that_it_was_lifted_is_owed_only_to_whom_knows_of_the_restriction(
    tenant: Tenant, admin: Admin
) -> None:
    mari = make_person(tenant, admin, first_name="Mari")
    for slug in ("told", "confirmed", "untold"):
        enter(tenant, MAILHOUSE, slug=slug)
        hand(mari, slug)
    granted(mari, "restriction")
    owed = {one["recipient"]: one["id"] for one in notices(tenant)}
    post = tenant.client.post
    post(f"/v1/recipient-notices/{owed['told']}/sent", json={"by": "email"})
    post(f"/v1/recipient-notices/{owed['confirmed']}/acknowledgement", json={"by": "phone"})

    lift(mari)

    after = [one["recipient"] for one in notices(tenant) if one["cause"] == "restriction_lifted"]
    assert sorted(after) == ["confirmed", "told"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"informed_at": "2020-01-01T00:00:00Z"}, "informed_before_restriction"),
        ({"informed_at": "2099-01-01T00:00:00Z"}, "invalid_request"),
        ({"informed_at": None}, "invalid_request"),
        ({"justification": " "}, "invalid_request"),
    ],
)
def test_a_lift_of_which_the_person_was_not_told_is_refused(
    mari: Person, facts: dict[str, Any], code: str
) -> None:
    answer = lift(mari, **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert mari.change(city="Tartu").json["code"] == "restricted"


def test_what_is_not_restricted_is_not_lifted(tenant: Tenant, admin: Admin) -> None:
    answer = lift(make_person(tenant, admin))

    assert (answer.status_code, answer.json["code"]) == (409, "not_restricted")


def test_lifting_has_a_scope_of_its_own(mari: Person) -> None:
    client = mari.tenant.client_with("rights:write", "rights:read")
    body = {"justification": "verified", "informed_at": utcnow().isoformat()}

    answer = client.post(f"{mari.path}/restriction/lift", json=body)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    [standing] = client.get(f"{mari.path}/restrictions").json["items"]
    assert standing["lifted_at"] is None
