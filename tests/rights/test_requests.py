"""Receiving requests, the clock, who asks, questions and more time."""

import secrets

import pytest
from flask import Flask

from crm_service.clock import utcnow
from tests.contacts.register import Admin, audited, register
from tests.factories import Tenant
from tests.rights.asking import ask, at, decide, identify, package, read, step, told, under


@pytest.mark.rule(32)
@pytest.mark.clause("ee-13", "no-11")
def test_the_clock_starts_at_receipt_in_the_controllers_time_zone(tenant: Tenant) -> None:
    # Half past midnight in Tallinn, on 1 December, of a letter that is recorded days later.
    with at("2026-12-03T09:00:00+00:00"):
        request = ask(tenant, "access", received_at="2026-11-30T22:30:00Z", received_by="post")

    assert (request["status"], request["received_by"]) == ("received", "post")
    assert (request["due_on"], request["legal_end_on"]) == ("2026-12-10", "2026-12-10")
    assert request["overdue"] is False


@pytest.mark.clause("no-08")
def test_another_policy_counts_calendar_days(app: Flask) -> None:
    with at("2026-12-14T12:00:00+00:00"):
        request = ask(under(app, "cantec-no"), "access")

    # 28 December; the last day in time would move from a weekend or a holiday.
    assert (request["due_on"], request["legal_end_on"]) == ("2026-12-28", "2026-12-28")


@pytest.mark.rule(25, 38)
def test_a_request_leaves_its_event_and_audit_entry_and_neither_names_the_person(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant)

    request = ask(tenant, "access", email="MARI@example.com", details="all about Mari, please")

    [event] = told(admin, tenant, "rights_request.received.v1")
    assert event == {
        "request_id": request["id"],
        "kind": "access",
        "received_by": "email",
        "due_on": request["due_on"],
    }
    assert request["subject_id"] == contact["id"]
    assert len(audited(admin, tenant, "rights.receive")) == 1


def test_whoever_is_unknown_may_ask_as_well(tenant: Tenant) -> None:
    request = ask(tenant, "access", email="nobody@example.org")

    assert tenant.client.get(f"/v1/contacts/{request['subject_id']}").status_code == 404
    assert read(tenant, request)["email"] == "nobody@example.org"


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        ({"kind": "oblivion"}, 422, "invalid_request"),
        ({"email": "a@example.com", "contact_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}, 422,
         "invalid_request"),
        ({"email": None}, 422, "invalid_request"),
        ({"email": "nobody"}, 422, "invalid_address"),
        ({"received_at": "2999-01-01T00:00:00Z"}, 422, "invalid_request"),
        ({"received_by": "pigeon"}, 422, "invalid_request"),
        ({"ground": "because"}, 422, "unknown_ground"),
        ({"kind": "objection", "purpose": "nothing"}, 422, "unknown_purpose"),
        ({"kind": "objection", "topic": "nothing"}, 422, "unknown_topic"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    tenant: Tenant, facts: dict[str, object], status: int, code: str
) -> None:
    body = {"kind": "access", "email": "mari@example.com", "received_by": "email", **facts}
    sent = {name: value for name, value in body.items() if value is not None}

    answer = tenant.client.post("/v1/rights-requests", json=sent)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_kind_that_the_policy_does_not_offer_is_refused(app: Flask) -> None:
    from tests.factories import load_policy, make_tenant  # noqa: PLC0415 - used here alone

    tenant = make_tenant(app, policy=load_policy() | {"rights": {"kinds": {"access": {}}}})
    body = {"kind": "erasure", "email": "mari@example.com", "received_by": "email"}

    answer = tenant.client.post("/v1/rights-requests", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "kind_not_offered")


@pytest.mark.clause("si-17")
def test_a_doubt_about_the_identity_stops_the_clock_until_it_is_settled(app: Flask) -> None:
    tenant = under(app, "tenzor")
    with at("2026-11-02T12:00:00+00:00"):
        request = ask(tenant, "access")
    with at("2026-11-10T12:00:00+00:00"):
        asked = step(tenant, request, "information", about="identity", question="Who are you?")
    with at("2026-12-20T12:00:00+00:00"):
        waiting = read(tenant, request)
        identify(tenant, request)
        known = read(tenant, request)

    assert (asked.json["status"], asked.json["asked_about"]) == ("identity", "identity")
    assert (waiting["due_on"], waiting["overdue"]) == ("2026-12-02", False)
    # 40 days the clock stood still: from 10 November to 20 December. 11 January is a Monday.
    assert (known["due_on"], known["legal_end_on"]) == ("2027-01-11", "2027-01-11")
    assert (known["status"], known["question"]) == ("in_progress", None)


@pytest.mark.clause("si-17")
def test_other_questions_do_not_stop_the_clock(tenant: Tenant) -> None:
    request = ask(tenant, "access")
    early = step(tenant, request, "information", about="specification", question="Which?")
    identify(tenant, request)
    asked = step(tenant, request, "information", about="specification", question="Which?")
    answered = step(tenant, request, "information/received")
    again = step(tenant, request, "information/received")

    assert early.json["code"] == "wrong_status"
    assert (asked.json["clock_stopped_at"], asked.json["question"]) == (None, "Which?")
    assert (answered.json["question"], answered.json["due_on"]) == (None, request["due_on"])
    assert again.json["code"] == "nothing_asked"


@pytest.mark.clause("si-17")
def test_a_period_is_extended_once_inside_the_first_month_with_reasons(
    app: Flask, admin: Admin
) -> None:
    tenant = under(app, "tenzor")
    with at("2026-10-30T12:00:00+00:00"):
        request, late = ask(tenant, "access"), ask(tenant, "access")
    with at("2026-11-30T22:00:00+00:00"):
        bare = step(tenant, request, "extension", reasons=" ")
        extended = step(tenant, request, "extension", reasons="The archive is on paper.")
        twice = step(tenant, request, "extension", reasons="Still.")
    with at("2026-12-01T12:00:00+00:00"):
        too_late = step(tenant, late, "extension", reasons="We forgot.")

    assert bare.status_code == 422
    assert (extended.json["due_on"], extended.json["extension_reasons"]) == (
        "2027-01-30",
        "The archive is on paper.",
    )
    assert extended.json["legal_end_on"] == "2027-02-01"
    assert (twice.json["code"], too_late.json["code"]) == ("extended_already", "too_late_to_extend")
    assert len(told(admin, tenant, "rights_request.extended.v1")) == 1


@pytest.mark.clause("ee-13")
def test_a_policy_without_an_extension_allows_none(tenant: Tenant) -> None:
    request = ask(tenant, "access")

    answer = step(tenant, request, "extension", reasons="We are busy.")

    assert (answer.status_code, answer.json["code"]) == (409, "extension_not_allowed")


@pytest.mark.rule(32)
@pytest.mark.clause("ee-13")
def test_lists_tell_what_is_overdue_and_what_soon_will_be(tenant: Tenant) -> None:
    with at("2026-11-02T12:00:00+00:00"):
        late, soon = ask(tenant, "access"), ask(tenant, "erasure")
        done = ask(tenant, "access")
        identify(tenant, done)
        decide(tenant, done, "granted")

    def listed(query: str) -> list[str]:
        found = tenant.client.get(f"/v1/rights-requests?{query}").json["items"]
        return [request["id"] for request in found]

    with at("2026-11-30T12:00:00+00:00"):
        assert listed("overdue=true") == [late["id"]]
        assert listed("due_soon=true") == [soon["id"]]
        assert listed("status=decided") == [done["id"]]
        assert set(listed("overdue=false&limit=1&kind=erasure")) == {soon["id"]}
        assert read(tenant, late)["overdue"] is True


def test_pages_follow_the_due_dates(tenant: Tenant) -> None:
    asked = [ask(tenant, kind)["id"] for kind in ("erasure", "access", "portability")]
    first = tenant.client.get("/v1/rights-requests?limit=2").json
    rest = tenant.client.get(f"/v1/rights-requests?limit=2&cursor={first['next_cursor']}").json

    found = [request["id"] for request in first["items"] + rest["items"]]

    assert sorted(found) == sorted(asked)
    assert found[-1] == asked[0]
    assert rest["next_cursor"] is None


@pytest.mark.rule(37)
@pytest.mark.clause("ee-18")
def test_who_may_read_may_not_write(tenant: Tenant) -> None:
    request = ask(tenant, "access")
    reader = tenant.client_with("rights:read")

    assert reader.get(f"/v1/rights-requests/{request['id']}").status_code == 200
    path = f"/v1/rights-requests/{request['id']}/identity"
    assert reader.post(path, json={"method": "attestation"}).status_code == 403


@pytest.mark.clause("ee-15")
def test_an_operator_may_have_the_address_proven_by_a_link(tenant: Tenant, admin: Admin) -> None:
    register(tenant)
    request = ask(tenant, "access")

    answer = step(tenant, request, "identity", method="link")

    [event] = told(admin, tenant, "address_proof.requested.v1")
    assert (answer.status_code, answer.json["status"]) == (200, "identity")
    assert event["purpose"] == "rights"


def test_links_for_one_request_are_limited(tenant: Tenant) -> None:
    register(tenant)
    request = ask(tenant, "access")

    answers = [step(tenant, request, "identity", method="link").status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


@pytest.mark.rule(34)
def test_requests_are_part_of_what_is_known_of_a_person(tenant: Tenant) -> None:
    secret = secrets.token_hex(8)
    asked = ask(tenant, "rectification", details=secret)
    request = ask(tenant, "access")
    identify(tenant, request)
    decide(tenant, request, "granted")

    held = {one["id"]: one for one in package(tenant, request)["rights"]}

    assert held[asked["id"]]["details"] == secret
    assert utcnow().isoformat()[:10] in held[request["id"]]["decided_at"]
