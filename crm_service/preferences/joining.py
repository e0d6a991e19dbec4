"""Coming back: more messages, on a fresh proof of the address (rules 4, 10 and 17).

What is recorded is consent, with what the person read, when the link was asked for and when its
button was pressed. It lifts the person's own refusals of this topic, a complaint, an erasure and an
objection included: nothing less could. Blocks on more than the topic stay for all other topics.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import NotFound
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactResubscribed
from crm_service.permissions import service as permissions
from crm_service.permissions.service import Grant
from crm_service.permissions.targets import Target
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.preferences import repository
from crm_service.proofs.service import Proof

METHOD: Final = "preference page, confirmed by a one-time link"
WORDING: Final = "preference-page-1"
CHANNEL: Final = "email"


@dataclass(frozen=True)
class Wording:
    """What the person read and confirmed."""

    text: str
    language: str


def join(
    connection: Connection,
    controller_id: uuid.UUID,
    proof: Proof,
    *,
    target: Target,
    wording: Wording,
) -> None:
    """Record the consent that a redeemed proof confirms, and lift what it ends.

    In the transaction of the proof, under the subject's lock. Raises ``NotFound`` where the contact
    is gone, and ``Invalid`` where the policy lets no consent carry the topic.
    """
    now, correlation = utcnow(), uuid.uuid4()
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "address_key": proof.address_key,
        "subject_id": proof.subject_id,
        "topic_id": target.topic_id,
        "correlation": correlation,
        "now": now,
    }
    row = connection.execute(repository.ADDED_AT, facts).fetchone()
    if row is None:
        raise NotFound("this address is nobody's any more")
    policy = policies.active(connection, controller_id)
    wide = connection.execute(repository.NARROW, facts).fetchone()
    grants = Grants(connection, controller_id, policy, proof, correlation, row[1])
    if wide is not None:
        grants.refuse_the_rest(target, wide[0])
    connection.execute(repository.LIFT, facts)
    grants.consent(target, wording, now)
    _tell(connection, controller_id, proof, target, correlation)


def _tell(
    connection: Connection,
    controller_id: uuid.UUID,
    proof: Proof,
    target: Target,
    correlation: uuid.UUID,
) -> None:
    event = ContactResubscribed(
        subject_id=proof.subject_id,
        occurred_at=utcnow(),
        correlation=correlation,
        address_key=proof.address_key,
        channel=CHANNEL,
        topic=target.topic,
        scope="topic",
        source="preferences",
    )
    outbox.record(connection, controller_id, [event])
    audit.record(
        connection,
        controller_id,
        actor="recipient",
        action="preferences.join",
        subject_id=proof.subject_id,
    )


@dataclass(frozen=True)
class Grants:
    """Writes to the ledger what one proof says."""

    connection: Connection
    controller_id: uuid.UUID
    policy: Policy
    proof: Proof
    correlation: uuid.UUID
    anchor_at: Any

    def consent(self, target: Target, wording: Wording, now: Any) -> None:
        """Record the consent to one topic, with both times of the double opt-in."""
        evidence = {
            "method": METHOD,
            "occurred_at": now,
            "wording": {"version": WORDING, "language": wording.language, "text": wording.text},
            "double_opt_in": {
                "requested_at": self.proof.requested_at,
                "confirmed_at": now,
            },
        }
        self._record(target, "consent", "granted", evidence, None)

    def refuse_the_rest(self, target: Target, since: Any) -> None:
        """Keep a refusal of everything for topics to come: only later consent counts then."""
        purpose = Target(target.purpose)
        self._record(purpose, "legitimate_interests", "objected", {}, since)

    def _record(
        self, target: Target, basis: str, state: str, evidence: Mapping[str, Any], since: Any
    ) -> None:
        grant = Grant(
            subject_id=self.proof.subject_id,
            address_key=self.proof.address_key,
            channel=CHANNEL,
            target=target,
            basis=basis,
            evidence=evidence,
            anchor_at=self.anchor_at,
            source="preferences",
            state=state,
            occurred_at=since,
        )
        permissions.record(
            self.connection,
            self.controller_id,
            self.policy,
            grant,
            recorded_by="recipient",
            correlation=self.correlation,
        )
