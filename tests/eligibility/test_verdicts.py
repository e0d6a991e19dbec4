import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_service.clock import utcnow
from crm_service.eligibility import service
from tests.factories import Tenant
from tests.permissions.person import Person, audited, make_person

LI = "legitimate_interests"
PHONE = "+372 5123 4567"


def check(tenant: Tenant, **facts: Any) -> Any:
    question = {"topic": "offers", "channel": "email", **facts}
    return tenant.client.post("/v1/eligibility-checks", json=question)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(service, "utcnow", lambda: moment)


@pytest.mark.rule(21, 23)
def test_an_address_that_nobody_bears_is_unknown_and_nothing_else(mari: Person) -> None:
    assert mari.reasons(emails=["nobody@example.com"]) == ["unknown_address"]


@pytest.mark.rule(22, 23)
@pytest.mark.parametrize(
    "text", ["", " ", "x", "a@b", "a@@example.com", "a b@example.com", "ü" * 999]
)
def test_what_is_no_address_is_a_result_not_an_error(mari: Person, text: str) -> None:
    found = mari.verdict(emails=[text])

    assert found == {"email": text, "eligible": False, "reasons": ["invalid_address"]}


@pytest.mark.rule(21, 23)
@pytest.mark.clause("se-03")
def test_a_contact_of_whom_nothing_is_stated_has_no_legal_basis(mari: Person) -> None:
    assert mari.reasons() == ["no_legal_basis"]


@pytest.mark.rule(23)
def test_an_unknown_address_that_is_suppressed_is_suppressed_alone(mari: Person) -> None:
    mari.suppress("manual", email="nobody@example.com")

    found = mari.verdict(emails=["nobody@example.com"])

    assert found["reasons"] == ["suppressed"]
    assert found["suppressions"] == [{"scope": "marketing", "reason": "manual"}]


@pytest.mark.rule(23)
def test_a_known_address_without_a_basis_that_is_suppressed_has_both_reasons(mari: Person) -> None:
    mari.suppress("manual")

    assert mari.reasons() == ["suppressed", "no_legal_basis"]


@pytest.mark.rule(23)
def test_every_reason_that_applies_is_given_strongest_first(mari: Person) -> None:
    mari.state("pending", topic="offers")
    mari.grant("soft_opt_in")
    mari.state("objected", LI)
    mari.state("withdrawn", purpose="marketing")
    mari.suppress("erasure")
    mari.admin.execute(
        "UPDATE addresses SET restricted = true WHERE controller_id = %s",
        (mari.tenant.controller_id,),
    )

    assert mari.reasons() == ["suppressed", "restricted", "erased", "objected", "withdrawn"]


@pytest.mark.rule(23, 33)
def test_a_restricted_person_is_not_written_to(mari: Person) -> None:
    mari.grant()
    mari.admin.execute(
        "UPDATE addresses SET restricted = true WHERE controller_id = %s",
        (mari.tenant.controller_id,),
    )

    assert mari.reasons() == ["restricted"]


@pytest.mark.rule(22, 23)
def test_a_yes_names_the_strongest_basis_relied_on(mari: Person) -> None:
    for basis in (LI, "soft_opt_in", "consent"):
        mari.grant(basis)
        assert mari.verdict() == {
            "email": mari.email,
            "eligible": True,
            "reasons": [],
            "basis": basis,
        }


@pytest.mark.rule(23)
@pytest.mark.parametrize(("basis", "reasons"), [(LI, []), ("consent", ["no_legal_basis"])])
def test_a_topic_inherits_what_the_policy_lets_it_inherit(
    mari: Person, basis: str, reasons: list[str]
) -> None:
    mari.grant(basis, purpose="marketing")

    assert mari.reasons() == reasons


@pytest.mark.rule(20)
@pytest.mark.clause("ee-05")
@pytest.mark.parametrize(("added", "end"), [
    ("2022-02-15T10:00:00.123456Z", "2027-02-15T10:00:00.123456+00:00"),
    ("2024-02-29T12:00:00Z", "2029-02-28T12:00:00+00:00"),
    ("2024-07-01T00:00:00+03:00", "2029-06-30T21:00:00+00:00"),
])  # fmt: skip
def test_a_term_is_over_at_its_very_microsecond(
    tenant: Tenant, admin: Any, monkeypatch: pytest.MonkeyPatch, added: str, end: str
) -> None:
    person = make_person(tenant, admin, added_at=added)
    person.grant()
    ended = datetime.fromisoformat(end)

    at(monkeypatch, ended - timedelta(microseconds=1))
    before = person.reasons()
    at(monkeypatch, ended)

    assert (before, person.reasons()) == ([], ["term_ended"])


@pytest.mark.rule(20)
@pytest.mark.clause("ee-05")
def test_an_earlier_start_ends_the_term_and_a_later_one_moves_nothing(mari: Person) -> None:
    mari.grant()
    later = {"email": mari.email, "source": {"kind": "import"}, "added_at": "2026-11-01T00:00:00Z"}
    earlier = later | {"added_at": "2019-01-01T00:00:00Z"}

    mari.tenant.client.put("/v1/contacts", json=earlier)
    ended = mari.reasons()
    mari.tenant.client.put("/v1/contacts", json=later)

    assert ended == mari.reasons() == ["term_ended"]


@pytest.mark.rule(22)
def test_answers_come_in_the_order_asked_one_for_each_also_for_twins(mari: Person) -> None:
    mari.grant()
    mari.suppress("manual", email="blocked@example.com")
    asked = ["x", mari.email, "blocked@example.com", " MARI@Example.com ", "x", mari.email] * 1000

    answer = check(mari.tenant, emails=asked[:5998]).json

    assert [one["email"] for one in answer["results"]] == asked[:5998]
    assert answer["counts"] == {"eligible": 2999, "ineligible": 2999}
    blocks = {str(one["suppressions"]) for one in answer["results"] if "suppressions" in one}
    assert blocks == {"[{'scope': 'marketing', 'reason': 'manual'}]"}


@pytest.mark.rule(6, 21)
def test_a_former_address_is_unknown_and_the_new_one_permitted(mari: Person) -> None:
    mari.grant()

    mari.change(email="mari.new@example.com")

    assert mari.reasons() == ["unknown_address"]
    assert mari.reasons(emails=["mari.new@example.com"]) == []


@pytest.mark.rule(22)
def test_people_may_be_asked_for_by_their_ids(mari: Person, other_tenant: Tenant) -> None:
    mari.grant()
    theirs = make_person(other_tenant, mari.admin)
    ids = [str(mari.id), str(uuid.uuid4()), str(theirs.id)]

    found = check(mari.tenant, contact_ids=ids).json["results"]

    assert [one["contact_id"] for one in found] == ids
    assert [one["reasons"] for one in found] == [[], ["unknown_address"], ["unknown_address"]]


@pytest.mark.rule(21, 22)
def test_a_shared_number_is_judged_for_each_who_bears_it(tenant: Tenant, admin: Any) -> None:
    mari = make_person(tenant, admin, phone=PHONE)
    jaan = make_person(tenant, admin, email="jaan@example.com", phone=PHONE)
    jaan.grant(channel="sms")
    mari.change(phone="+372 5999 9999")

    found = check(tenant, channel="sms", contact_ids=[str(mari.id), str(jaan.id)]).json["results"]

    assert [one["reasons"] for one in found] == [["no_legal_basis"], []]


@pytest.mark.rule(22)
def test_numbers_are_asked_in_any_spelling(tenant: Tenant, admin: Any) -> None:
    mari = make_person(tenant, admin, phone=PHONE)
    mari.grant(channel="sms")
    spellings = ["+37251234567", "+372 (5123) 4567", "5123", "12 34"]

    found = check(tenant, channel="sms", phones=spellings).json["results"]

    assert [one["reasons"] for one in found] == [[], [], ["invalid_address"], ["invalid_address"]]


@pytest.mark.rule(23)
def test_a_permission_for_one_channel_says_nothing_about_another(
    tenant: Tenant, admin: Any
) -> None:
    mari = make_person(tenant, admin, phone=PHONE)
    mari.grant()

    by_sms = check(tenant, channel="sms", contact_ids=[str(mari.id)]).json["results"]
    by_post = check(tenant, channel="post", emails=[mari.email]).json["results"]

    assert by_sms[0]["reasons"] == by_post[0]["reasons"] == ["no_legal_basis"]


@pytest.mark.rule(22, 38)
def test_a_decision_can_be_proved_by_its_audit_entry(mari: Person, tenant: Tenant) -> None:
    mari.grant()

    decision = check(tenant, emails=[mari.email, "x"], include=["links"]).json

    [entry] = audited(mari.admin, tenant, "eligibility.check")
    assert entry["id"] == decision["decision_id"]
    assert (entry["count"], entry["purpose"], entry["fields"]) == (2, "marketing", ["email"])
    details = entry["details"]
    assert (details["eligible"], details["policy_version"]) == (1, decision["policy_version"])
    assert len(details["results_sha256"]) == 64
    assert utcnow() >= datetime.fromisoformat(decision["checked_at"])
    assert "mari" not in str(entry).lower()
