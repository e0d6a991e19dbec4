"""What recipients are owed, and how far telling them has come (GDPR Art. 19; clauses ws-05, si-17).

Each recipient that got data of a person is told of their rectification, erasure or restriction,
unless that proves impossible or takes a disproportionate effort. A notice outlives the person: it
holds the subject's id and no word about anybody.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Conflict, NotFound
from crm_service.notices import repository
from crm_service.notices.repository import Notice, Owed
from crm_service.outbox import service as outbox
from crm_service.outbox.rights_events import RecipientNoticeDue
from crm_service.policies import service as policies

__all__ = ["Notice", "acknowledge", "dispense", "get", "listing", "of_request", "owe", "send"]

#: What is told. That a restriction was lifted goes to those who were told of it.
CAUSES = ("rectification", "erasure", "restriction", "restriction_lifted")

#: How a recipient is told, and how it answers.
WAYS = ("email", "post", "phone", "portal", "api", "event", "in_person")

#: Why somebody need not be told (GDPR Art. 19).
EXEMPTIONS = ("impossible", "disproportionate")

#: Nothing is left to do.
SETTLED = frozenset({"acknowledged", "dispensed"})


def owe(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    cause: str,
    request_id: uuid.UUID | None = None,
    fields: Collection[str] | None = None,
    with_processors: bool = False,
) -> int:
    """Note that the recipients concerned are to be told; return how many notices are new.

    Called under the locks of the subjects; for an erasure before anything of it is done, since it
    forgets who got the data. ``fields``: only recipients that got one of these (a rectification).
    ``with_processors``: also those in use without a disclosure on record, such as a host. The same
    is owed once: a repeat for one request adds nothing.
    """
    ids = (controller_id, subject_ids)
    if cause == "restriction_lifted":
        found = repository.told(connection, *ids, cause="restriction")
        concerned = [replace(one, fields=[]) for one in found]
    else:
        found = repository.concerned(connection, *ids, with_processors=with_processors)
        concerned = list(_having(found, fields))
    if not concerned:
        return 0
    facts = _terms(connection, controller_id, cause=cause, request_id=request_id)
    added = repository.add(connection, facts, concerned)
    correlation = request_id or uuid.uuid4()
    told = [_event(facts, notice_id, one, correlation) for notice_id, one in added]
    outbox.record(connection, controller_id, told)
    return len(added)


def _having(found: Sequence[Owed], fields: Collection[str] | None) -> Iterator[Owed]:
    """Yield each that got one of ``fields``, with those of its own; None: each, with none."""
    for one in found:
        shared = sorted({*one.fields} & {*fields}) if fields is not None else []
        if shared or fields is None:
            yield replace(one, fields=shared)


def _terms(
    connection: Connection, controller_id: uuid.UUID, *, cause: str, request_id: uuid.UUID | None
) -> dict[str, Any]:
    """Return what notices of one happening share: their cause, and until when they are sent."""
    now = utcnow()
    policy = policies.active(connection, controller_id)
    zone = ZoneInfo(policy.timezone)
    due_on = now.astimezone(zone).date() + timedelta(days=policy.rights.recipients_told_within)
    return {
        "controller_id": controller_id,
        "cause": cause,
        "request_id": request_id,
        "owed_at": now,
        "due_on": due_on,
        "remind_at": datetime.combine(due_on + timedelta(days=1), time(), zone),
        "remind_days": policy.rights.recipients_reminded_every,
    }


def _event(
    facts: Mapping[str, Any], notice_id: uuid.UUID, to: Owed, correlation: uuid.UUID
) -> RecipientNoticeDue:
    return RecipientNoticeDue(
        subject_id=to.subject_id,
        occurred_at=facts["owed_at"],
        correlation=correlation,
        notice_id=notice_id,
        recipient=to.recipient,
        cause=facts["cause"],
        due_on=facts["due_on"],
        request_id=facts["request_id"],
    )


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    filters: Mapping[str, Any],
    after: tuple[str, str] | None,
    limit: int,
    actor: str,
) -> list[Notice]:
    """Return notices, the next one due first, and one beyond ``limit`` where there are more.

    ``filters``: ``open``, ``overdue``, ``recipient`` (slug), ``contact_id``, ``request_id``.
    """
    policy = policies.active(connection, controller_id)
    facts = {**filters, "controller_id": controller_id, "limit": limit + 1}
    facts["today"] = utcnow().astimezone(ZoneInfo(policy.timezone)).date()
    if after:
        facts["after_day"], facts["after_id"] = after
    found = repository.listing(connection, facts)
    asked = {name: str(value) for name, value in filters.items()}
    _audit(connection, controller_id, "list", actor, count=min(len(found), limit), details=asked)
    return found


def of_request(
    connection: Connection, controller_id: uuid.UUID, request_id: uuid.UUID
) -> list[Notice]:
    """Return every notice that a request has led to, settled ones included."""
    facts = {"controller_id": controller_id, "request_id": request_id, "limit": None}
    return repository.listing(connection, facts)


def get(
    connection: Connection, controller_id: uuid.UUID, notice_id: uuid.UUID, *, actor: str
) -> Notice:
    """Return one notice. Raises ``NotFound`` (``unknown_notice``)."""
    found = _known(repository.find(connection, controller_id, notice_id))
    _audit(connection, controller_id, "read", actor, subject_id=found.contact_id)
    return found


def send(
    connection: Connection,
    controller_id: uuid.UUID,
    notice_id: uuid.UUID,
    *,
    by: str,
    actor: str,
    at: datetime | None = None,
) -> Notice:
    """Note that the recipient was told, or reminded. Raises ``NotFound``, ``Conflict``."""
    step = {"sent_at": at or utcnow(), "sent_by": by, "again": 1}
    return _step(connection, controller_id, notice_id, step, "send", actor)


def acknowledge(
    connection: Connection,
    controller_id: uuid.UUID,
    notice_id: uuid.UUID,
    *,
    by: str,
    actor: str,
    at: datetime | None = None,
) -> Notice:
    """Note that the recipient confirmed, whether or not telling it is on record.

    A repeat changes nothing. Raises ``NotFound``, ``Conflict`` (``notice_settled``).
    """
    found = _known(repository.find(connection, controller_id, notice_id, hold=True))
    if found.status == "acknowledged":
        return found
    step = {"acknowledged_at": at or utcnow(), "acknowledged_by": by}
    return _step(connection, controller_id, notice_id, step, "acknowledge", actor)


def dispense(
    connection: Connection,
    controller_id: uuid.UUID,
    notice_id: uuid.UUID,
    *,
    ground: str,
    reasons: str,
    actor: str,
) -> Notice:
    """Note that the recipient need not be told: ``impossible`` or ``disproportionate``, and why.

    Raises ``NotFound``, ``Conflict`` (``notice_settled``).
    """
    step = {"dispensed_at": utcnow(), "dispensed_for": ground, "dispensed_reasons": reasons}
    return _step(connection, controller_id, notice_id, step, "dispense", actor)


def _step(
    connection: Connection,
    controller_id: uuid.UUID,
    notice_id: uuid.UUID,
    step: Mapping[str, Any],
    action: str,
    actor: str,
) -> Notice:
    found = _known(repository.find(connection, controller_id, notice_id, hold=True))
    if found.status in SETTLED:
        raise Conflict(
            f"this notice is {found.status}: nothing is left to do",
            code="notice_settled",
            status=found.status,
        )
    repository.change(connection, controller_id, notice_id, step)
    details = {"notice": str(notice_id), "recipient": str(found.recipient_id)}
    subject_id = found.contact_id
    _audit(connection, controller_id, action, actor, subject_id=subject_id, details=details)
    return _known(repository.find(connection, controller_id, notice_id))


def _known(found: Notice | None) -> Notice:
    if found is None:
        raise NotFound("there is no such notice", code="unknown_notice")
    return found


def _audit(
    connection: Connection, controller_id: uuid.UUID, action: str, actor: str, **facts: Any
) -> None:
    audit.record(connection, controller_id, actor=actor, action=f"notices.{action}", **facts)
