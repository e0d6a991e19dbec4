"""SQL over notices to recipients."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

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
    """A recipient that holds data of the person, and which fields went there."""

    recipient_id: uuid.UUID
    recipient: str
    fields: list[str]


# Authorities that receive data in a particular inquiry are no recipients (GDPR Art. 4(9)). One that
# receives nothing any more still has what it got.
_CONCERNED = """
SELECT r.id AS recipient_id, r.slug AS recipient,
    coalesce(array_agg(DISTINCT f.name ORDER BY f.name) FILTER (WHERE f.name IS NOT NULL), '{}')
        AS fields
FROM recipients r
LEFT JOIN (disclosures d
    JOIN disclosed_subjects s ON s.disclosure_id = d.id AND s.controller_id = %(controller_id)s
        AND s.subject_id = %(subject_id)s) ON d.recipient_id = r.id
LEFT JOIN LATERAL unnest(d.fields) AS f (name) ON true
WHERE r.controller_id = %(controller_id)s AND r.kind <> 'authority'
    AND (d.id IS NOT NULL OR (%(processors)s AND r.kind = 'processor' AND r.ended_at IS NULL))
GROUP BY r.id ORDER BY r.slug COLLATE "C"
"""

_TOLD = """
SELECT DISTINCT r.id AS recipient_id, r.slug AS recipient, '{}'::text[] AS fields
FROM recipient_notices n JOIN recipients r ON r.id = n.recipient_id
WHERE n.controller_id = %(controller_id)s AND n.subject_id = %(subject_id)s
    AND n.cause = %(cause)s AND coalesce(n.sent_at, n.acknowledged_at) IS NOT NULL
"""

_ADD = """
INSERT INTO recipient_notices (controller_id, id, recipient_id, subject_id, cause, request_id,
    fields, owed_at, due_on, remind_at, remind_every)
VALUES (%(controller_id)s, gen_random_uuid(), %(recipient_id)s, %(subject_id)s, %(cause)s,
    %(request_id)s, %(fields)s, %(owed_at)s, %(due_on)s, %(remind_at)s,
    make_interval(days => %(remind_days)s))
ON CONFLICT DO NOTHING RETURNING id
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
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
    AND dispensed_reasons IS NOT NULL
"""


def concerned(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    with_processors: bool,
) -> list[Owed]:
    """Return the recipients that got data of the person, and which fields.

    ``with_processors``: also those in use, which hold data without a disclosure of their own.
    """
    facts = {
        "controller_id": controller_id,
        "subject_id": subject_id,
        "processors": with_processors,
    }
    with connection.cursor(row_factory=class_row(Owed)) as cursor:
        return cursor.execute(_CONCERNED, facts).fetchall()


def told(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID, *, cause: str
) -> list[Owed]:
    """Return the recipients that know of ``cause`` about the person: told, or confirmed by them."""
    facts = {"controller_id": controller_id, "subject_id": subject_id, "cause": cause}
    with connection.cursor(row_factory=class_row(Owed)) as cursor:
        return cursor.execute(_TOLD, facts).fetchall()


def add(connection: Connection, facts: Mapping[str, Any]) -> uuid.UUID | None:
    """Store a notice; return its id, or None where the same is owed already."""
    row = connection.execute(_ADD, facts).fetchone()
    return row[0] if row else None


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
