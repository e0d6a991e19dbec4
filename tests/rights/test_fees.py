"""A fee for requests that are unfounded or excessive, where the policy has one (Art. 12(5))."""

from typing import Any

import pytest
from flask import Flask

from crm_service.policies.loading import read_policy
from tests.contacts.register import Admin, audited, register
from tests.factories import Tenant, make_tenant
from tests.rights.asking import POLICIES, ask, decide, read, step, under
from tests.rights.charging import FEE, charged, refused, stating

LANGUAGES = ("sl", "en", "et", "nb", "sv", "ru")


@pytest.fixture
def slovene(app: Flask) -> Tenant:
    """A controller under the policy of which si-17 is a clause."""
    return under(app, "tenzor")


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
        {"currency": "EU"}, {"currency": "eur"}, {"currency": 978}, {"reasons": " "},
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
