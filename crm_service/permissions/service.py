"""Recording and ending legal bases (rules 16 to 20).

Every verb writes the ledger, its projection and the events in the caller's transaction, under the
lock of the subject.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.permissions import evidence as proofs
from crm_service.permissions import repository, wordings
from crm_service.permissions.digest import evidence_digest
from crm_service.permissions.targets import Target, check_known, check_target, inheriting
from crm_service.policies.document import Policy

GRANTED = "granted"
PENDING = "pending"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One legal basis to record: ``state`` is granted or pending; ``evidence`` is complete."""

    subject_id: uuid.UUID
    address_key: uuid.UUID
    channel: str
    target: Target
    basis: str
    evidence: Mapping[str, Any]
    anchor_at: datetime
    source: str
    state: str = GRANTED
    occurred_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """From when the basis holds: its evidence's time, else the given one, else its anchor.

        Double opt-in holds from its confirmation.
        """
        double_opt_in = self.evidence.get("double_opt_in") or {}
        stated = [self.evidence.get("occurred_at"), double_opt_in.get("confirmed_at")]
        known = [moment for moment in stated if isinstance(moment, datetime)]
        return max(known) if known else self.occurred_at or self.anchor_at


@dataclass(frozen=True)
class Outcome:
    """What became of a grant: ``recorded``, ``unchanged`` or ``refused`` (see RECORD_GRANTS).

    ``entry_id`` is the ledger entry's, None where none was written.
    """

    entry_id: uuid.UUID | None
    outcome: str
    action: str
    warnings: tuple[str, ...] = ()


def record_grants(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    grants: Sequence[Grant],
    *,
    recorded_by: str,
    correlation: uuid.UUID,
) -> list[Outcome]:
    """Record complete grants, set-based, in the order given; return one outcome each.

    No two grants may name the same (address key, channel, target, basis). The caller has checked
    target and evidence, and holds the subjects' locks. A grant never turns an objection or
    withdrawal back into a yes, unless it is consent given after it.
    """
    if not grants:
        return []
    rows = [_row(grant) for grant in grants]
    found = connection.execute(
        repository.RECORD_GRANTS,
        {
            "controller_id": controller_id,
            "rows": orjson.dumps(rows).decode(),
            "recorded_by": recorded_by,
            "policy_version": policy.version,
            "correlation": correlation,
            "now": utcnow(),
        },
    ).fetchall()
    return [
        Outcome(rows[n - 1]["entry_id"] if outcome == "recorded" else None, outcome, action)
        for n, outcome, action in found
    ]


def _row(grant: Grant) -> dict[str, Any]:
    salt = secrets.token_bytes(16)
    text = proofs.canonical(grant.evidence)
    return {
        "entry_id": uuid.uuid4(),
        "subject_id": grant.subject_id,
        "address_key": grant.address_key,
        "channel": grant.channel,
        "purpose": grant.target.purpose,
        "topic_id": grant.target.topic_id,
        "topic": grant.target.topic,
        "basis": grant.basis,
        "state": grant.state,
        "since": grant.since,
        "anchor_at": grant.anchor_at,
        "source": grant.source,
        "salt": salt.hex(),
        "evidence": text,
        "evidence_sha256": evidence_digest(salt, text).hex(),
    }


def grant(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    given: Grant,
    *,
    recorded_by: str,
    correlation: uuid.UUID,
) -> Outcome:
    """Check and record one grant.

    Raises ``Invalid`` for a target, basis or evidence that does not do (nothing stored), and
    ``Conflict`` (``objection_stands``) where the person ended it and this is no later consent.
    """
    check_target(policy, given.target, given.channel, given.basis)
    proofs.require(given.basis, given.evidence, now=utcnow())
    proofs.refuse_future({"occurred_at": given.occurred_at}, now=utcnow())
    warnings = wordings.register(connection, controller_id, policy, given.evidence)
    [outcome] = record_grants(
        connection,
        controller_id,
        policy,
        [given],
        recorded_by=recorded_by,
        correlation=correlation,
    )
    if outcome.outcome == "refused":
        raise Conflict(
            "the person withdrew or objected; only consent given after that can be recorded",
            code="objection_stands",
        )
    return replace(outcome, warnings=tuple(warnings))


def end(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    stated: Grant,
    *,
    recorded_by: str,
    correlation: uuid.UUID,
) -> list[uuid.UUID]:
    """Withdraw or object: end every basis for the target; return the ledger entries written.

    Needs no evidence and no standing permission: a refusal of what was never granted is recorded
    under its ``basis``. A time to come means now. A repeat writes nothing and returns an empty
    list. The caller holds the subject's lock.
    """
    rows = connection.execute(
        repository.END,
        {
            "controller_id": controller_id,
            "subject_id": stated.subject_id,
            "address_key": stated.address_key,
            "channel": stated.channel,
            "purpose": stated.target.purpose,
            "topic_id": stated.target.topic_id,
            "topic": stated.target.topic,
            "basis": stated.basis,
            "state": stated.state,
            "inheriting": inheriting(policy),
            "anchor_at": stated.anchor_at,
            "occurred_at": min(stated.occurred_at or utcnow(), utcnow()),
            "source": stated.source,
            "recorded_by": recorded_by,
            "policy_version": policy.version,
            "correlation": correlation,
        },
    ).fetchall()
    return [row[0] for row in rows]


def record(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    given: Grant,
    *,
    recorded_by: str,
    correlation: uuid.UUID,
) -> Outcome:
    """Record what was stated, whichever way: a grant, a request, a withdrawal or an objection.

    Raises what ``grant`` raises; a withdrawal or objection is refused only for an unknown purpose.
    """
    if given.state in {GRANTED, PENDING}:
        return grant(
            connection,
            controller_id,
            policy,
            given,
            recorded_by=recorded_by,
            correlation=correlation,
        )
    check_known(policy, given.target)
    entries = end(
        connection, controller_id, policy, given, recorded_by=recorded_by, correlation=correlation
    )
    if not entries:
        return Outcome(None, "unchanged", given.state)
    return Outcome(entries[0], "recorded", given.state)
