"""Proofs of text messages, of shared telephones, and of streams."""

import hashlib
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from crm_service.eligibility import streaming
from tests.decisions.moments import now, prove_at
from tests.decisions.proofs import ask_proof, codes, decide, prove, said
from tests.factories import KeyClient, Tenant
from tests.notices.owed import granted
from tests.permissions.person import Admin, Person, consent, make_person

PHONE = "+372 5123 4567"
NDJSON = {"Content-Type": "application/x-ndjson"}
CHECKS = "/v1/eligibility-checks"
QUESTION = {"topic": "offers", "channel": "email"}


@pytest.fixture
def jaan(tenant: Tenant, admin: Admin) -> Person:
    """Jaan, who can be reached by telephone."""
    return make_person(tenant, admin, phone=PHONE)


@pytest.fixture
def tiina(jaan: Person) -> Person:
    """Tiina, who shares it."""
    return make_person(jaan.tenant, jaan.admin, email="tiina@example.org", phone=PHONE)


def text(person: Person, state: str, at: str = "2026-03-01T10:00:00Z") -> None:
    """State consent to text messages, or its end."""
    more: dict[str, Any] = {"evidence": consent(at)} if state == "granted" else {}
    answer = person.state(state, channel="sms", **more)
    assert answer.status_code == 201, answer.json


def decide_sms(person: Person, **asked: Any) -> dict[str, Any]:
    """Ask whether a text message may be sent."""
    question = {"topic": "offers", "channel": "sms", **(asked or {"phones": [PHONE]})}
    answer = person.tenant.client.post("/v1/eligibility-checks", json=question)
    assert answer.status_code == 200, answer.json
    decision: dict[str, Any] = answer.json
    return decision


@pytest.mark.rule(19, 22)
@pytest.mark.clause("ws-06")
def test_a_text_message_is_proved_by_its_number_or_its_contact(jaan: Person) -> None:
    text(jaan, "granted")
    at = now()
    decision = decide_sms(jaan)
    text(jaan, "withdrawn")

    by_number = prove(jaan, decision, phone=PHONE, answer=decision)
    by_contact = prove(jaan, decision, contact_id=str(jaan.id))
    moment = prove_at(jaan, at, channel="sms", phone=PHONE)
    by_email = ask_proof(jaan.tenant, decision, email=jaan.email)

    for proof in (by_number, by_contact, moment):
        assert proof["verdict"] == {"eligible": True, "reasons": [], "basis": "consent"}
        assert [(e["action"], e["known"]) for e in proof["entries"]] == [
            ("granted", True),
            ("withdrawn", False),
        ]
        assert "domain_blocks_not_checked" not in codes(proof)
    assert by_number["kept"]["agrees"] is by_number["kept"]["digest_matches"] is True
    assert PHONE.replace(" ", "") not in str(moment)
    assert by_email.json["code"] == "wrong_address_kind"


@pytest.mark.rule(19)
def test_everybody_who_shared_a_number_is_in_its_proof(jaan: Person, tiina: Person) -> None:
    text(tiina, "granted")
    decision = decide_sms(jaan)
    text(tiina, "withdrawn")
    text(jaan, "granted", now())

    proof = prove(jaan, decision, phone=PHONE, answer=decision)
    today = decide_sms(jaan)

    assert said(decision)["eligible"] is proof["kept"]["agrees"] is True
    assert {e["subject_id"] for e in proof["entries"]} == {str(jaan.id), str(tiina.id)}
    assert said(today) == prove(jaan, today, phone=PHONE)["verdict"]


@pytest.mark.rule(19, 33)
def test_a_shared_number_is_restricted_with_its_owner(jaan: Person, tiina: Person) -> None:
    text(jaan, "granted")
    granted(tiina, "restriction")
    other = decide_sms(jaan)
    granted(jaan, "restriction")
    own = decide_sms(jaan)

    proofs = [prove(jaan, one, phone=PHONE, answer=one) for one in (other, own)]

    assert [proof["verdict"]["reasons"] for proof in proofs] == [[], ["restricted"]]
    assert all(proof["kept"]["agrees"] for proof in proofs)
    assert [len(proof["restrictions"]) for proof in proofs] == [1, 1]


@pytest.mark.rule(19, 33)
def test_a_restriction_is_proved_as_of_the_decision(mari: Person) -> None:
    mari.grant()
    before = decide(mari)
    granted(mari, "restriction")
    during = decide(mari)
    lifted = {"justification": "the data are right", "informed_at": now()}
    path = f"{mari.path}/restriction/lift"
    assert mari.tenant.client.post(path, json=lifted).status_code == 200
    after = decide(mari)

    proofs = [prove(mari, one, answer=one) for one in (before, during, after)]

    assert [proof["verdict"]["reasons"] for proof in proofs] == [[], ["restricted"], []]
    assert [[r["known"] for r in proof["restrictions"]] for proof in proofs] == [
        [False, False],
        [True, False],
        [True, True],
    ]
    assert all(proof["kept"]["agrees"] for proof in proofs)


@pytest.mark.rule(19, 33)
@pytest.mark.parametrize("are_events_kept", [True, False])
def test_a_restriction_ends_with_an_erasure(
    mari: Person, admin: Admin, *, are_events_kept: bool
) -> None:
    mari.grant()
    granted(mari, "restriction")
    mari.suppress("unsubscribe", "marketing")
    assert mari.tenant.client.delete(mari.path).status_code == 204
    if not are_events_kept:
        # The ledger tells of the erasure as well, and for as long as it is kept.
        admin.execute("DELETE FROM events WHERE controller_id = %s", (mari.tenant.controller_id,))
    erased = prove_at(mari, now())
    again = {"email": mari.email, "source": {"kind": "event"}}
    assert mari.tenant.client.put("/v1/contacts", json=again).json["id"] == str(mari.id)
    decision = decide(mari)

    proof = prove(mari, decision, answer=decision)

    assert erased["verdict"]["reasons"] == ["suppressed"]
    assert said(decision)["reasons"] == ["suppressed", "no_legal_basis"]
    assert proof["kept"]["agrees"] is True


@pytest.mark.rule(22)
def test_a_stream_is_proved_by_its_lines_or_their_digest(mari: Person) -> None:
    mari.grant()
    lines, decision = stream(mari, [f'"{mari.email}"', '"nobody@example.com"'])
    mari.click()
    results = [orjson.loads(line) for line in lines.splitlines()]

    whole = prove(mari, decision, results=results)
    by_digest = prove(mari, decision, results_sha256=hashlib.sha256(lines).hexdigest())
    forged = prove(mari, decision, results_sha256="0" * 64)

    assert whole["verdict"]["eligible"] is True
    assert whole["decision"]["counts"] == {"eligible": 1, "ineligible": 1}
    assert whole["kept"]["digest_matches"] is whole["kept"]["agrees"] is True
    assert by_digest["kept"] == {"digest_matches": True, "answered": None, "agrees": None}
    assert forged["kept"]["digest_matches"] is False
    assert "asked_not_shown" not in codes(whole)
    assert {"asked_not_shown"} < codes(by_digest)


def stream(person: Person, addresses: list[str], **query: str) -> tuple[bytes, dict[str, Any]]:
    """Ask about a stream; return its lines, and what names its decision."""
    answer = person.tenant.client.post(
        CHECKS,
        query_string={**QUESTION, **query},
        headers=NDJSON,
        data="\n".join(addresses).encode(),
        buffered=True,
    )
    assert answer.status_code == 200, answer.json
    return answer.data, {"decision_id": answer.headers["X-Decision-Id"]}


@pytest.mark.rule(22)
def test_a_stream_of_telephones_is_proved(jaan: Person) -> None:
    text(jaan, "granted")
    lines, decision = stream(jaan, [f'{{"phone": "{PHONE}"}}'], channel="sms")
    results = [orjson.loads(line) for line in lines.splitlines()]

    proof = prove(jaan, decision, phone=PHONE, results=results)

    assert proof["verdict"]["eligible"] is proof["kept"]["agrees"] is True


@pytest.mark.rule(19, 24)
def test_who_left_while_a_stream_ran_has_two_verdicts(mari: Person) -> None:
    mari.grant()
    body = (f'"{mari.email}"\n' * (streaming.BATCH + 1)).encode()
    # In the test's own context, so that it can take the parts one by one.
    client = KeyClient(
        FlaskClient(mari.tenant.app, mari.tenant.app.response_class), mari.tenant.key
    )
    answer = client.post(CHECKS, data=body, headers=NDJSON, query_string=QUESTION)
    parts = answer.iter_encoded()
    first = next(parts)
    mari.click()
    last = b"".join(parts)
    decision = {"decision_id": answer.headers["X-Decision-Id"]}

    early = prove(mari, decision, results=[orjson.loads(first.splitlines()[0])])
    late = prove(mari, decision, results=[orjson.loads(last)])

    assert early["verdict"]["eligible"] is True
    assert early["verdict_at_end"]["reasons"] == ["suppressed", "withdrawn"]
    assert early["kept"]["agrees"] is late["kept"]["agrees"] is True
    assert {"overlapping_changes", "answer_incomplete"} <= codes(early)
