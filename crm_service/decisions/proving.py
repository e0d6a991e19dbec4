"""Proving one verdict of a decision, years later (rules 19 and 22, clause ws-06).

The verdict is reached again over what the ledger, the suppression list and the event log held when
the decision was made; what was recorded since changes nothing. What cannot be proved is said.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.decisions import repository
from crm_service.decisions.asked import Address
from crm_service.decisions.findings import Findings, mark
from crm_service.decisions.kept import Kept
from crm_service.decisions.records import Decision
from crm_service.eligibility import past
from crm_service.eligibility import service as eligibility
from crm_service.eligibility.past import Past
from crm_service.eligibility.service import Question
from crm_service.errors import NotFound
from crm_service.permissions import proving as ledger
from crm_service.policies import service as policies
from crm_service.seals.inclusion import included
from crm_service.seals.logs import LEDGER
from crm_service.suppression import past as suppression


def prove(
    connection: Connection,
    controller_id: uuid.UUID,
    decision: Decision,
    address: Address,
    kept: Kept,
    *,
    pepper: bytes,
) -> Findings:
    """Reach the verdict on an address again, as of the decision, and return what it rests on."""
    question = _question(connection, controller_id, decision)
    found = Findings(decision, address, question)
    _gather(connection, controller_id, found)
    marks = [mark(entry) for entry in found.entries]
    found.seals = included(connection, controller_id, LEDGER, marks)
    stood = [block.id for block in found.blocks if block.stood]
    found.verdict = _verdict(connection, controller_id, found, decision.snapshot, stood)
    if found.overlapping:
        stood = [block.id for block in found.blocks if block.stood_until]
        found.verdict_at_end = _verdict(connection, controller_id, found, decision.until, stood)
    found.is_given, found.is_part = kept.is_given, kept.is_part(decision)
    found.digest_matches = kept.matches(decision)
    found.answered = kept.about(address.key, address.contact_id, pepper)
    return found


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


def _gather(connection: Connection, controller_id: uuid.UUID, found: Findings) -> None:
    """Find entries and blocks; whoever else may have had the address, if it looks like that."""
    key, question, decision = found.address.key, found.question, found.decision
    found.blocks = suppression.blocks(
        connection,
        controller_id,
        [key, *(found.address.domain_keys or ())],
        now=question.now,
        snapshot=decision.snapshot,
        until=decision.until,
    )
    facts = {
        "controller_id": controller_id,
        "address_key": key,
        "channel": question.channel,
        "purpose": question.purpose.slug,
        "topic_id": question.topic_id,
        "snapshot": decision.snapshot,
        "until": decision.until,
    }
    named = {row[0] for row in connection.execute(repository.SUBJECTS, facts)}
    asked = {found.address.contact_id} if found.address.contact_id else set()
    found.subject_ids = sorted(named | asked)
    found.entries = ledger.entries(connection, facts | {"subject_ids": found.subject_ids})
    # Erased without a trace in the register, or brought along from a subject that is no more.
    if not found.entries or any(not block.is_dated for block in found.blocks):
        former = ledger.subjects_of(connection, controller_id, key)
        found.subject_ids = sorted({*found.subject_ids, *former})
        found.entries = ledger.entries(connection, facts | {"subject_ids": found.subject_ids})


def _verdict(
    connection: Connection,
    controller_id: uuid.UUID,
    found: Findings,
    snapshot: str,
    blocks: Sequence[uuid.UUID],
) -> dict[str, Any]:
    is_known, is_restricted = _life(connection, controller_id, found, snapshot)
    then = Past(
        address_key=found.address.key,
        subject_ids=found.subject_ids,
        snapshot=snapshot,
        blocks=blocks,
        is_restricted=is_restricted,
        is_known=is_known,
    )
    return past.verdict(connection, controller_id, found.question, then)


def _life(
    connection: Connection, controller_id: uuid.UUID, found: Findings, until: str
) -> tuple[bool, bool]:
    """Return whether a contact was there, and whether its processing was restricted."""
    facts = {
        "controller_id": controller_id,
        "address_key": found.address.key,
        "subject_ids": found.subject_ids,
        "until": until,
    }
    [(is_known, is_restricted, created_at)] = connection.execute(repository.LIFE, facts).fetchall()
    # The address may have come to the contact later.
    is_late = created_at is not None and created_at > found.decision.entry.recorded_at
    return bool(is_known) and not is_late, bool(is_restricted)
