"""Asking for proofs, and following them as somebody would who has nothing but the answer."""

import hashlib
from typing import Any

import orjson

from tests.factories import Answer, Tenant
from tests.permissions.person import Person

#: What the digests cover, in their order: docs/ledger.md.
LEDGER = [
    *["position", "recorded_at", "xid", "controller_id", "id", "subject_id", "address_key"],
    *["channel", "purpose", "topic_id", "basis", "action", "state", "since", "anchor_at"],
    *["source", "recorded_by", "policy_version", "correlation", "proof_id", "evidence_sha256"],
]
AUDIT = [
    *["position", "recorded_at", "xid", "controller_id", "id", "actor", "action", "purpose"],
    *["subject_id", "fields", "count", "details"],
]


def decide(person: Person, topic: str = "offers", **facts: Any) -> dict[str, Any]:
    """Ask whether she may be written to; return the whole answer."""
    question = {"topic": topic, "channel": "email", "emails": [person.email], **facts}
    answer = person.tenant.client.post("/v1/eligibility-checks", json=question)
    assert answer.status_code == 200, answer.json
    decision: dict[str, Any] = answer.json
    return decision


def ask_proof(tenant: Tenant, decision: dict[str, Any], **given: Any) -> Answer:
    """Ask for the proof of one verdict of a decision."""
    return tenant.client.post(f"/v1/decisions/{decision['decision_id']}/proof", json=given)


def prove(person: Person, decision: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Return the proof of the verdict on her address."""
    named = {} if given.keys() & {"contact_id", "phone"} else {"email": person.email}
    answer = ask_proof(person.tenant, decision, **named, **given)
    assert answer.status_code == 200, answer.json
    proof: dict[str, Any] = answer.json
    return proof


def codes(proof: dict[str, Any]) -> set[str]:
    """Return the codes of what is not proved."""
    return {limit["code"] for limit in proof["limits"]}


def said(decision: dict[str, Any]) -> dict[str, Any]:
    """Return what a decision of one address answered, without the address."""
    [result] = decision["results"]
    return {name: value for name, value in result.items() if name not in {"email", "phone"}}


def digest(tag: str, values: list[Any]) -> str:
    """Return the digest of an entry, as docs/ledger.md describes it."""
    return hashlib.sha256(orjson.dumps([f"crm-service/{tag}/1", *values])).hexdigest()


def root(leaf: str, seal: dict[str, Any]) -> str:
    """Follow an entry's path to the root, as RFC 9162, section 2.1.3.2, checks one."""
    at, last = seal["leaf"], seal["entries"] - 1
    found = hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()
    for beside in map(bytes.fromhex, seal["path"]):
        while at % 2 == 0 and at == last:
            at, last = at // 2, last // 2
        pair = beside + found if at % 2 else found + beside
        found = hashlib.sha256(b"\x01" + pair).digest()
        at, last = at // 2, last // 2
    assert last == 0
    return found.hex()
