"""A fee for requests that are unfounded or excessive, where the policy has one (Art. 12(5))."""

from typing import Any

import pytest
from flask import Flask

from crm_service.policies.loading import read_policy
from tests.contacts.register import Admin, audited, register
from tests.factories import Answer, Tenant, make_tenant
from tests.rights.asking import POLICIES, ask, at, decide, identify, read, step, under
from tests.rights.opening import data, opened

PASSWORD = "correct horse battery"
FEE = {"amount": "12.50", "currency": "EUR", "reasons": "The third copy this month."}
LANGUAGES = ("sl", "en", "et", "nb", "sv", "ru")


@pytest.fixture
def slovene(app: Flask) -> Tenant:
    """A controller under the policy of which si-17 is a clause."""
    return under(app, "tenzor")


def stating(app: Flask, **section: Any) -> Tenant:
    """Return a controller whose policy says this about rights besides."""
    policy = dict(read_policy(POLICIES / "tenzor.yaml"))
    return make_tenant(app, policy=policy | {"rights": {**policy["rights"], **section}})


def charged(tenant: Tenant, kind: str = "access", **facts: Any) -> dict[str, Any]:
    """Return a request for which a fee is asked, of somebody who is identified."""
    request = ask(tenant, kind, **facts)
    identify(tenant, request)
    answer = step(tenant, request, "fee", **FEE)
    assert answer.status_code == 200, answer.json
    return request


def refused(answer: Answer) -> tuple[int, str]:
    """Return how something was refused."""
    return answer.status_code, answer.json["code"]


@pytest.mark.clause("si-17")
@pytest.mark.parametrize(("done", "outcome"), [("paid", "paid"), ("waived", "waived")])
def test_nothing_is_granted_before_the_fee_is_paid_or_waived(
    slovene: Tenant, admin: Admin, done: str, outcome: str
) -> None:
    register(slovene)
    request = charged(slovene)

    early = decide(slovene, request, "granted")
    partly = decide(slovene, request, "partly_granted", reasons="Some of it.")
    package = slovene.client.get(f"/v1/rights-requests/{request['id']}/package")
    settled = step(slovene, request, f"fee/{done}")
    granted = decide(slovene, request, "granted")

    assert refused(early) == refused(partly) == (409, "fee_unpaid")
    assert (early.json["amount"], early.json["currency"]) == ("12.50", "EUR")
    assert refused(package) == (409, "no_package")
    assert (settled.json["fee_outcome"], granted.json["fee_outcome"]) == (outcome, outcome)
    assert (granted.status_code, granted.json["status"]) == (200, "decided")
    assert len(audited(admin, slovene, "rights.charge")) == 1
    assert len(audited(admin, slovene, "rights.settle")) == 1


@pytest.mark.clause("si-17", "si-18")
@pytest.mark.parametrize(
    ("language", "amount", "excessive", "limit"),
    [
        ("en", "€12.50", "manifestly unfounded or excessive", "15 days"),
        ("sl", "12,50 €", "očitno neutemeljena ali pretirana", "15 dni"),
        ("et", "12,50 €", "selgelt põhjendamatu või ülemäärane", "15 päeva"),
        ("nb", "12,50 €", "åpenbart grunnløst eller overdrevent", "15 dager"),
        ("sv", "12,50 €", "uppenbart ogrundad eller orimlig", "15 dagar"),
        ("ru", "12,50 €", "явно необоснован или чрезмерен", "15 дней"),
    ],
)
def test_the_person_is_told_the_fee_why_and_where_to_complain(
    app: Flask, language: str, amount: str, excessive: str, limit: str
) -> None:
    policy = dict(read_policy(POLICIES / "tenzor.yaml"))
    tenant = make_tenant(app, policy=policy | {"languages": [*LANGUAGES]})
    request = ask(tenant, "access", language=language)

    answer = step(tenant, request, "fee", **FEE).json

    text = answer["fee_letter"]["text"].replace("\N{NO-BREAK SPACE}", " ")
    parts = (amount, excessive, FEE["reasons"], "Informacijski pooblaščenec", "12", limit)
    assert [part for part in parts if part not in text] == []
    assert (answer["fee_letter"]["language"], answer["answer_to"]) == (language, "mari@example.com")
    assert read(tenant, request)["fee_letter"] == answer["fee_letter"]
    assert read(tenant, request)["letter"] is None


@pytest.mark.clause("si-17", "ee-15")
@pytest.mark.parametrize("kind", ["objection", "withdrawal"])
def test_an_objection_and_a_withdrawal_are_always_free(slovene: Tenant, kind: str) -> None:
    request = ask(slovene, kind)

    answer = step(slovene, request, "fee", **FEE)

    assert refused(answer) == (409, "always_free")
    assert read(slovene, request)["fee_amount"] is None
    assert decide(slovene, request, "granted").status_code == 200


@pytest.mark.clause("si-17")
@pytest.mark.parametrize("name", ["cantec-ee", "cantec-no", "cadcraft", "websystems"])
def test_a_policy_without_a_fee_answers_free_of_charge(app: Flask, name: str) -> None:
    tenant = under(app, name)
    request = ask(tenant, "access")

    assert refused(step(tenant, request, "fee", **FEE)) == (409, "fee_not_allowed")
    assert read(tenant, request)["fee_letter"] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "-1"}, {"amount": "0"}, {"amount": "0.00"}, {"amount": "1.005"},
        {"amount": "1e3"}, {"amount": "NaN"}, {"amount": "12,50"}, {"amount": "12.50\n"},
        {"amount": 12.5}, {"amount": "1000000"}, {"amount": None}, {"currency": "EEK"},
        {"currency": "XXX"}, {"currency": "eur"}, {"currency": 978}, {"reasons": " "},
        {"reasons": None}, {"note": "x"},
    ],
)  # fmt: skip
def test_what_is_no_fee_is_refused(slovene: Tenant, changed: dict[str, Any]) -> None:
    request = ask(slovene, "access")
    path = f"/v1/rights-requests/{request['id']}/fee"

    answer = slovene.client.post(path, json={**FEE, **changed})

    assert refused(answer) == (422, "invalid_request")
    assert set(answer.json["errors"]) == set(changed)
    assert read(slovene, request)["fee_asked_at"] is None


def test_a_fee_is_asked_once_and_settled_once(slovene: Tenant) -> None:
    request = ask(slovene, "access")

    unasked = step(slovene, request, "fee/paid")
    step(slovene, request, "fee", **FEE)
    twice = step(slovene, request, "fee", **{**FEE, "amount": "99"})
    step(slovene, request, "fee/paid")
    again, other = step(slovene, request, "fee/paid"), step(slovene, request, "fee/waived")
    third = step(slovene, request, "fee", **FEE)

    assert refused(unasked) == (409, "no_fee_asked")
    assert refused(twice) == refused(third) == (409, "fee_asked_already")
    assert refused(again) == refused(other) == (409, "fee_settled_already")
    found = read(slovene, request)
    assert (found["fee_amount"], found["fee_outcome"]) == ("12.50", "paid")


def test_no_fee_is_asked_once_it_is_decided(slovene: Tenant) -> None:
    request = ask(slovene, "access")
    decide(slovene, request, "retracted")

    assert refused(step(slovene, request, "fee", **FEE)) == (409, "wrong_status")
    assert refused(step(slovene, request, "fee/waived")) == (409, "wrong_status")


def test_another_controllers_request_is_unknown(slovene: Tenant, other_tenant: Tenant) -> None:
    request = ask(slovene, "access")

    answers = [step(other_tenant, request, "fee", **FEE)]
    answers += [step(other_tenant, request, f"fee/{done}") for done in ("paid", "waived")]

    assert [refused(one) for one in answers] == [(404, "unknown_rights_request")] * 3
    assert read(slovene, request)["fee_asked_at"] is None


@pytest.mark.clause("si-17")
def test_the_highest_fee_is_the_policys(app: Flask) -> None:
    tenant = stating(app, fee={"most": {"amount": 20, "currency": "EUR"}})
    request = ask(tenant, "access")

    above = step(tenant, request, "fee", **{**FEE, "amount": "20.01"})
    elsewhere = step(tenant, request, "fee", **{**FEE, "currency": "NOK"})
    just = step(tenant, request, "fee", **{**FEE, "amount": "20.00"})

    assert refused(above) == (422, "fee_too_high")
    assert refused(elsewhere) == (422, "fee_currency")
    assert (just.status_code, just.json["fee_amount"]) == (200, "20.00")


@pytest.mark.clause("si-17")
def test_the_clock_runs_on_while_a_fee_is_unpaid(slovene: Tenant) -> None:
    with at("2026-11-02T12:00:00+00:00"):
        request = charged(slovene)
    with at("2026-12-10T12:00:00+00:00"):
        found = read(slovene, request)
        settled = step(slovene, request, "fee/paid").json

    assert (found["clock_stopped_at"], found["overdue"]) == (None, True)
    assert settled["due_on"] == request["due_on"] == "2026-12-02"


def test_a_policy_may_stop_the_clock_for_a_fee_until_nothing_is_waited_for(app: Flask) -> None:
    tenant = stating(app, clock_stops_for=["identity", "fee"], fee={})
    with at("2026-11-02T12:00:00+00:00"):
        request = ask(tenant, "access")
        step(tenant, request, "fee", **FEE)
        step(tenant, request, "information", about="identity", question="Who are you?")
    with at("2026-11-12T12:00:00+00:00"):
        step(tenant, request, "fee/paid")
        waiting = read(tenant, request)
    with at("2026-11-22T12:00:00+00:00"):
        identify(tenant, request)
        running = read(tenant, request)

    # Twenty days it stood still: ten for the fee and the identity, ten for the identity alone.
    assert waiting["clock_stopped_at"] is not None
    assert (running["clock_stopped_at"], running["due_on"]) == (None, "2026-12-22")


@pytest.mark.clause("si-17")
def test_it_is_a_fee_or_a_refusal_and_not_both(slovene: Tenant) -> None:
    owed, paid = (charged(slovene, language="en") for _ in range(2))
    step(slovene, paid, "fee/paid")
    reason = {"ground": "unfounded_or_excessive", "reasons": "The third copy."}

    instead = decide(slovene, owed, "refused", **reason).json
    both = decide(slovene, paid, "refused", **reason)

    assert (instead["outcome"], instead["fee_outcome"]) == ("refused", "waived")
    assert "You need not pay the fee" in instead["letter"]["text"]
    assert refused(both) == (409, "fee_paid")
    assert decide(slovene, paid, "granted").status_code == 200
    assert "You paid a fee of €12.50" in read(slovene, paid)["letter"]["text"]


@pytest.mark.clause("si-17")
def test_how_often_the_same_person_asked_in_a_year_is_evidence(slovene: Tenant) -> None:
    with at("2025-11-01T12:00:00+00:00"):
        ask(slovene, "access")
    with at("2025-11-03T12:00:00+00:00"):
        early = ask(slovene, "access")
        ask(slovene, "access", email="other@example.org")
    with at("2026-06-01T12:00:00+00:00"):
        contact = register(slovene)
        ask(slovene, "erasure", contact_id=contact["id"])
        ask(slovene, "access")
    with at("2026-11-02T12:00:00+00:00"):
        last = ask(slovene, "access", email="MARI@example.com")

    assert read(slovene, last)["previous_requests"] == {"access": 2, "erasure": 1}
    assert read(slovene, early)["previous_requests"] == {"access": 1}


@pytest.mark.rule(5, 34)
@pytest.mark.clause("si-12")
def test_why_a_fee_was_asked_is_the_persons_and_goes_with_the_person(slovene: Tenant) -> None:
    register(slovene)
    request = charged(slovene)
    step(slovene, request, "fee/paid")
    decide(slovene, request, "granted")
    archive = slovene.client.post(
        f"/v1/rights-requests/{request['id']}/package", json={"password": PASSWORD}
    )
    requests = data(opened(archive.data, PASSWORD))["rights"]
    forget = ask(slovene, "erasure")
    identify(slovene, forget)

    erased = decide(slovene, forget, "granted")

    [held] = [one for one in requests if one["id"] == request["id"]]
    left = read(slovene, request)
    assert (held["fee_amount"], held["fee_reasons"]) == ("12.50", FEE["reasons"])
    assert erased.status_code == 200
    assert (left["fee_reasons"], left["fee_outcome"]) == (None, "paid")
    assert FEE["reasons"] not in str(left)
