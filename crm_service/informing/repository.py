"""SQL over who is still to be told, and who was.

What is owed is never stored: it follows from where data came from, when somebody was first written
to or named to a recipient, and what was noted. So an import writes nothing for it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from crm_service import arrays
from crm_service.db import Connection
from crm_service.policies.terms import TERM_END
from crm_service.policies.vocabulary import FROM_THE_PERSON

#: GDPR Art. 14(3)(a).
MONTH = "1 month"
#: Said in messages sent or in talks; what bounced has told nobody anything.
_MESSAGES = "('sent', 'delivered', 'opened', 'clicked')"
_TALKS = "('call', 'chat', 'meeting')"

_MONTH_END = TERM_END.format(
    anchor="o.collected_at", period=f"'{MONTH}'", timezone="%(timezone)s::text"
)


@dataclass(frozen=True)
class Duty:
    """A contact who is to be told of data that came from ``sources``, at the latest at ``due_at``.

    ``communicated_at`` and ``disclosed_at``: the first time since that the person was written or
    talked to, and named to a recipient. An authority with an inquiry is none (GDPR Art. 4(9)).
    """

    contact_id: uuid.UUID
    sources: list[str]
    collected_at: datetime
    communicated_at: datetime | None
    disclosed_at: datetime | None
    due_at: datetime


#: Contacts whose data came from somebody else, and of which of these sources nobody told them yet.
#: ``within`` is said of a contact's id, so that every table is read between the same two ids.
_OWED = """
SELECT s.contact_id, array_agg(DISTINCT s.kind ORDER BY s.kind) AS sources,
    min(s.at) AS collected_at
FROM (
    SELECT id AS contact_id, source_kind AS kind, added_at AS at FROM contacts
    WHERE controller_id = %(controller_id)s AND source_kind <> ALL (%(from_person)s)
        AND {contact}
    UNION ALL
    SELECT contact_id, kind, recorded_at FROM contact_sources
    WHERE controller_id = %(controller_id)s AND kind <> ALL (%(from_person)s)
        AND {source}
) s
LEFT JOIN informings i ON i.controller_id = %(controller_id)s AND i.contact_id = s.contact_id
WHERE s.kind <> ALL (coalesce(i.sources, '{{}}'))
GROUP BY s.contact_id
"""


def _owed(within: str) -> str:
    return _OWED.format(contact=within.format("id"), source=within.format("contact_id"))


_BETWEEN = "{0} > %(after)s AND (%(until)s::uuid IS NULL OR {0} <= %(until)s)"
_THESE = "(%(ids)s::uuid[] IS NULL OR {0} = ANY (%(ids)s))"

_COMMUNICATED = f"""(
    SELECT min(first.at) FROM (
        SELECT e.occurred_at AS at
        FROM addresses a
        JOIN engagement_events e
            ON e.controller_id = a.controller_id AND e.address_key = a.address_key
        WHERE a.controller_id = %(controller_id)s AND a.subject_id = o.contact_id
            AND e.type IN {_MESSAGES} AND e.occurred_at >= o.collected_at
        UNION ALL
        SELECT t.occurred_at FROM interactions t
        WHERE t.controller_id = %(controller_id)s AND t.subject_id = o.contact_id
            AND t.kind IN {_TALKS} AND t.occurred_at >= o.collected_at
    ) first)"""  # noqa: S608 - constant text

_DISCLOSED = """(
    SELECT min(g.disclosed_at)
    FROM disclosed_subjects s
    JOIN disclosures g ON g.id = s.disclosure_id
    JOIN recipients r ON r.id = g.recipient_id AND r.kind <> 'authority'
    WHERE s.controller_id = %(controller_id)s AND s.subject_id = o.contact_id
        AND g.disclosed_at >= o.collected_at)"""

#: In this order: who has had the month is looked up nowhere else.
_MOMENTS = (_MONTH_END, _COMMUNICATED, _DISCLOSED)
_DUE = " OR ".join(f"{moment} <= %({{0}})s" for moment in _MOMENTS)
_OVERDUE, _SOON = (f"coalesce({_DUE.format(by)}, false)" for by in ("now", "soon"))

#: Which duties are asked for, by ``overdue`` and ``due_soon``: nothing is looked up for what is not
#: asked.
_CHOICES = {None: "true", True: _OVERDUE, False: f"NOT {_OVERDUE}"}
_SOON_OR_NOT = {False: "true", True: f"NOT {_OVERDUE} AND {_SOON}"}

_PAGES = {
    (overdue, due_soon): f"""
SELECT o.contact_id, o.sources, o.collected_at, m.communicated_at, m.disclosed_at,
    least({_MONTH_END}, m.communicated_at, m.disclosed_at) AS due_at
FROM (
    SELECT * FROM ({_owed(_BETWEEN)}) o WHERE {chosen} AND {soon}
    ORDER BY contact_id LIMIT %(limit)s
) o
CROSS JOIN LATERAL (
    SELECT {_COMMUNICATED} AS communicated_at, {_DISCLOSED} AS disclosed_at OFFSET 0
) m
ORDER BY o.contact_id
"""  # noqa: S608 - constant text
    for overdue, chosen in _CHOICES.items()
    for due_soon, soon in _SOON_OR_NOT.items()
}

_COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE {_OVERDUE}) FROM ({_owed(_BETWEEN)}) o
"""  # noqa: S608 - constant text

_SETTLE = f"""
WITH owed AS (
    SELECT o.contact_id, o.sources
    FROM ({_owed(_THESE)}) o
    JOIN contacts c ON c.controller_id = %(controller_id)s AND c.id = o.contact_id
    WHERE (%(source)s::text IS NULL OR %(source)s = ANY (o.sources)) AND o.collected_at <= %(at)s
    ORDER BY c.id FOR KEY SHARE OF c
)
INSERT INTO informings (controller_id, contact_id, how, exemption, reasons, reference, sources,
    settled_at, recorded_by)
SELECT %(controller_id)s, contact_id, %(how)s, %(exemption)s, %(reasons)s, %(reference)s, sources,
    %(at)s, %(actor)s
FROM owed
ON CONFLICT (controller_id, contact_id) DO UPDATE
SET how = excluded.how, exemption = excluded.exemption, reasons = excluded.reasons,
    reference = excluded.reference, settled_at = excluded.settled_at,
    recorded_by = excluded.recorded_by, recorded_at = now(),
    sources = (SELECT array_agg(DISTINCT kind ORDER BY kind)
        FROM unnest(informings.sources || excluded.sources) AS kind)
"""  # noqa: S608 - constant text

_OF = """
SELECT contact_id, how, exemption, reasons, reference, sources, settled_at, recorded_by, recorded_at
FROM informings WHERE controller_id = %s AND contact_id = %s
"""

_ERASE = "DELETE FROM informings WHERE controller_id = %s AND contact_id = ANY (%s::uuid[])"


def page(connection: Connection, facts: Mapping[str, Any]) -> Sequence[Duty]:
    """Return duties between two ids of contacts, in their order."""
    query = _PAGES[facts["overdue"], facts["due_soon"]]
    with connection.cursor(row_factory=class_row(Duty)) as cursor:
        return cursor.execute(query, _with_kinds(facts)).fetchall()


def count(connection: Connection, facts: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many duties there are between two ids of contacts, and how many are overdue."""
    owed, overdue = connection.execute(_COUNT, _with_kinds(facts)).fetchone() or (0, 0)
    return owed, overdue


def settle(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Note that what is owed is done, or need not be; return for how many contacts."""
    return connection.execute(_SETTLE, _with_kinds(facts)).rowcount


def _with_kinds(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "from_person": list(FROM_THE_PERSON)}


def of(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return what was noted about a contact: one row, or none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_OF, (controller_id, contact_id)).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> int:
    """Forget whether these people were told; return the number of rows."""
    return connection.execute(_ERASE, (controller_id, arrays.of_ids(contact_ids))).rowcount
