"""Was it permitted at T? Whether or not a check was made (rule 19, clause ws-06)."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_service.clock import utcnow
from tests.decisions.moments import ask_moment, now, prove_at
from tests.decisions.proofs import AUDIT, LEDGER, codes, decide, digest, prove, root
from tests.notices.owed import granted
from tests.permissions.person import Person, audited, consent, make_person


def lift_restriction(person: Person) -> None:
    answer = person.tenant.client.post(
        f"{person.path}/restriction/lift",
        json={"justification": "the data are right", "informed_at": now()},
    )
    assert answer.status_code == 200, answer.json


@pytest.mark.rule(19, 33)
@pytest.mark.clause("ws-06")
def test_each_time_between_two_deeds_has_its_own_answer(mari: Person) -> None:
    times = {"new": now()}
    mari.grant()
    times["granted"] = now()
    granted(mari, "restriction")
    times["restricted"] = now()
    lift_restriction(mari)
    times["lifted"] = now()
    mari.click()
    times["left"] = now()
    assert mari.tenant.client.delete(mari.path).status_code == 204
    times["erased"] = now()

    said = {name: prove_at(mari, at)["verdict"] for name, at in times.items()}

    reasons = {name: verdict["reasons"] for name, verdict in said.items()}
    assert reasons == {
        "new": ["no_legal_basis"],
        "granted": [],
        "restricted": ["restricted"],
        "lifted": [],
        "left": ["suppressed", "withdrawn"],
        "erased": ["suppressed"],
    }
    assert said["granted"]["basis"] == said["lifted"]["basis"] == "consent"


@pytest.mark.rule(18, 19, 38)
def test_what_a_moment_rests_on_leads_to_its_seals(mari: Person, seal: Any) -> None:
    mari.grant()
    granted(mari, "restriction")
    at = now()
    mari.click()
    unsealed = prove_at(mari, at)
    seal()

    proof = prove_at(mari, at)

    assert "not_sealed_yet" in codes(unsealed)
    assert "not_sealed_yet" not in codes(proof)
    for entry in proof["entries"]:
        assert digest("ledger-entry", [entry[name] for name in LEDGER]) == entry["digest"]
        assert root(entry["digest"], entry["seal"]) == entry["seal"]["merkle_root"]
    [restriction] = proof["restrictions"]
    values = [restriction["audit_entry"][name] for name in AUDIT]
    assert digest("audit-entry", values) == restriction["digest"]
    assert root(restriction["digest"], restriction["seal"]) == restriction["seal"]["merkle_root"]
    assert (restriction["restricted"], restriction["known"]) == (True, True)
    known = [(entry["action"], entry["known"], entry["stood"]) for entry in proof["entries"]]
    assert known == [("granted", True, True), ("withdrawn", False, False)]
    assert [block["stood"] for block in proof["suppressions"]] == [False]


@pytest.mark.rule(19)
def test_what_was_recorded_later_about_a_moment_is_told_apart(mari: Person) -> None:
    mari.grant(evidence=consent("2026-03-01T10:00:00Z"))
    between = utcnow()
    mari.state("withdrawn", occurred_at=(between - timedelta(microseconds=1)).isoformat())

    proof = prove_at(mari, between)

    assert proof["verdict"]["eligible"] is True
    assert proof["verdict_by_facts"]["reasons"] == ["withdrawn"]
    assert "recorded_otherwise" in codes(proof)


@pytest.mark.rule(19)
def test_a_moment_about_which_nothing_came_later_has_one_verdict(mari: Person) -> None:
    mari.grant()

    proof = prove_at(mari, now())

    assert proof["verdict"]["eligible"] is True
    assert proof["verdict_by_facts"] is None
    assert codes(proof) == {
        *["suppressions_not_sealed", "omissions_not_shown", "bearer_not_recorded"],
        "not_sealed_yet",
        *["known_by_begin", "policy_not_sealed", "moment_just_past"],
    }


@pytest.mark.rule(19, 20)
def test_a_term_is_read_as_of_the_moment(mari: Person) -> None:
    mari.grant("legitimate_interests", purpose="marketing")
    [entry] = prove_at(mari, now())["entries"]

    assert entry["term_ends_at"] > now()
    assert prove_at(mari, now())["terms"][-1]["term"] == "P5Y"


@pytest.mark.rule(19, 31)
def test_a_purpose_without_a_topic_is_judged_by_its_own_permissions(mari: Person) -> None:
    mari.grant("legitimate_interests", purpose="marketing")
    mari.grant("contract", purpose="service")
    mari.suppress("hard_bounce", "all")
    at = now()

    marketing = prove_at(mari, at, purpose="marketing")
    mari.suppress("unsubscribe", "marketing")
    left = prove_at(mari, now(), purpose="marketing")

    # A bounce bars messages, and says nothing of the permission.
    assert marketing["verdict"] == {
        "eligible": True,
        "reasons": [],
        "basis": "legitimate_interests",
    }
    assert (marketing["purpose"], marketing["topic"]) == ("marketing", None)
    assert [entry["basis"] for entry in marketing["entries"]] == ["legitimate_interests"]
    assert left["verdict"]["reasons"] == ["suppressed"]


@pytest.mark.rule(5, 19)
@pytest.mark.parametrize("way", ["email", "contact_id"])
def test_a_moment_outlives_erasure(mari: Person, way: str) -> None:
    mari.grant()
    at = now()
    assert mari.tenant.client.delete(mari.path).status_code == 204

    proof = prove_at(mari, at, **({} if way == "email" else {"contact_id": str(mari.id)}))

    assert proof["verdict"] == {"eligible": True, "reasons": [], "basis": "consent"}
    assert proof["address"]["subject_ids"] == [str(mari.id)]
    assert [entry["stood"] for entry in proof["entries"]] == [True, False]
    assert [entry["stood"] for entry in prove_at(mari, now())["entries"]] == [False, False]
    assert {"evidence_erased"} < codes(proof)
    assert ("domain_blocks_not_checked" in codes(proof)) == (way == "contact_id")


@pytest.mark.rule(19, 33)
def test_who_comes_back_after_an_erasure_hides_nothing_of_before(mari: Person) -> None:
    new, unasked = now(), decide(mari)
    mari.grant()
    granted(mari, "restriction")
    restricted, asked = now(), decide(mari)
    assert mari.tenant.client.delete(mari.path).status_code == 204
    again = make_person(mari.tenant, mari.admin)
    assert again.id != mari.id
    again.grant()

    first, then, today = (prove_at(mari, at) for at in (new, restricted, now()))
    assert first["verdict"]["reasons"] == ["no_legal_basis"]
    assert prove(mari, unasked, answer=unasked)["kept"]["agrees"] is True
    decided = prove(mari, asked, answer=asked)

    assert then["verdict"]["reasons"] == decided["verdict"]["reasons"] == ["restricted"]
    assert [one["known"] for one in then["restrictions"]] == [True]
    assert today["verdict"]["eligible"] is True
    assert set(today["address"]["subject_ids"]) == {str(mari.id), str(again.id)}


@pytest.mark.rule(38, 39)
def test_every_byte_that_was_handed_out_is_on_record_without_the_address(mari: Person) -> None:
    mari.grant()
    at = now()
    answer = ask_moment(mari.tenant.client, email=mari.email, topic="offers", at=at)

    sha256 = hashlib.sha256(answer.data)
    [entry] = audited(mari.admin, mari.tenant, "permissions.prove")
    assert entry["id"] == answer.json["proof_id"]
    assert (entry["purpose"], entry["subject_id"]) == ("accountability", str(mari.id))
    assert entry["details"] == {
        "at": at,
        "purpose": "marketing",
        "topic": "offers",
        "channel": "email",
        "policy_version": 1,
        "eligible": True,
        "sha256": sha256.hexdigest(),
    }
    assert answer.headers["Repr-Digest"] == f"sha-256=:{b64encode(sha256.digest()).decode()}:"
    assert mari.email not in str(entry) + answer.text


@pytest.mark.rule(7, 19)
def test_a_topic_that_was_not_in_use_is_said_to_be(mari: Person) -> None:
    mari.grant()
    before = now()
    assert mari.tenant.client.delete("/v1/topics/offers").status_code == 200

    used, archived = prove_at(mari, before), prove_at(mari, now())

    assert "topic_not_in_use" not in codes(used)
    assert "topic_not_in_use" in codes(archived)


def test_a_moment_bears_whatever_offset_it_was_given(mari: Person) -> None:
    mari.grant()
    at = datetime.now(UTC).astimezone().isoformat()

    assert prove_at(mari, at)["verdict"]["eligible"] is True
