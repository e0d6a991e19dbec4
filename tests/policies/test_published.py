"""The published policies, each kept by its file: what they share, and what each says of its own."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.policies.checking import check
from crm_service.policies.findings import ERROR
from crm_service.policies.loading import read_policy
from tests.disclosures import audiences
from tests.factories import Answer, make_tenant
from tests.permissions.person import EVIDENCE, Person, consent, make_person

POLICIES = Path(__file__).parents[2] / "deploy" / "policies"
PUBLISHED = sorted(path.stem for path in POLICIES.glob("*.yaml"))
LI = "legitimate_interests"
BASES = {
    "marketing": {LI, "consent"},
    "service": {"contract", "legal_obligation"},
}

Admin = psycopg.Connection[TupleRow]


def under(app: Flask, admin: Admin, name: str, **facts: Any) -> Person:
    """Return a person in a register that keeps the policy of that name."""
    tenant = make_tenant(app, policy=dict(read_policy(POLICIES / f"{name}.yaml")))
    return make_person(tenant, admin, **facts)


def about(person: Person, basis: str, purpose: str, evidence: Any = None) -> Answer:
    stated: dict[str, Any] = {"purpose": purpose, "basis": basis, "state": "granted"}
    stated["evidence"] = evidence or EVIDENCE[basis]
    return person.tenant.client.post(f"{person.path}/permissions", json=stated)


def test_five_policies_are_published() -> None:
    assert PUBLISHED == ["cadcraft", "cantec-ee", "cantec-no", "tenzor", "websystems"]


@pytest.mark.clause("ws-07")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_policy_is_without_error_and_names_its_authority(name: str) -> None:
    document = read_policy(POLICIES / f"{name}.yaml")

    findings = check(document)

    assert [one for one in findings if one.severity == ERROR] == []
    assert document["authority"]["url"].startswith("https://")


@pytest.mark.clause("si-01", "se-03")
@pytest.mark.parametrize("purpose", BASES)
@pytest.mark.parametrize("basis", sorted(EVIDENCE))
def test_a_purpose_rests_on_the_bases_that_its_policy_names(
    app: Flask, admin: Admin, purpose: str, basis: str
) -> None:
    person = under(app, admin, "tenzor")

    answer = about(person, basis, purpose)

    is_named = basis in BASES[purpose]
    assert answer.status_code == (201 if is_named else 422), answer.json
    assert len(person.permissions()) == is_named


@pytest.mark.clause("si-02", "ws-05")
@pytest.mark.parametrize(
    ("name", "basis"), [("tenzor", LI), ("tenzor", "consent"), ("websystems", "consent")]
)
def test_a_permission_without_a_term_lasts_until_it_is_ended(
    app: Flask, admin: Admin, name: str, basis: str
) -> None:
    person = under(app, admin, name, added_at="1998-01-01T00:00:00Z")
    person.grant(
        basis, evidence=consent("1998-01-02T00:00:00Z") if basis == "consent" else EVIDENCE[LI]
    )
    assert person.verdict()["eligible"]

    person.state("withdrawn")

    assert not person.verdict()["eligible"]


@pytest.mark.clause("si-06")
def test_a_legitimate_interest_without_its_assessment_is_refused(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "tenzor")

    answer = about(person, LI, "marketing", {"justification": "we think so"})

    assert (answer.status_code, answer.json["code"]) == (422, "evidence_missing")
    assert person.permissions() == []


@pytest.mark.clause("si-07")
def test_on_legitimate_interest_only_name_address_phone_and_email_are_used(app: Flask) -> None:
    tenant = make_tenant(app, policy=dict(read_policy(POLICIES / "tenzor.yaml")))
    audiences.make_topic(tenant)
    audiences.register(tenant, audiences.interest())

    [person] = audiences.people(tenant)

    told = {name for name, value in person.items() if value} & set(audiences.MARI)
    assert told == {
        "email",
        "phone",
        "first_name",
        "last_name",
        "street",
        "postal_code",
        "city",
        "country",
    }


@pytest.mark.clause("si-09")
def test_consent_to_one_purpose_is_none_to_another(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "tenzor")

    about(person, "consent", "photos_and_videos")

    assert [one["purpose"] for one in person.permissions()] == ["photos_and_videos"]
    assert person.reasons() == ["no_legal_basis"]


@pytest.mark.clause("ws-01")
@pytest.mark.parametrize(
    ("field", "value"), [("street", "Viru 1"), ("notes", "tall"), ("city", "Tartu")]
)
def test_websystems_keeps_name_phone_email_and_company_only(
    app: Flask, admin: Admin, field: str, value: str
) -> None:
    listed = {
        "first_name": "Mari",
        "last_name": "Tamm",
        "phone": "+372 5123 4567",
        "company": "Tamm OÜ",
    }
    person = under(app, admin, "websystems", **listed)

    answer = person.change(**{field: value})

    assert (answer.status_code, answer.json["code"]) == (422, "field_not_allowed")
    kept = person.tenant.client.get(person.path).json
    assert {name: kept[name] for name in listed} == listed


@pytest.mark.rule(17)
@pytest.mark.clause("no-10")
def test_a_consent_whose_words_are_unknown_is_refused_in_norway(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-no")

    answer = person.state(
        "granted", evidence=consent("2026-03-01T10:00:00Z", wording={"version": "v9"})
    )

    assert (answer.status_code, answer.json["code"]) == (422, "wording_text_missing")
    assert person.permissions() == []
