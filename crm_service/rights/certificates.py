"""The certificate of an erasure: what went, what stays and why, and how it is proved (rule 33).

It names nobody: numbers, codes and times alone. Its digest stands in an audit entry, and a seal
vouches for that entry, so that years later anybody can tell whether it is the one that was issued
(GDPR Art. 5(2); clauses se-09, si-12, ws-05). What recipients have confirmed since is told beside
it.
"""

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.notices import service as notices
from crm_service.permissions import history
from crm_service.policies.document import Policy
from crm_service.rights.models import RightsRequest
from crm_service.seals import covering
from crm_service.suppression import service as suppression

TAG = "crm-service/erasure-certificate/1"

#: On which article each ground for an erasure stands.
ARTICLES = {
    "wrong": "16",
    "incomplete": "16",
    "no_longer_needed": "17(1)(a)",
    "consent_withdrawn": "17(1)(b)",
    "objection_upheld": "17(1)(c)",
    "marketing_objected": "17(1)(c)",
    "unlawful": "17(1)(d)",
    "legally_required": "17(1)(e)",
}

#: What is erased, by the tables that held it; tables that are not here go by their names.
_CATEGORIES = {
    "addresses": "addresses",
    "address_proofs": "links",
    "cases": "interactions",
    "contacts": "contact",
    "disclosed_subjects": "disclosures",
    "engagement_events": "engagement",
    "import_files": "imports",
    "leaving_answers": "answers",
    "national_ids": "national_id",
    "permissions": "permissions",
    "preferences": "preferences",
    "recipient_notices": "notices",
    "rights_requests": "requests",
    "subscription_requests": "sign_ups",
    "suppressions": "notes_of_suppressions",
}

#: Why something stays, and the article that carries it.
_WHY = {
    "suppressions": ("compared_with_so_that_nothing_is_sent", "21(3), 17(3)(b)"),
    "ledger_entries": ("proves_consents_and_refusals_without_evidence", "5(2), 7(1)"),
    "audit_entries": ("proves_who_did_what", "5(2), 32"),
    "request": ("proves_that_it_was_decided_in_time", "5(2), 12(3)"),
}
#: Where a hold stands the evidence stays with the entries.
_WHY_OF_HELD = {"ledger_entries": ("proves_consents_and_refusals", "5(2), 7(1)")}

#: Which exception to the right to erasure each kind of hold is.
HELD_BY = {"dispute": "17(3)(e)", "statutory": "17(3)(b)"}


def issue(connection: Connection, policy: Policy, request: RightsRequest, *, actor: str) -> None:
    """Write the certificate of a granted erasure into the request; the caller stores it."""
    stated = _stated(connection, policy, request)
    # As it will be read again.
    request.certificate = orjson.loads(orjson.dumps(stated, option=orjson.OPT_UTC_Z))
    request.certified_by = audit.record(
        connection,
        request.controller_id,
        actor=actor,
        action="rights.certify",
        subject_id=request.subject_id,
        details={"request": str(request.id), "sha256": digest(request.certificate)},
    )


def _stated(connection: Connection, policy: Policy, request: RightsRequest) -> dict[str, Any]:
    owed = notices.of_request(connection, request.controller_id, request.id)
    return {
        "request_id": request.id,
        "controller": policy.controller_name,
        "policy": {"name": policy.name, "version": policy.version},
        "received_at": request.received_at,
        "identified_by": request.identified_by,
        "decided_at": request.decided_at,
        "outcome": request.outcome,
        "ground": _ground(request),
        "erased": list(_erased(request.executed.get("erased", {}))),
        "kept": list(_kept(connection, request)),
        "holds": [{**hold, "article": HELD_BY[hold["kind"]]} for hold in _holds(request)],
        "recipients": sorted(one.recipient for one in owed),
    }


def _ground(request: RightsRequest) -> dict[str, Any] | None:
    if request.ground is None:
        return None
    is_checked = request.ground == "consent_withdrawn"
    return {
        "code": request.ground,
        "article": ARTICLES.get(request.ground),
        "checked": "ledger_holds_no_basis_in_force" if is_checked else None,
    }


def _erased(touched: dict[str, int]) -> Iterator[dict[str, Any]]:
    for tables, rows in sorted(touched.items()):
        names = tables.split(",")
        category = next((_CATEGORIES[name] for name in names if name in _CATEGORIES), tables)
        if rows:
            yield {"category": category, "rows": rows}


def _holds(request: RightsRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.executed["kept"].get("holds", [])
    return found


def _kept(connection: Connection, request: RightsRequest) -> Iterator[dict[str, Any]]:
    whose = request.controller_id, request.subject_id
    blocks = suppression.of_subject(connection, *whose)
    counts: dict[str, int | None] = {
        "suppressions": sum(one.lifted_at is None for one in blocks),
        "ledger_entries": history.count(connection, *whose),
        "audit_entries": None,
        "request": 1,
    }
    holds = _holds(request)
    if holds:
        articles = sorted({HELD_BY[hold["kind"]] for hold in holds})
        yield {"what": "person", "count": 1, "why": "held", "article": ", ".join(articles)}
    for what, count in counts.items():
        why, article = (_WHY_OF_HELD if holds else _WHY).get(what, _WHY[what])
        if count != 0:
            yield {"what": what, "count": count, "why": why, "article": article}


def digest(certificate: dict[str, Any]) -> str:
    """Return SHA-256, in hexadecimal, of ``[TAG, certificate]`` as canonical JSON (RFC 8785)."""
    encoded = orjson.dumps([TAG, certificate], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(encoded).hexdigest()


def read(connection: Connection, request: RightsRequest) -> dict[str, Any]:
    """Return the certificate, its proof, and how far the recipients have come.

    Raises ``Conflict`` (``no_certificate``) for a request by which nobody was erased.
    """
    if request.certificate is None or request.certified_by is None:
        raise Conflict("nobody was erased by this request", code="no_certificate")
    owed = notices.of_request(connection, request.controller_id, request.id)
    return {
        "certificate": request.certificate,
        "proof": _proof(connection, request, request.certified_by),
        "recipients": owed,
        "confirmed": all(one.status in notices.SETTLED for one in owed),
    }


def _proof(connection: Connection, request: RightsRequest, entry_id: uuid.UUID) -> dict[str, Any]:
    """Return by what it is proved; ``holds`` False: it is not the certificate that was issued."""
    computed = digest(request.certificate or {})
    entry, seal = covering.of_audit_entry(connection, request.controller_id, entry_id)
    recorded = orjson.loads(entry.details).get("sha256") if entry else None
    return {
        "sha256": computed,
        "holds": computed == recorded,
        "audit_entry": entry_id,
        "seal": seal,
    }
