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


_OWED = f"""
SELECT c.id AS contact_id, o.sources, o.collected_at, m.at AS communicated_at,
    d.at AS disclosed_at, least({_MONTH_END}, m.at, d.at) AS due_at
FROM contacts c
LEFT JOIN informings i ON i.controller_id = c.controller_id AND i.contact_id = c.id
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT s.kind ORDER BY s.kind) AS sources, min(s.at) AS collected_at
    FROM (
        SELECT c.source_kind AS kind, c.added_at AS at
        UNION ALL
        SELECT f.kind, f.recorded_at FROM contact_sources f
        WHERE f.controller_id = c.controller_id AND f.contact_id = c.id
    ) s
    WHERE s.kind <> ALL (%(from_person)s) AND s.kind <> ALL (coalesce(i.sources, '{{}}'))
) o
CROSS JOIN LATERAL (
    SELECT min(first.at) AS at FROM (
        SELECT e.occurred_at AS at
        FROM addresses a
        JOIN engagement_events e
            ON e.controller_id = a.controller_id AND e.address_key = a.address_key
        WHERE a.controller_id = c.controller_id AND a.subject_id = c.id
            AND e.type IN {_MESSAGES} AND e.occurred_at >= o.collected_at
        UNION ALL
        SELECT t.occurred_at FROM interactions t
        WHERE t.controller_id = c.controller_id AND t.subject_id = c.id
            AND t.kind IN {_TALKS} AND t.occurred_at >= o.collected_at
    ) first
) m
CROSS JOIN LATERAL (
    SELECT min(g.disclosed_at) AS at
    FROM disclosed_subjects s
    JOIN disclosures g ON g.id = s.disclosure_id
    JOIN recipients r ON r.id = g.recipient_id AND r.kind <> 'authority'
    WHERE s.controller_id = c.controller_id AND s.subject_id = c.id
        AND g.disclosed_at >= o.collected_at
) d
WHERE c.controller_id = %(controller_id)s AND o.collected_at IS NOT NULL
"""  # noqa: S608 - constant text

_PAGE = f"""
SELECT * FROM ({_OWED} AND (%(after)s::uuid IS NULL OR c.id > %(after)s) ORDER BY c.id) owed
WHERE (%(overdue)s::boolean IS NULL OR %(overdue)s = (due_at <= %(now)s))
    AND (NOT %(due_soon)s OR (due_at > %(now)s AND due_at <= %(soon)s))
ORDER BY contact_id LIMIT %(limit)s
"""  # noqa: S608 - constant text

_SETTLE = f"""
WITH owed AS (
    {_OWED}
        AND (%(ids)s::uuid[] IS NULL OR c.id = ANY (%(ids)s))
        AND (%(source)s::text IS NULL OR %(source)s = ANY (o.sources))
        AND o.collected_at <= %(at)s
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

_ERASE = "DELETE FROM informings WHERE controller_id = %s AND contact_id = %s"


def page(connection: Connection, facts: Mapping[str, Any]) -> Sequence[Duty]:
    """Return duties in the order of the contacts' ids."""
    with connection.cursor(row_factory=class_row(Duty)) as cursor:
        return cursor.execute(_PAGE, {**facts, "from_person": list(FROM_THE_PERSON)}).fetchall()


def settle(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Note that what is owed is done, or need not be; return for how many contacts."""
    return connection.execute(_SETTLE, {**facts, "from_person": list(FROM_THE_PERSON)}).rowcount


def of(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return what was noted about a contact: one row, or none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_OF, (controller_id, contact_id)).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> int:
    """Forget whether the person was told; return the number of rows."""
    return connection.execute(_ERASE, (controller_id, contact_id)).rowcount
