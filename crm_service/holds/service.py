"""Setting holds, resolving the disputes behind them, and lifting them (clauses si-05, no-12).

A hold bars retention and erasure. It bars nothing else: an objection to marketing or a withdrawal
takes effect as ever (GDPR Art. 21(3) and 7(3)).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import knowing
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.holds import repository
from crm_service.holds.standing import Hold, today
from crm_service.policies import categories
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.policies.terms import last_day
from crm_service.subjects import service as subjects

DISPUTE, STATUTORY = "dispute", "statutory"
KINDS = (DISPUTE, STATUTORY)

#: Before every hold there can be.
_BEGINNING = ("-infinity", uuid.UUID(int=0))


def place(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    facts: Mapping[str, Any],
    actor: str,
) -> Hold:
    """Hold a contact's data. From the commit on nothing of what is held is deleted.

    ``facts``: kind and reasons; for a dispute its reference; for a statutory hold its law, a slug
    of the policy's or its name, and hand_over_to and held_until where the law says so; categories,
    where it does not hold everything. Raises ``NotFound`` for an unknown contact, ``Invalid``
    (``over_already``) for a last day that is past, (``unknown_category``) for a category that
    retention does not know: a hold of it would hold nothing.
    """
    subjects.lock(connection, [contact_id])
    knowing.require_one(connection, controller_id, contact_id)
    policy = policies.active(connection, controller_id)
    categories.of_hold(policy, facts.get("categories") or ())
    until = facts.get("held_until")
    if until is not None and until < today(policy):
        raise Invalid(
            "a hold whose last day is past holds nothing",
            code="over_already",
            errors={"held_until": ["must be today or later"]},
        )
    optional = ("reference", "law", "hand_over_to", "categories", "held_until")
    row = {**dict.fromkeys(optional), **facts, **_law(policy, facts), "subject_id": contact_id}
    row |= {"controller_id": controller_id, "actor": actor, "now": utcnow()}
    [placed] = _fetch(connection, repository.ADD, row)
    _audit(connection, controller_id, placed, actor, "place", sorted(facts))
    return placed


def _law(policy: Policy, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return law and hand_over_to as the policy has them, where it knows the law."""
    known = policy.holds.laws.get(facts.get("law", ""))
    if known is None:
        return {}
    return {
        "law": known.name[policy.default_language],
        "hand_over_to": facts.get("hand_over_to") or known.hand_over_to,
    }


def of_contact(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID, *, actor: str
) -> list[Hold]:
    """Return every hold of a contact, the oldest first. Raises ``NotFound``."""
    keys = {"controller_id": controller_id, "subject_id": contact_id}
    knowing.require_one(connection, controller_id, contact_id)
    found = _fetch(connection, repository.ALL, keys)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="holds.list",
        subject_id=contact_id,
        fields=["holds"],
    )
    return found


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    kind: str | None,
    standing: bool | None,
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
    actor: str,
) -> list[Hold]:
    """Return holds of all contacts, the oldest first, and one beyond ``limit`` if there is one."""
    facts = {
        "controller_id": controller_id,
        "kind": kind,
        "today": today(policies.active(connection, controller_id)),
        **dict(zip(("after", "after_id"), after or _BEGINNING, strict=True)),
        "limit": limit + 1,
    }
    found = _fetch(connection, repository.PAGES[standing], facts)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="holds.list",
        fields=["holds"],
        count=len(found[:limit]),
        details={"kind": kind, "standing": standing},
    )
    return found


def resolve(
    connection: Connection,
    controller_id: uuid.UUID,
    hold_id: uuid.UUID,
    *,
    outcome: str,
    final_on: date,
    actor: str,
) -> Hold:
    """Record how a dispute ended and when that became final: it holds for the policy's term on.

    The term is that of the policy of today; a later one changes nothing about it. Raises
    ``NotFound``; ``Conflict``: ``not_a_dispute``, ``resolved_already``, ``lifted_already``;
    ``Invalid``: ``not_final_yet``, ``dispute_term_missing`` where the policy has no term for it.
    """
    hold = _held(connection, controller_id, hold_id)
    if hold.kind != DISPUTE:
        raise Conflict("only a dispute is resolved; lift this hold instead", code="not_a_dispute")
    if hold.outcome is not None:
        raise Conflict("this dispute is resolved already", code="resolved_already")
    policy = policies.active(connection, controller_id)
    if final_on > today(policy):
        raise Invalid(
            "record the outcome when it is final: until then the dispute is open",
            code="not_final_yet",
            errors={"final_on": ["must not lie in the future"]},
        )
    facts = {
        "controller_id": controller_id,
        "hold_id": hold_id,
        "outcome": outcome,
        "final_on": final_on,
        "held_until": last_day(final_on, _term(policy, outcome)),
        "policy_version": policy.version,
        "actor": actor,
        "now": utcnow(),
    }
    [resolved] = _fetch(connection, repository.RESOLVE, facts)
    _audit(connection, controller_id, resolved, actor, "resolve", ["outcome", "final_on"])
    return resolved


def _term(policy: Policy, outcome: str) -> str:
    term = policy.holds.terms.get(outcome)
    if term is None:
        raise Invalid(
            f"the policy does not say how long data are held after this outcome: add "
            f"holds.dispute.{outcome} to it, or lift the hold with your reasons",
            code="dispute_term_missing",
            errors={"outcome": [_choices(policy.holds.terms)]},
        )
    return term


def _choices(terms: Mapping[str, str]) -> str:
    if not terms:
        return "the policy has no term for any outcome"
    return f"the policy has terms for: {', '.join(terms)}"


def lift(
    connection: Connection,
    controller_id: uuid.UUID,
    hold_id: uuid.UUID,
    *,
    reasons: str,
    actor: str,
) -> Hold:
    """Lift a hold for written reasons. Raises ``NotFound``, ``Conflict`` (``lifted_already``)."""
    _held(connection, controller_id, hold_id)
    facts = {
        "controller_id": controller_id,
        "hold_id": hold_id,
        "reasons": reasons,
        "actor": actor,
        "now": utcnow(),
    }
    [lifted] = _fetch(connection, repository.LIFT, facts)
    _audit(connection, controller_id, lifted, actor, "lift", ["lift_reasons"])
    return lifted


def _held(connection: Connection, controller_id: uuid.UUID, hold_id: uuid.UUID) -> Hold:
    """Return a hold that is not lifted, under the lock of its subject."""
    keys = {"controller_id": controller_id, "hold_id": hold_id}
    for hold in _fetch(connection, repository.GET, keys):
        subjects.lock(connection, [hold.subject_id])
    # Again, under the lock: what another has done meanwhile counts.
    for hold in _fetch(connection, repository.GET, keys):
        if hold.lifted_at is not None:
            raise Conflict("this hold is lifted already", code="lifted_already")
        return hold
    raise NotFound("no such hold")


def _fetch(connection: Connection, query: str, facts: Mapping[str, Any]) -> list[Hold]:
    with connection.cursor(row_factory=class_row(Hold)) as cursor:
        return cursor.execute(query, facts).fetchall()


def _audit(
    connection: Connection,
    controller_id: uuid.UUID,
    hold: Hold,
    actor: str,
    verb: str,
    fields: Sequence[str],
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=f"holds.{verb}",
        subject_id=hold.subject_id,
        fields=fields,
        details={"hold": str(hold.id), "kind": hold.kind},
    )
