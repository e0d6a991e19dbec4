"""Recipients are told of what became of the data they got, until they have confirmed (Art. 19)."""

from typing import Any

import pytest
from flask import Flask

from crm_service.clock import utcnow
from tests.factories import Tenant, load_policy, make_tenant
from tests.notices.owed import granted, notices, step
from tests.permissions.person import Admin, Person, audited, make_person
from tests.recipients.register import COURT, MAILHOUSE, enter, hand
from tests.rights.asking import at, package, told

LAW = {"reference": "Code of Civil Procedure § 279", "need": "evidence in case 2-26-1"}


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """A person whose name and address a processor got."""
    person = make_person(tenant, admin, first_name="Mari", last_name="Tamm")
    enter(tenant, MAILHOUSE)
    assert hand(person).status_code == 201
    return person


@pytest.mark.rule(33)
@pytest.mark.clause("si-17", "ee-12", "no-08")
def test_a_correction_is_owed_to_whom_the_field_went(mari: Person, admin: Admin) -> None:
    tenant = mari.tenant
    enter(tenant, MAILHOUSE, slug="printer")
    hand(mari, "printer", fields=["last_name"])

    request = granted(mari, "rectification", changes={"first_name": "Maria", "city": "Tartu"})

    [notice] = notices(tenant, open=True)
    assert (notice["recipient"], notice["cause"]) == ("mailhouse", "rectification")
    assert (notice["fields"], notice["status"]) == (["first_name"], "due")
    assert (notice["contact_id"], notice["request_id"]) == (str(mari.id), request["id"])
    assert request["executed"]["recipients_to_tell"] == 1
    [event] = told(admin, tenant, "recipient_notice.due.v1")
    assert event == {
        "notice_id": notice["id"],
        "recipient": "mailhouse",
        "cause": "rectification",
        "due_on": notice["due_on"],
        "request_id": request["id"],
    }


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_a_restriction_is_owed_to_everyone_but_an_authority_in_an_inquiry(mari: Person) -> None:
    tenant = mari.tenant
    enter(tenant, COURT)
    assert hand(mari, "court", "legal_right", **LAW).status_code == 201
    enter(tenant, MAILHOUSE, slug="nothing-got")

    granted(mari, "restriction")

    assert [one["recipient"] for one in notices(tenant)] == ["mailhouse"]


def test_one_that_receives_nothing_any_more_is_told_all_the_same(mari: Person) -> None:
    [recipient] = mari.tenant.client.get("/v1/recipients").json["items"]
    mari.tenant.client.patch(f"/v1/recipients/{recipient['id']}", json={"ended": True})

    granted(mari, "restriction")

    assert [one["recipient"] for one in notices(mari.tenant)] == ["mailhouse"]


@pytest.mark.rule(33)
@pytest.mark.clause("ws-05", "si-17")
def test_a_notice_is_open_until_the_recipient_has_confirmed(mari: Person, admin: Admin) -> None:
    tenant = mari.tenant
    granted(mari, "restriction")
    [notice] = notices(tenant)

    step(tenant, notice, "sent", by="email")
    reminded = step(tenant, notice, "sent", by="phone").json
    still_open = notices(tenant, open=True)
    confirmed = step(tenant, notice, "acknowledgement", by="email", at="2026-03-01T10:00:00Z").json
    again = step(tenant, notice, "acknowledgement", by="post").json

    assert (reminded["status"], reminded["times_sent"], reminded["sent_by"]) == ("sent", 2, "phone")
    assert [one["id"] for one in still_open] == [notice["id"]]
    assert (confirmed["status"], confirmed["acknowledged_by"]) == ("acknowledged", "email")
    assert again == confirmed
    assert notices(tenant, open=True) == []
    assert [one["id"] for one in notices(tenant, open=False)] == [notice["id"]]
    assert len(audited(admin, tenant, "notices.acknowledge")) == 1


@pytest.mark.rule(33)
def test_telling_may_be_impossible_and_then_it_is_said_why(mari: Person) -> None:
    tenant = mari.tenant
    granted(mari, "restriction")
    [notice] = notices(tenant)

    excused = step(tenant, notice, "dispensation", ground="impossible", reasons="It is dissolved.")
    late = step(tenant, notice, "acknowledgement", by="email")
    later = step(tenant, notice, "sent", by="email")

    assert (excused.json["status"], excused.json["dispensed_for"]) == ("dispensed", "impossible")
    assert notices(tenant, open=True) == []
    assert {(one.status_code, one.json["code"]) for one in (late, later)} == {
        (409, "notice_settled")
    }


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("sent", {}),
        ("sent", {"by": "pigeon"}),
        ("sent", {"by": "email", "at": "2099-01-01T00:00:00Z"}),
        ("acknowledgement", {"by": "email", "word": "yes"}),
        ("dispensation", {"ground": "impossible"}),
        ("dispensation", {"ground": "tiresome", "reasons": "too many"}),
        ("dispensation", {"ground": "impossible", "reasons": " "}),
    ],
)
def test_a_step_that_says_too_little_is_refused_and_changes_nothing(
    mari: Person, name: str, body: dict[str, Any]
) -> None:
    granted(mari, "restriction")
    [notice] = notices(mari.tenant)

    answer = step(mari.tenant, notice, name, **body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert notices(mari.tenant) == [notice]


@pytest.mark.rule(32)
def test_recipients_are_told_within_the_time_of_the_policy(app: Flask, admin: Admin) -> None:
    policy = load_policy()
    policy["rights"]["recipients_told_within"] = {"days": 3}
    with at("2026-11-20T22:30:00+00:00"):  # the 21st in Tallinn
        mari = make_person(make_tenant(app, policy=policy), admin, first_name="Mari")
        enter(mari.tenant, MAILHOUSE)
        hand(mari)
        granted(mari, "restriction")

    [notice] = notices(mari.tenant)
    with at("2026-11-24T21:59:00+00:00"):
        in_time = notices(mari.tenant, overdue=True)
    with at("2026-11-24T22:01:00+00:00"):
        too_late = notices(mari.tenant, overdue=True)

    assert notice["due_on"] == "2026-11-24"
    assert (in_time, [one["id"] for one in too_late]) == ([], [notice["id"]])


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_the_person_may_ask_who_was_told(mari: Person) -> None:
    granted(mari, "restriction")

    request = granted(mari, "access")
    [notice] = package(mari.tenant, request)["notices"]

    assert (notice["recipient"], notice["cause"]) == ("mailhouse", "restriction")


@pytest.mark.rule(5, 34)
def test_a_notice_outlives_the_person_without_a_word_about_her(mari: Person) -> None:
    tenant = mari.tenant
    granted(mari, "restriction")
    [notice] = notices(tenant)
    step(tenant, notice, "dispensation", ground="impossible", reasons="Mari knows.")

    tenant.client.delete(mari.path)

    kept, owed = sorted(notices(tenant), key=lambda one: one["cause"], reverse=True)
    assert (owed["cause"], owed["status"]) == ("erasure", "due")
    assert (kept["id"], kept["dispensed_for"]) == (notice["id"], "impossible")
    assert kept["dispensed_reasons"] is None
    assert kept["owed_at"] <= utcnow().isoformat()


@pytest.mark.rule(33)
def test_a_restriction_by_review_is_owed_to_recipients_once(mari: Person) -> None:
    body = {"decision": "restrict", "reasons": "nobody used it"}
    path = f"/v1/reviews/{mari.id}/decision"

    for _ in range(2):
        assert mari.tenant.client.post(path, json=body).status_code == 200

    [notice] = notices(mari.tenant)
    assert (notice["cause"], notice["recipient"]) == ("restriction", "mailhouse")
    assert (notice["contact_id"], notice["request_id"]) == (str(mari.id), None)


@pytest.mark.rule(33)
@pytest.mark.parametrize("known", ["sent", "acknowledgement"])
def test_who_knows_of_a_restriction_is_told_that_it_is_lifted(mari: Person, known: str) -> None:
    tenant = mari.tenant
    granted(mari, "restriction")
    [notice] = notices(tenant)
    step(tenant, notice, known, by="email")

    lift = {"justification": "the data were verified", "informed_at": utcnow().isoformat()}
    tenant.client.post(f"{mari.path}/restriction/lift", json=lift)

    assert {one["cause"] for one in notices(tenant)} == {"restriction", "restriction_lifted"}


def test_lists_are_narrowed_and_paged(mari: Person) -> None:
    tenant = mari.tenant
    first = granted(mari, "rectification", changes={"first_name": "Maria"})
    granted(mari, "restriction")

    page = tenant.client.get("/v1/recipient-notices?limit=1").json
    rest = notices(tenant, limit=1, cursor=page["next_cursor"])

    assert {page["items"][0]["cause"], rest[0]["cause"]} == {"rectification", "restriction"}
    assert [one["cause"] for one in notices(tenant, request_id=first["id"])] == ["rectification"]
    assert notices(tenant, recipient="somebody") == []
    assert tenant.client.get(f"/v1/recipient-notices/{rest[0]['id']}").json == rest[0]
