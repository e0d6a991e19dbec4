import hashlib
import uuid
from typing import Any

import pytest

from tests.decisions.proofs import AUDIT, LEDGER, ask_proof, codes, decide, digest, prove, root
from tests.factories import Tenant
from tests.permissions.person import Person, audited, consent

ALWAYS = {"suppressions_not_sealed", "omissions_not_shown", "bearer_not_recorded"}


@pytest.mark.rule(19, 22)
@pytest.mark.clause("ws-06")
def test_what_was_permitted_stays_proved_after_a_withdrawal(mari: Person) -> None:
    mari.grant()
    decision = decide(mari)
    mari.click()

    proof = prove(mari, decision, answer=decision)

    assert proof["verdict"] == {"eligible": True, "reasons": [], "basis": "consent"}
    assert [(e["action"], e["known"], e["stood"]) for e in proof["entries"]] == [
        ("granted", True, True),
        ("withdrawn", False, False),
    ]
    assert [(s["reason"], s["stood"]) for s in proof["suppressions"]] == [("unsubscribe", False)]
    assert proof["kept"]["digest_matches"] is proof["kept"]["agrees"] is True
    assert mari.reasons() == ["suppressed", "withdrawn"]


@pytest.mark.rule(19, 22)
def test_what_was_not_permitted_stays_so_after_consent(mari: Person) -> None:
    mari.click()
    refused = decide(mari)
    mari.grant(evidence=consent("2026-03-02T10:00:00Z"))
    [block] = mari.tenant.client.get("/v1/suppressions").json["items"]
    path = f"/v1/suppressions/{block['id']}/lift"
    assert mari.tenant.client.post(path, json={"justification": "asked by letter"})
    permitted = decide(mari)

    before, after = prove(mari, refused), prove(mari, permitted)

    assert before["verdict"]["reasons"] == refused["results"][0]["reasons"]
    assert [one["stood"] for one in before["suppressions"]] == [True]
    assert before["suppressions"][0]["lifted_at"] is not None
    assert after["verdict"]["reasons"] == permitted["results"][0]["reasons"]
    assert [one["stood"] for one in after["suppressions"]] == [False]


@pytest.mark.rule(5, 18, 19)
@pytest.mark.clause("ws-06")
@pytest.mark.parametrize("way", ["email", "contact_id"])
def test_a_proof_outlives_erasure_with_digests_and_without_evidence(mari: Person, way: str) -> None:
    mari.grant()
    decision = decide(mari)
    kept = prove(mari, decision)["entries"][0]
    assert mari.tenant.client.delete(mari.path).status_code == 204

    given = {} if way == "email" else {"contact_id": str(mari.id)}
    proof = prove(mari, decision, **given)

    assert proof["verdict"]["eligible"] is True
    [entry, erased] = proof["entries"]
    assert (entry["evidence"], entry["evidence_salt"], erased["action"]) == (None, None, "erased")
    assert (entry["digest"], entry["evidence_sha256"]) == (kept["digest"], kept["evidence_sha256"])
    assert "evidence_erased" in codes(proof)
    # What was kept of the evidence elsewhere is still proved by the digest.
    copy = bytes.fromhex(kept["evidence_salt"]) + kept["evidence_text"].encode()
    assert hashlib.sha256(copy).hexdigest() == entry["evidence_sha256"]


@pytest.mark.rule(18, 22, 38)
def test_entries_and_decision_lead_to_their_seals(mari: Person, seal: Any) -> None:
    mari.grant()
    mari.grant("legitimate_interests", purpose="marketing")
    decision = decide(mari)
    unsealed = prove(mari, decision)
    seal()

    proof = prove(mari, decision)

    assert "not_sealed_yet" in codes(unsealed)
    assert "not_sealed_yet" not in codes(proof)
    for entry in proof["entries"]:
        assert digest("ledger-entry", [entry[name] for name in LEDGER]) == entry["digest"]
        assert root(entry["digest"], entry["seal"]) == entry["seal"]["merkle_root"]
    record = proof["decision"]
    values = [record["audit_entry"][name] for name in AUDIT]
    assert digest("audit-entry", values) == record["digest"]
    assert root(record["digest"], record["seal"]) == record["seal"]["merkle_root"]


@pytest.mark.rule(22)
@pytest.mark.clause("se-03")
def test_every_yes_names_its_basis_and_the_term_of_that_policy(mari: Person) -> None:
    mari.grant("legitimate_interests", purpose="marketing")

    proof = prove(mari, decide(mari))

    [entry] = proof["entries"]
    assert proof["verdict"]["basis"] == entry["basis"] == "legitimate_interests"
    [term] = [one for one in proof["terms"] if one["basis"] == entry["basis"]]
    assert (term["term"], term["term_from"], term["inherits"]) == ("P5Y", "added_at", True)
    assert entry["evidence"] == {"assessment": "LIA-1"}
    assert entry["term_ends_at"] > proof["decision"]["checked_at"]


@pytest.mark.rule(22)
def test_a_changed_answer_is_found_out(mari: Person) -> None:
    mari.grant()
    decision = decide(mari, emails=[mari.email, "nobody@example.com"])
    forged = [dict(decision["results"][1]), dict(decision["results"][0])]

    whole = prove(mari, decision, results=decision["results"])
    other = prove(mari, decision, results=forged)
    part = prove(mari, decision, results=decision["results"][:1])

    assert [one["kept"]["digest_matches"] for one in (whole, other, part)] == [True, False, None]
    assert "answer_incomplete" in codes(part)
    assert codes(whole) - {"not_sealed_yet"} == ALWAYS


@pytest.mark.rule(38, 39)
def test_a_proof_is_on_record_with_its_purpose_and_without_the_address(mari: Person) -> None:
    decision = decide(mari)

    answer = ask_proof(mari.tenant, decision, email=mari.email)

    [entry] = audited(mari.admin, mari.tenant, "decisions.prove")
    assert (entry["purpose"], entry["subject_id"]) == ("accountability", str(mari.id))
    sha256 = hashlib.sha256(answer.data).hexdigest()
    assert entry["details"] == {"decision_id": decision["decision_id"], "sha256": sha256}
    assert entry["id"] == answer.json["proof_id"]
    assert mari.email not in str(entry)


@pytest.mark.rule(36)
def test_another_controllers_decision_is_not_found(mari: Person, other_tenant: Tenant) -> None:
    decision = decide(mari)

    read = other_tenant.client.get(f"/v1/decisions/{decision['decision_id']}")
    proved = ask_proof(other_tenant, decision, email=mari.email)

    assert (read.status_code, proved.status_code) == (404, 404)
    assert read.json["code"] == proved.json["code"] == "decision_not_found"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "invalid_request"),
        ({"email": "mari@example.com", "phone": "+372 5123 4567"}, "invalid_request"),
        ({"email": "mari@example.com", "results": [{}], "answer": {}}, "invalid_request"),
        ({"email": "mari@example.com", "results_sha256": "beef"}, "invalid_request"),
        ({"email": "mari@example.com", "answer": {"results": "?"}}, "other_decision"),
        ({"email": "mari"}, "invalid_address"),
        ({"phone": "+372 5123 4567"}, "wrong_address_kind"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_leaves_no_trace(
    mari: Person, given: dict[str, Any], code: str
) -> None:
    answer = ask_proof(mari.tenant, decide(mari), **given)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert audited(mari.admin, mari.tenant, "decisions.prove") == []


def test_a_contact_that_never_was_is_not_found(mari: Person) -> None:
    answer = ask_proof(mari.tenant, decide(mari), contact_id=str(uuid.uuid4()))

    assert (answer.status_code, answer.json["code"]) == (404, "contact_not_found")
