"""Proving one verdict of a decision, years later (rules 19 and 22, clause ws-06).

The verdict is reached again over what the ledger, the suppression list and the audit log held when
the decision was made; what was recorded since changes nothing. What cannot be proved is said.
"""

import uuid
from typing import Any

from crm_service.db import Connection
from crm_service.decisions.asked import Address, Sought
from crm_service.decisions.findings import OfDecision
from crm_service.decisions.gathering import gather, verdict
from crm_service.decisions.kept import Kept
from crm_service.decisions.records import Decision
from crm_service.decisions.views import Snapshot, View
from crm_service.eligibility import service as eligibility
from crm_service.eligibility.service import Question
from crm_service.errors import NotFound
from crm_service.policies import service as policies


def sought(decision: Decision) -> Sought:
    """Return which kind of address the decision was about."""
    return Sought(decision.kind, decision.details["channel"], Snapshot(decision.until))


def prove(
    connection: Connection,
    controller_id: uuid.UUID,
    decision: Decision,
    address: Address,
    kept: Kept,
    *,
    pepper: bytes,
) -> OfDecision:
    """Reach the verdict on an address again, as of the decision, and return what it rests on."""
    found = OfDecision(
        decision=decision,
        address=address,
        question=_question(connection, controller_id, decision),
        view=Snapshot(decision.snapshot),
        until=Snapshot(decision.until),
    )
    gather(connection, controller_id, found)
    found.verdict = _verdict(connection, controller_id, found, found.view)
    if found.overlapping:
        found.verdict_at_end = _verdict(connection, controller_id, found, found.until)
    found.is_part = kept.is_part(decision)
    found.digest_matches = kept.matches(decision)
    found.answered = kept.about(address.key, address.contact_id, pepper)
    return found


def _verdict(
    connection: Connection, controller_id: uuid.UUID, found: OfDecision, view: View
) -> dict[str, Any]:
    known, stood = found.known(view), found.standing(view)
    recorded_by = found.decision.entry.recorded_at
    return verdict(connection, controller_id, found, view, known, stood, recorded_by=recorded_by)


def _question(connection: Connection, controller_id: uuid.UUID, decision: Decision) -> Question:
    row = eligibility.find_topic(connection, controller_id, decision.details["topic"])
    if row is None:
        raise NotFound("the topic of this decision is gone", code="topic_not_found")
    policy = policies.at_version(connection, controller_id, decision.policy.version)
    return eligibility.about(
        row,
        policy,
        channel=decision.details["channel"],
        kind=decision.kind,
        now=decision.checked_at,
    )
