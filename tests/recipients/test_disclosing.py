"""Data go to nobody but where the policy lets them, and every time it is on record."""

from typing import Any

import pytest
from flask import Flask

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, audited, make_person
from tests.recipients.register import COURT, MAILHOUSE, enter, hand, reasons, under

LAW = {"reference": "Code of Civil Procedure § 279", "need": "evidence in case 2-26-1"}
THIRD = {"kind": "third_party"}
AUTHORITY = {**COURT, "slug": "mailhouse"}
ORGANIZATION = {"is_international_organization": True}
ON_CONSENT = {"ground": "consent", "purpose": "marketing"}
NO_REF = "reference_missing"


EE11 = pytest.mark.clause("ee-11")
NO02 = pytest.mark.clause("no-02")
NO09 = pytest.mark.clause("no-09")
SI15 = pytest.mark.clause("si-15")
WS03 = pytest.mark.clause("ws-03")
WS04 = pytest.mark.clause("ws-04")


def _by(clause: pytest.MarkDecorator, *case: Any) -> Any:
    return pytest.param(*case, marks=clause)


#: Policy, what the register says, what is asked, and why it is refused.
REFUSED: list[Any] = [
    _by(WS03, "websystems", {"contract": None}, {}, ["contract_missing"]),
    _by(WS04, "websystems", THIRD, {"ground": "legal_duty"}, ["ground_not_allowed", NO_REF]),
    _by(WS04, "websystems", THIRD, ON_CONSENT, ["consent_missing"]),
    _by(NO09, "cantec-no", {"confidentiality": None}, {}, ["confidentiality_missing"]),
    _by(NO09, "cantec-no", {}, {"fields": ["first_name", "notes"]}, ["field_not_allowed"]),
    _by(NO02, "cantec-no", {"stores_elsewhere": True}, {}, ["stored_elsewhere"]),
    _by(SI15, "tenzor", {"country": "US"}, {}, ["country_not_allowed"]),
    _by(SI15, "tenzor", ORGANIZATION, {}, ["organization_not_allowed"]),
    _by(EE11, "cantec-ee", THIRD, {"ground": "legal_right", **LAW}, ["no_authority"]),
    _by(EE11, "cantec-ee", AUTHORITY, {"ground": "legal_right"}, [NO_REF, "need_missing"]),
    _by(EE11, "cantec-ee", THIRD, {}, ["no_processor"]),
]


@pytest.mark.parametrize(("policy", "recipient", "asked", "expected"), REFUSED)
def test_what_the_policy_does_not_allow_is_refused_and_nothing_is_handed_out(
    app: Flask,
    admin: Admin,
    policy: str,
    recipient: dict[str, Any],
    asked: dict[str, Any],
    expected: list[str],
) -> None:
    person = under(app, admin, policy)
    enter(person.tenant, {**MAILHOUSE, **recipient})

    answer = hand(person, **asked)

    assert reasons(answer) == expected
    assert "Mari" not in answer.text
    assert person.tenant.client.get("/v1/disclosures").json["items"] == []


@pytest.mark.rule(38)
@pytest.mark.clause("ee-11", "no-09")
def test_what_is_handed_out_is_no_more_than_was_asked_and_on_record(
    tenant: Tenant, admin: Admin
) -> None:
    mari = make_person(tenant, admin, first_name="Mari", last_name="Tamm")
    enter(tenant, COURT)

    answer = hand(mari, "court", "legal_right", **LAW)

    assert answer.status_code == 201
    fields = {"email": "mari@example.com", "first_name": "Mari"}
    assert answer.json["items"] == [{"contact_id": str(mari.id), "fields": fields}]
    [kept] = tenant.client.get("/v1/disclosures").json["items"]
    told = {name: kept[name] for name in ("recipient", "ground", "fields", "count")}
    assert told == {
        "recipient": "court",
        "ground": "legal_right",
        "fields": sorted(fields),
        "count": 1,
    }
    assert (kept["reference"], kept["need"]) == (LAW["reference"], LAW["need"])
    assert [one["count"] for one in audited(admin, tenant, "recipients.disclose")] == [1]


@pytest.mark.clause("ws-04", "no-10")
def test_a_disclosure_on_consent_ends_with_the_consent(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "websystems")
    enter(person.tenant, MAILHOUSE, **THIRD)
    person.grant(purpose="service")

    given = hand(person, ground="consent", purpose="service")
    person.state("withdrawn", purpose="service")
    withdrawn = hand(person, ground="consent", purpose="service")

    assert given.status_code == 201
    assert reasons(withdrawn) == ["consent_missing"]


@pytest.mark.rule(33, 36)
def test_nobody_of_another_controller_is_handed_out(
    tenant: Tenant, other_tenant: Tenant, admin: Admin
) -> None:
    theirs: Person = make_person(other_tenant, admin)
    mine = make_person(tenant, admin)
    enter(tenant, MAILHOUSE)

    answer = hand(mine, contact_ids=[str(mine.id), str(theirs.id)])

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_contact")
    assert tenant.client.get("/v1/disclosures").json["items"] == []


@pytest.mark.rule(33)
def test_access_says_to_whom_data_went_and_erasure_keeps_only_how_many(
    tenant: Tenant, admin: Admin
) -> None:
    mari = make_person(tenant, admin, first_name="Mari")
    enter(tenant, MAILHOUSE)
    hand(mari, need="letters to Mari")
    named = "SELECT count(*) FROM disclosed_subjects WHERE subject_id = %s"
    assert admin.execute(named, (mari.id,)).fetchone() == (1,)

    tenant.client.delete(mari.path)

    assert admin.execute(named, (mari.id,)).fetchone() == (0,)
    [kept] = tenant.client.get("/v1/disclosures").json["items"]
    assert (kept["count"], kept["need"]) == (1, None)


@pytest.mark.clause("ws-04", "no-10")
def test_everybody_in_a_disclosure_on_consent_has_consented(app: Flask, admin: Admin) -> None:
    mari = under(app, admin, "websystems")
    jaan = make_person(mari.tenant, admin, email="jaan@example.com")
    enter(mari.tenant, MAILHOUSE, **THIRD)
    both: dict[str, Any] = {"contact_ids": [str(mari.id), str(jaan.id)], "purpose": "service"}
    mari.grant(purpose="service")

    of_one = hand(mari, ground="consent", **both)
    jaan.grant(purpose="service")
    of_both = hand(mari, ground="consent", **both)

    assert reasons(of_one) == ["consent_missing"]
    assert "1 of them" in str(of_one.json["errors"])
    assert (of_both.status_code, len(of_both.json["items"])) == (201, 2)
