"""SQL over notices to recipients."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from psycopg.rows import class_row

from crm_service import arrays
from crm_service.db import Connection


@dataclass(frozen=True)
class Notice:
    """That a recipient is to be told of something, and how far that has come.

    ``status``: ``due``, ``sent``, ``acknowledged``, ``dispensed``. ``fields``: of a rectification,
    those of the recipient's that changed. ``times_sent``: once, and once for every reminder.
    """

    id: uuid.UUID
    recipient: str
    recipient_id: uuid.UUID
    contact_id: uuid.UUID
    cause: str
    request_id: uuid.UUID | None
    fields: list[str]
    owed_at: datetime
    due_on: date
    status: str
    sent_at: datetime | None
    sent_by: str | None
    times_sent: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    dispensed_at: datetime | None
    dispensed_for: str | None
    dispensed_reasons: str | None


@dataclass(frozen=True)
class Owed:
    """A recipient that holds data of a person, and which fields went there."""

    subject_id: uuid.UUID
    recipient_id: uuid.UUID
    recipient: str
    fields: list[str]


# Authorities that receive data in a particular inquiry are no recipients (GDPR Art. 4(9)). One that
# receives nothing any more still has what it got.
_CONCERNED = """
SELECT got.subject_id, r.id AS recipient_id, r.slug AS recipient,
    coalesce(array_agg(DISTINCT got.field ORDER BY got.field)
        FILTER (WHERE got.field IS NOT NULL), '{}') AS fields
FROM (
    SELECT s.subject_id, d.recipient_id, f.name AS field
    FROM disclosed_subjects s
    JOIN disclosures d ON d.id = s.disclosure_id
    LEFT JOIN LATERAL unnest(d.fields) AS f (name) ON true
    WHERE s.controller_id = %(controller_id)s AND s.subject_id = ANY (%(subject_ids)s::uuid[])
    UNION ALL
    SELECT asked.subject_id, p.id, NULL
    FROM unnest(%(subject_ids)s::uuid[]) AS asked (subject_id), recipients p
    WHERE %(processors)s AND p.controller_id = %(controller_id)s
        AND p.kind = 'processor' AND p.ended_at IS NULL
) AS got
JOIN recipients r ON r.id = got.recipient_id
    AND r.controller_id = %(controller_id)s AND r.kind <> 'authority'
GROUP BY got.subject_id, r.id ORDER BY r.slug COLLATE "C", got.subject_id
"""

_TOLD = """
SELECT DISTINCT n.subject_id, r.id AS recipient_id, r.slug AS recipient, '{}'::text[] AS fields
FROM recipient_notices n JOIN recipients r ON r.id = n.recipient_id
WHERE n.controller_id = %(controller_id)s AND n.subject_id = ANY (%(subject_ids)s::uuid[])
    AND n.cause = %(cause)s AND coalesce(n.sent_at, n.acknowledged_at) IS NOT NULL
"""

_ADD = """
INSERT INTO recipient_notices (controller_id, id, recipient_id, subject_id, cause, request_id,
    fields, owed_at, due_on, remind_at, remind_every)
SELECT %(controller_id)s, gen_random_uuid(), recipient_id, subject_id, %(cause)s,
    %(request_id)s::uuid, fields, %(owed_at)s, %(due_on)s, %(remind_at)s,
    make_interval(days => %(remind_days)s)
FROM jsonb_to_recordset(%(owed)s::jsonb) AS o (recipient_id uuid, subject_id uuid, fields text[])
ON CONFLICT DO NOTHING RETURNING id, recipient_id, subject_id
"""

_STATUS = """CASE WHEN n.dispensed_at IS NOT NULL THEN 'dispensed'
    WHEN n.acknowledged_at IS NOT NULL THEN 'acknowledged'
    WHEN n.sent_at IS NOT NULL THEN 'sent' ELSE 'due' END"""

_SELECT = f"""
SELECT n.id, r.slug AS recipient, n.recipient_id, n.subject_id AS contact_id, n.cause, n.request_id,
    n.fields, n.owed_at, n.due_on, {_STATUS} AS status, n.sent_at, n.sent_by, n.times_sent,
    n.acknowledged_at, n.acknowledged_by, n.dispensed_at, n.dispensed_for, n.dispensed_reasons
FROM recipient_notices n JOIN recipients r ON r.id = n.recipient_id
WHERE n.controller_id = %(controller_id)s
"""  # noqa: S608 - constant text

_OPEN = "n.acknowledged_at IS NULL AND n.dispensed_at IS NULL"

#: What each filter says. Only those given are asked: a condition that may be void uses no index.
_CONDITIONS: Mapping[str, str] = {
    "recipient": "n.recipient_id = (SELECT id FROM recipients"
    " WHERE controller_id = %(controller_id)s AND slug = %(recipient)s)",
    "contact_id": "n.subject_id = %(contact_id)s",
    "request_id": "n.request_id = %(request_id)s",
    "after_id": "(n.due_on, n.id) > (%(after_day)s::date, %(after_id)s::uuid)",
}
_OPEN_OR_NOT: Mapping[bool, str] = {True: _OPEN, False: f"NOT ({_OPEN})"}
_OVERDUE = f"{_OPEN} AND n.due_on < %(today)s"
_ORDER = " ORDER BY n.due_on, n.id LIMIT %(limit)s"

_ONE = f"{_SELECT} AND n.id = %(id)s"

_CHANGE = """
UPDATE recipient_notices SET
    sent_at = coalesce(%(sent_at)s, sent_at), sent_by = coalesce(%(sent_by)s, sent_by),
    times_sent = times_sent + %(again)s,
    acknowledged_at = %(acknowledged_at)s, acknowledged_by = %(acknowledged_by)s,
    dispensed_at = %(dispensed_at)s, dispensed_for = %(dispensed_for)s,
    dispensed_reasons = %(dispensed_reasons)s
WHERE controller_id = %(controller_id)s AND id = %(id)s
    AND acknowledged_at IS NULL AND dispensed_at IS NULL
"""

#: The person is told who the recipients are, not only what we call them.
OF_SUBJECT = _SELECT.replace("SELECT n.id", "SELECT r.name, n.id", 1) + (
    " AND n.subject_id = %(subject_id)s ORDER BY n.owed_at, n.id"
)
EMPTY = """
UPDATE recipient_notices SET dispensed_reasons = NULL
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND dispensed_reasons IS NOT NULL
"""


def concerned(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    with_processors: bool,
) -> list[Owed]:
    """Return the recipients that got data of each person, and which fields.

    ``with_processors``: also those in use, which hold data without a disclosure of their own.
    """
    facts = {
        "controller_id": controller_id,
        "subject_ids": arrays.of_ids(subject_ids),
        "processors": with_processors,
    }
    with connection.cursor(row_factory=class_row(Owed)) as cursor:
        return cursor.execute(_CONCERNED, facts).fetchall()


def told(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    cause: str,
) -> list[Owed]:
    """Return the recipients that know of ``cause``, told or confirmed by them, by person."""
    facts = {
        "controller_id": controller_id,
        "subject_ids": arrays.of_ids(subject_ids),
        "cause": cause,
    }
    with connection.cursor(row_factory=class_row(Owed)) as cursor:
        return cursor.execute(_TOLD, facts).fetchall()


def add(
    connection: Connection, facts: Mapping[str, Any], owed: Sequence[Owed]
) -> list[tuple[uuid.UUID, Owed]]:
    """Store notices; return those that are new with their ids: the same is owed once."""
    said = [vars(one) for one in owed]
    rows = connection.execute(_ADD, {**facts, "owed": orjson.dumps(said).decode()}).fetchall()
    ids = {(recipient_id, subject_id): notice_id for notice_id, recipient_id, subject_id in rows}
    places = [(ids.get((one.recipient_id, one.subject_id)), one) for one in owed]
    return [(notice_id, one) for notice_id, one in places if notice_id is not None]


def query(facts: Mapping[str, Any]) -> str:
    """Return the statement that lists the notices ``facts`` ask for, the next one due first."""
    wanted = [text for name, text in _CONDITIONS.items() if name in facts]
    if "open" in facts:
        wanted.append(_OPEN_OR_NOT[facts["open"]])
    if facts.get("overdue"):
        wanted.append(_OVERDUE)
    return " AND ".join([_SELECT, *wanted]) + _ORDER


def listing(connection: Connection, facts: Mapping[str, Any]) -> list[Notice]:
    """Return notices; ``facts`` holds the filters that are wanted."""
    with connection.cursor(row_factory=class_row(Notice)) as cursor:
        return cursor.execute(query(facts), facts).fetchall()


def find(
    connection: Connection, controller_id: uuid.UUID, notice_id: uuid.UUID, *, hold: bool = False
) -> Notice | None:
    """Return a notice, or None; ``hold`` it until the transaction ends."""
    text = f"{_ONE} FOR UPDATE OF n" if hold else _ONE
    with connection.cursor(row_factory=class_row(Notice)) as cursor:
        return cursor.execute(text, {"controller_id": controller_id, "id": notice_id}).fetchone()


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    notice_id: uuid.UUID,
    stated: Mapping[str, Any],
) -> None:
    """Store a step of a notice that is open."""
    facts = dict.fromkeys(_STEPS) | {"again": 0} | dict(stated)
    connection.execute(_CHANGE, {**facts, "controller_id": controller_id, "id": notice_id})


_STEPS: Sequence[str] = (
    "sent_at",
    "sent_by",
    "acknowledged_at",
    "acknowledged_by",
    "dispensed_at",
    "dispensed_for",
    "dispensed_reasons",
)
