import hashlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from crm_service.permissions.evidence import REQUIRED
from tests.factories import load_policy, make_tenant
from tests.permissions.person import EVIDENCE, Admin, Person, consent, make_person

#: Each basis with a purpose that the policy for these tests lets it carry.
BASES = tuple(EVIDENCE)
FACTS = [(basis, path) for basis, facts in REQUIRED.items() for path in facts]
WORDING = {"version": "v1", "language": "en"}
TEXT = "Yes, write to me."


@pytest.fixture
def anyone(app: Flask, admin: Admin) -> Person:
    """A contact of a controller whose policy lets every basis carry marketing."""
    policy = load_policy()
    policy["purposes"]["marketing"]["bases"] = {basis: {} for basis in BASES}
    return make_person(make_tenant(app, policy=policy), admin)


def without(basis: str, path: str) -> dict[str, Any]:
    evidence: dict[str, Any] = deepcopy(dict(EVIDENCE[basis]))
    *parents, last = path.split(".")
    place = evidence
    for name in parents:
        place = place[name]
    del place[last]
    return evidence


@pytest.mark.rule(17)
@pytest.mark.parametrize("basis", BASES)
def test_a_grant_with_complete_evidence_is_recorded(anyone: Person, basis: str) -> None:
    answer = anyone.state("granted", basis)

    assert (answer.status_code, answer.json["outcome"]) == (201, "recorded")
    assert anyone.stands() == {("offers", basis): "granted"}


@pytest.mark.rule(17)
@pytest.mark.clause("si-06", "ee-06")
@pytest.mark.parametrize("state", ["granted", "pending"])
@pytest.mark.parametrize(("basis", "path"), FACTS)
def test_a_grant_without_a_fact_is_refused_by_the_facts_name(
    anyone: Person, basis: str, path: str, state: str
) -> None:
    before = anyone.stored()

    answer = anyone.state(state, basis, evidence=without(basis, path))

    assert (answer.status_code, answer.json["code"]) == (422, "evidence_missing")
    assert set(answer.json["errors"]) == {f"evidence.{path}"}
    assert anyone.stored() == before


@pytest.mark.rule(17)
@pytest.mark.parametrize("basis", BASES)
def test_every_missing_fact_is_named_at_once(anyone: Person, basis: str) -> None:
    before = anyone.stored()

    answer = anyone.state("granted", basis, evidence={})

    assert answer.json["code"] == "evidence_missing"
    assert set(answer.json["errors"]) == {f"evidence.{path}" for path in REQUIRED[basis]}
    assert anyone.stored() == before


@pytest.mark.rule(17)
@pytest.mark.parametrize("fact", ["similar_products", "opt_out_offered"])
@pytest.mark.parametrize("value", [False, "no", "false"])
def test_a_soft_opt_in_whose_conditions_are_not_plainly_true_is_none(
    anyone: Person, fact: str, value: object
) -> None:
    evidence = {**EVIDENCE["soft_opt_in"], fact: value}

    answer = anyone.state("granted", "soft_opt_in", evidence=evidence)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [f"evidence.{fact}"]


@pytest.mark.rule(17)
@pytest.mark.parametrize("state", ["withdrawn", "objected"])
@pytest.mark.parametrize("basis", ["consent", "legitimate_interests"])
def test_a_refusal_needs_no_evidence(mari: Person, basis: str, state: str) -> None:
    answer = mari.state(state, basis)

    assert (answer.status_code, answer.json["outcome"]) == (201, "recorded")
    assert mari.stands() == {("offers", basis): state}


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.mark.rule(17)
def test_evidence_of_what_is_yet_to_happen_is_refused(mari: Person) -> None:
    opted_in = {"requested_at": "2026-03-01T10:00:00Z", "confirmed_at": in_an_hour()}
    before = mari.stored()

    answers = [
        mari.state("granted", evidence=consent(in_an_hour())),
        mari.state("granted", evidence=consent("2026-03-01T10:00:00Z", double_opt_in=opted_in)),
        mari.state("granted", "legitimate_interests", occurred_at=in_an_hour()),
    ]

    assert [answer.json["code"] for answer in answers] == ["evidence_in_future"] * 3
    assert [list(answer.json["errors"]) for answer in answers] == [
        ["evidence.occurred_at"],
        ["evidence.double_opt_in.confirmed_at"],
        ["occurred_at"],
    ]
    assert mari.stored() == before


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yes"])
def test_a_time_that_no_calendar_has_is_a_clear_refusal(mari: Person, at: str) -> None:
    stated = mari.state("granted", evidence=consent(at))
    refused = mari.state("withdrawn", occurred_at=at)
    asked = mari.tenant.client.get(f"{mari.path}/permissions", query_string={"at": at})

    assert [stated.status_code, refused.status_code, asked.status_code] == [422, 422, 422]
    assert "evidence.occurred_at" in stated.json["errors"]


@pytest.mark.rule(17)
def test_a_wording_known_by_its_version_alone_is_a_warning(mari: Person) -> None:
    answer = mari.state("granted", evidence=consent("2026-03-01T10:00:00Z", wording=WORDING))

    assert answer.status_code == 201
    assert answer.json["warnings"] == ["wording_text_missing"]


@pytest.mark.rule(17)
@pytest.mark.parametrize("form", ["text", "sha256"])
def test_a_wording_registered_before_needs_its_text_no_more(mari: Person, form: str) -> None:
    stated = {"text": TEXT, "sha256": hashlib.sha256(TEXT.encode()).hexdigest()}
    wording = {**WORDING, form: stated[form]}
    mari.grant(evidence=consent("2026-03-01T10:00:00Z", wording=wording))

    answer = mari.state("granted", evidence=consent("2026-04-01T10:00:00Z", wording=WORDING))

    assert answer.json["warnings"] == []


@pytest.mark.rule(17)
def test_another_text_under_a_known_version_is_refused(mari: Person) -> None:
    mari.grant()
    before = mari.stored()
    wording = {**WORDING, "text": "Yes, write to me and to my friends."}

    answer = mari.state("granted", evidence=consent("2026-04-01T10:00:00Z", wording=wording))

    assert (answer.status_code, answer.json["code"]) == (409, "wording_differs")
    assert mari.stored() == before


@pytest.mark.rule(17)
def test_a_text_that_its_own_digest_denies_is_refused(mari: Person) -> None:
    wording = {**WORDING, "text": TEXT, "sha256": "0" * 64}

    answer = mari.state("granted", evidence=consent("2026-03-01T10:00:00Z", wording=wording))

    assert (answer.status_code, answer.json["code"]) == (422, "wording_differs")


@pytest.mark.rule(17)
def test_a_policy_may_refuse_consent_whose_wording_has_no_text(app: Flask, admin: Admin) -> None:
    policy = load_policy()
    policy["consent"] = {"wording_text": "error"}
    person = make_person(make_tenant(app, policy=policy), admin)
    before = person.stored()

    answer = person.state("granted", evidence=consent("2026-03-01T10:00:00Z", wording=WORDING))

    assert (answer.status_code, answer.json["code"]) == (422, "wording_text_missing")
    assert person.stored() == before


@pytest.mark.rule(17, 18)
def test_the_ledger_says_who_recorded_what_with_which_evidence(mari: Person) -> None:
    mari.grant()

    [entry] = mari.tenant.client.get(f"{mari.path}/ledger").json["items"]

    assert entry["recorded_by"].startswith("key:")
    assert (entry["source"], entry["policy_version"], entry["action"]) == ("api", 1, "granted")
    assert entry["evidence"]["wording"] == {**WORDING, "text": TEXT}
    assert len(entry["digest"]) == len(entry["evidence_sha256"]) == 64
