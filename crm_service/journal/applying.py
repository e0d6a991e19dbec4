"""Doing again what a line of the journal says, with the rooms' own verbs (rule 35).

Each verb may be done twice without effect. But for the lift of a restriction, of which the person
was told, none of them gives anything back: a restore can only block, restrict, end and erase.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from flask import current_app

from crm_service.clock import utcnow
from crm_service.contacts import invoicing, restricting
from crm_service.db import Connection
from crm_service.journal import leaving
from crm_service.journal.lines import OFFBOARDED, Fact
from crm_service.permissions import service as permissions
from crm_service.permissions.targets import Target
from crm_service.policies import service as policies
from crm_service.rights import service as rights
from crm_service.subjects import service as subjects
from crm_service.suppression import bulk
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block
from crm_service.topics import service as topics

ACTOR = "operator:restore"
SOURCE = "restore"

#: What became of a line: done now, known already, or about something that the database lacks.
APPLIED, KNOWN, UNKNOWN_TOPIC = "applied", "known", "unknown_topic"

_KINDS_BY_CHANNEL = {"sms": "phone", "phone": "phone"}


def apply(connection: Connection, fact: Fact) -> str:
    """Do what the line says; return what became of it. The controller is set on the connection."""
    return _VERBS[fact.type](connection, fact)


def _erase(connection: Connection, fact: Fact) -> str:
    subject_id, asked = _subject(fact), fact.data.get("request_id")
    if asked:
        held = subjects.addresses(connection, fact.controller_id, subject_id)
        keys = [address.address_key for address in held]
        pepper = current_app.extensions["crm.settings"].keyring.pepper(fact.controller_id)
        invoicing.forget(connection, fact.controller_id, keys, pepper=pepper, actor=ACTOR)
    touched = rights.erase_subject(
        connection,
        fact.controller_id,
        subject_id,
        ground=fact.data["ground"],
        actor=ACTOR,
        request_id=uuid.UUID(asked) if asked else None,
    )
    return APPLIED if any(touched.values()) else KNOWN


def _suppress(connection: Connection, fact: Fact) -> str:
    key = uuid.UUID(fact.data["address_key"])
    if fact.is_over(utcnow()):
        return KNOWN
    block = _block(connection, fact, key)
    if fact.domain is not None:
        is_new = bulk.suppress_domain(connection, fact.controller_id, block, name=fact.domain)[1]
    else:
        _hold(connection, fact, key, fact.kind or "email")
        is_new = suppression.suppress(connection, fact.controller_id, [block]) > 0
    return APPLIED if is_new else KNOWN


def _block(connection: Connection, fact: Fact, key: uuid.UUID) -> Block:
    """Return the block; for a topic that the database lacks it is all marketing (rule 7)."""
    scope, slug = fact.data["scope"], fact.data.get("topic")
    topic = topics.find(connection, fact.controller_id, slug) if slug else None
    if scope == "topic" and topic is None:
        scope, slug = "marketing", None
    return Block(
        address_key=key,
        scope=scope,
        reason=fact.data["reason"],
        source=fact.data["source"],
        ends_at=fact.ends_at,
        topic_id=topic.id if topic else None,
        topic=slug,
        suppressed_at=datetime.fromisoformat(fact.occurred_at),
    )


def _refuse(connection: Connection, fact: Fact, state: str) -> str:
    data, slug = fact.data, fact.data.get("topic")
    topic = topics.find(connection, fact.controller_id, slug) if slug else None
    if slug and topic is None:
        return UNKNOWN_TOPIC
    key = uuid.UUID(data["address_key"])
    kind = fact.kind or _KINDS_BY_CHANNEL.get(data["channel"], "email")
    at = datetime.fromisoformat(fact.occurred_at)
    ended = permissions.end(
        connection,
        fact.controller_id,
        policies.active(connection, fact.controller_id),
        permissions.Grant(
            subject_id=_hold(connection, fact, key, kind),
            address_key=key,
            channel=data["channel"],
            target=Target(data["purpose"], topic.id if topic else None, slug),
            basis=data["basis"],
            evidence={},
            anchor_at=at,
            source=SOURCE,
            state=state,
            occurred_at=at,
        ),
        recorded_by=ACTOR,
        correlation=uuid.uuid4(),
    )
    return APPLIED if ended else KNOWN


def _withdraw(connection: Connection, fact: Fact) -> str:
    return _refuse(connection, fact, "withdrawn")


def _object(connection: Connection, fact: Fact) -> str:
    return _refuse(connection, fact, "objected")


def _restrict(connection: Connection, fact: Fact) -> str:
    subject_id = _subject(fact)
    subjects.lock(connection, [subject_id])
    is_new = restricting.restrict(
        connection,
        fact.controller_id,
        subject_id,
        actor=ACTOR,
        source=fact.data["source"],
        correlation=uuid.uuid4(),
    )
    return APPLIED if is_new else KNOWN


def _lift(connection: Connection, fact: Fact) -> str:
    """Lift a restriction from before the backup: the person was told, and a decision stands."""
    subject_id = _subject(fact)
    subjects.lock(connection, [subject_id])
    if not restricting.is_restricted(connection, fact.controller_id, subject_id):
        return KNOWN
    restricting.lift(
        connection,
        fact.controller_id,
        subject_id,
        justification=SOURCE,
        informed_at=None,
        actor=ACTOR,
        source=SOURCE,
    )
    return APPLIED


def _leave(_connection: Connection, _fact: Fact) -> str:
    """Do nothing: what was lifted since was left out, and nothing else is given back."""
    return KNOWN


def _offboard(connection: Connection, fact: Fact) -> str:
    return APPLIED if leaving.leave_again(connection, fact) else KNOWN


def _hold(connection: Connection, fact: Fact, key: uuid.UUID, kind: str) -> uuid.UUID:
    """Return the subject of a key, the one that the journal knows where it has none; hold it."""
    subjects.find_or_create(
        connection, fact.controller_id, key, kind=kind, subject_id=fact.subject_id
    )
    return subjects.lock_by_key(connection, fact.controller_id, key, kind=kind)


def _subject(fact: Fact) -> uuid.UUID:
    if fact.subject_id is None:  # pragma: no cover - such events always name one
        raise LookupError("an erasure names nobody")
    return fact.subject_id


_VERBS: Mapping[str, Callable[[Connection, Fact], str]] = {
    "contact.erased.v1": _erase,
    "contact.restricted.v1": _restrict,
    "contact.restriction_lifted.v1": _lift,
    "suppression.added.v1": _suppress,
    "suppression.lifted.v1": _leave,
    "consent.withdrawn.v1": _withdraw,
    "objection.recorded.v1": _object,
    OFFBOARDED: _offboard,
}
