"""Consent receipts: what was agreed to, in the words of the standard, with the proof of each step.

The structure is that of ISO/IEC TS 27560:2023, the terms are those of the Data Privacy Vocabulary
(https://w3id.org/dpv). A receipt covers one consent: of one address, over one channel, to one topic
or purpose; its events are the ledger's entries, each with the digest under which it is sealed.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.permissions import history
from crm_service.policies.document import Policy
from crm_service.recipients import service as recipients

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
CONTEXT = "https://w3id.org/dpv"
_LAWFUL_BASIS = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
_PAGE = 1000

#: The state that a consent is in after each of the ledger's actions.
_STATES = {
    "granted": "dpv:ConsentGiven",
    "confirmed": "dpv:ConsentGiven",
    "restored": "dpv:ConsentGiven",
    "carried": "dpv:ConsentGiven",
    "reanchored": "dpv:ConsentGiven",
    "requested": "dpv:ConsentRequested",
    "withdrawn": "dpv:ConsentWithdrawn",
    "objected": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "erased": "dpv:ConsentInvalidated",
}

#: When the person said yes. What carries a consent on, such as an earlier day from which its term
#: counts, leaves it as it was given and is no consent once more.
_EXPRESSED = frozenset({"granted", "confirmed"})


def receipts(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    subject_id: uuid.UUID,
    *,
    actor: str,
) -> list[dict[str, Any]]:
    """Return a receipt for every consent that the ledger knows of a person, the oldest first.

    What was erased of the evidence is missing from it; the digests remain. Reading is audited.
    """
    consents: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for entry in _entries(connection, controller_id, subject_id):
        if entry["basis"] == "consent":
            key = tuple(entry[name] for name in ("address_key", "channel", "purpose", "topic_id"))
            consents.setdefault(key, []).append(entry)
    third_parties = recipients.every(connection, controller_id)
    found = [_receipt(policy, entries, third_parties) for entries in consents.values()]
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="permissions.receipts",
        subject_id=subject_id,
        fields=["ledger", "evidence"],
        count=len(found),
    )
    return found


def _entries(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Iterator[dict[str, Any]]:
    position = 0
    while page := history.ledger(
        connection, controller_id, subject_id, after=position, limit=_PAGE
    ):
        yield from page
        position = page[-1]["position"]


def _receipt(
    policy: Policy,
    entries: Sequence[Mapping[str, Any]],
    third_parties: Sequence[recipients.Recipient],
) -> dict[str, Any]:
    first = entries[0]
    wording = next((_wording(entry) for entry in reversed(entries) if _wording(entry)), {})
    return {
        "@context": CONTEXT,
        "@type": "dpv:ConsentReceipt",
        "schema_version": SCHEMA_VERSION,
        "record_id": str(first["id"]),
        "receipt_created_at": utcnow(),
        "pii_principal_id": str(first["subject_id"]),
        "pii_processing": {
            "privacy_notice": {"policy": policy.name, "version": first["policy_version"]},
            "language": wording.get("language"),
            "wording": wording,
            "purposes": [_purpose(policy, first, third_parties)],
        },
        "party_identification": [_controller(policy)],
        "events": [_event(entry) for entry in entries],
    }


def _purpose(
    policy: Policy, entry: Mapping[str, Any], third_parties: Sequence[recipients.Recipient]
) -> dict[str, Any]:
    slug = entry["purpose"]
    stated = policy.purposes.get(slug)
    rule = stated.bases.get("consent") if stated else None
    return {
        "purpose": slug,
        "service": entry["topic"],
        "lawful_basis": _LAWFUL_BASIS,
        "pii_information": [{"pii_type": _pii_type(entry["channel"]), "channel": entry["channel"]}],
        "retention_period": rule.term if rule else None,
        "recipient_third_parties": [
            {"name": one.name, "country": one.country}
            for one in third_parties
            if slug in one.purposes
        ],
        "withdrawal_method": "the link in every message, or a request to the controller",
        "privacy_rights": sorted(policy.rights.due),
    }


def _pii_type(channel: str) -> str:
    return {"sms": "dpv-pd:TelephoneNumber", "phone": "dpv-pd:TelephoneNumber"}.get(
        channel, "dpv-pd:EmailAddress"
    )


def _controller(policy: Policy) -> dict[str, Any]:
    point = policy.contact_point
    return {
        "party_role": "dpv:DataController",
        "party_name": policy.controller_name,
        "party_address": point.address,
        "party_email": point.email,
        "party_url": point.url,
        "party_contact": point.data_protection_officer,
        "supervisory_authority": policy.authority.name,
    }


def _event(entry: Mapping[str, Any]) -> dict[str, Any]:
    evidence = entry["evidence"] or {}
    is_expressed = entry["action"] in _EXPRESSED
    return {
        "event_time": entry["since"],
        "recorded_at": entry["recorded_at"],
        "event_state": _STATES[entry["action"]],
        "event_type": "dpv:ExpressedConsent" if is_expressed else None,
        "ledger_action": entry["action"],
        "entity_id": entry["recorded_by"],
        "collection_method": evidence.get("method") if is_expressed else None,
        "double_opt_in": evidence.get("double_opt_in"),
        "ledger_entry": str(entry["id"]),
        "digest": entry["digest"],
        "evidence_sha256": entry["evidence_sha256"],
    }


def _wording(entry: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (entry["evidence"] or {}).get("wording") or {}
    return found
