"""Looking, line by line, whether the database knows again what its journal says (rule 35)."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from crm_service.clock import utcnow
from crm_service.contacts import personal_data as contacts
from crm_service.contacts import restricting
from crm_service.db import Connection
from crm_service.journal import leaving
from crm_service.journal.lines import OFFBOARDED, Fact
from crm_service.permissions import history
from crm_service.subjects import service as subjects
from crm_service.suppression import service as suppression


def holds(connection: Connection, fact: Fact) -> bool:
    """Tell whether what the line says is so. The controller is set on the connection."""
    return _PROOFS[fact.type](connection, fact)


def _is_erased(connection: Connection, fact: Fact) -> bool:
    return fact.subject_id is not None and not contacts.export(
        connection, fact.controller_id, fact.subject_id
    )


def _is_blocked(connection: Connection, fact: Fact) -> bool:
    """Tell whether this block stands, or for a topic that is not there the one on all marketing."""
    if fact.is_over(utcnow()):
        return True
    slug = fact.data.get("topic")
    wanted = {(fact.data["scope"], slug), ("marketing" if slug else fact.data["scope"], None)}
    key = uuid.UUID(fact.data["address_key"])
    return any(
        (one.scope, one.topic) in wanted and one.reason == fact.data["reason"]
        for one in suppression.active(connection, fact.controller_id, key)
    )


def _is_refused(connection: Connection, fact: Fact) -> bool:
    """Tell whether nothing that was granted up to then is in force for the same target."""
    key = uuid.UUID(fact.data["address_key"])
    subject_id = subjects.find(connection, fact.controller_id, key)
    if subject_id is None:
        return True
    at = datetime.fromisoformat(fact.occurred_at)
    return not any(
        one["in_force"]
        and one["address_key"] == key
        and one["since"] <= at
        and all(one[name] == fact.data.get(name) for name in ("channel", "purpose", "topic"))
        for one in history.as_of(connection, fact.controller_id, subject_id).items
    )


def _is_restricted(connection: Connection, fact: Fact) -> bool:
    """Tell whether the data are only stored, or there are none."""
    return _is_erased(connection, fact) or _restricts(connection, fact)


def _is_free(connection: Connection, fact: Fact) -> bool:
    return not _restricts(connection, fact)


def _restricts(connection: Connection, fact: Fact) -> bool:
    return fact.subject_id is not None and restricting.is_restricted(
        connection, fact.controller_id, fact.subject_id
    )


def _always(_connection: Connection, _fact: Fact) -> bool:
    return True


_PROOFS: Mapping[str, Callable[[Connection, Fact], bool]] = {
    "contact.erased.v1": _is_erased,
    "contact.restricted.v1": _is_restricted,
    "contact.restriction_lifted.v1": _is_free,
    "suppression.added.v1": _is_blocked,
    "suppression.lifted.v1": _always,
    "consent.withdrawn.v1": _is_refused,
    "objection.recorded.v1": _is_refused,
    OFFBOARDED: leaving.has_left,
}
