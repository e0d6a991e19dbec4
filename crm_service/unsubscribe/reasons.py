"""Why somebody left: asked after the effect, answered or not (rule 12).

The choice alone is counted by day and topic, and stays. Who chose it, and what the person wrote, is
personal data: it stands in a table that erasure empties.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crm_service.clock import utcnow
from crm_service.db import Connection, pipeline
from crm_service.statements import Statement
from crm_service.unsubscribe.tokens import Link

#: In the order of the page.
REASONS: Final = ("too_many", "not_relevant", "never_asked", "no_longer_needed", "other")
MAX_COMMENT: Final = 500

#: Stores the first answer to one click; a second changes nothing. Returns whether it was the first.
_ANSWER: Final = Statement("""
WITH clicked AS (
    SELECT a.subject_id, (
        SELECT t.id FROM topics t
        WHERE t.controller_id = %(controller_id)s::uuid AND t.link_ref = %(topic_ref)s::bigint
            AND t.archived_at IS NULL
            AND NOT EXISTS (
                SELECT FROM suppressions s WHERE s.controller_id = %(controller_id)s::uuid
                    AND s.subject_id = a.subject_id
                    AND s.correlation = %(correlation)s::uuid AND s.scope = 'marketing')
    ) AS topic_id
    FROM addresses a
    WHERE a.controller_id = %(controller_id)s::uuid AND a.address_key = %(address_key)s::uuid
),
said AS (
    INSERT INTO leaving_answers
        (controller_id, correlation, subject_id, topic_id, reason, comment, given_at)
    SELECT %(controller_id)s::uuid, %(correlation)s::uuid, subject_id, topic_id, %(reason)s::text,
        %(comment)s::text, %(now)s::timestamptz
    FROM clicked
    ON CONFLICT (controller_id, correlation) DO NOTHING
    RETURNING subject_id, topic_id, reason
),
counted AS (
    INSERT INTO leaving_reasons AS r (controller_id, topic_id, given_on, reason, answers)
    SELECT %(controller_id)s::uuid, topic_id, (%(now)s::timestamptz AT TIME ZONE 'UTC')::date,
        reason, 1
    FROM said WHERE reason IS NOT NULL
    ON CONFLICT (controller_id, given_on, topic_id, reason) DO UPDATE SET answers = r.answers + 1
),
audited AS (
    INSERT INTO audit_entries (controller_id, actor, action, subject_id, fields, details)
    SELECT %(controller_id)s::uuid, 'recipient', 'unsubscribe.answer', subject_id,
        CASE WHEN %(comment)s::text IS NULL THEN ARRAY['reason'] ELSE ARRAY['reason', 'comment']
        END, jsonb_build_object('correlation', %(correlation)s::uuid)
    FROM said
)
SELECT EXISTS (SELECT FROM said)
""")

_COUNTS: Final = """
SELECT t.slug, r.reason, sum(r.answers)::bigint
FROM leaving_reasons r LEFT JOIN topics t ON t.id = r.topic_id
WHERE r.controller_id = %(controller_id)s
    AND (%(since)s::date IS NULL OR r.given_on >= %(since)s::date)
    AND (%(until)s::date IS NULL OR r.given_on < %(until)s::date)
GROUP BY 1, 2 ORDER BY 3 DESC, 1 NULLS FIRST, 2
"""


@dataclass(frozen=True)
class Answer:
    """One of the reasons or None, and the person's own words or None; never neither."""

    reason: str | None
    comment: str | None


def read(reason: str, comment: str) -> Answer | None:
    """Return what the form said, or None where it said nothing that can be kept.

    Characters that no person types are dropped, and what is too long is cut.
    """
    said = "".join(c for c in comment if c.isprintable() or c == "\n").strip()[:MAX_COMMENT]
    chosen = reason if reason in REASONS else None
    return Answer(chosen, said or None) if chosen or said else None


def keep(controller_id: uuid.UUID, link: Link, answer: Answer, *, correlation: uuid.UUID) -> bool:
    """Keep the answer to the click with this correlation; say whether it was the first.

    The caller has checked that it comes from the page of this very click.
    """
    facts = {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "topic_ref": link.topic_ref,
        "correlation": correlation,
        "reason": answer.reason,
        "comment": answer.comment,
        "now": utcnow(),
    }
    with pipeline(controller_id) as connection:
        cursor = _ANSWER.execute(connection, facts)
    row = cursor.fetchone()
    return bool(row and row[0])


def counts(
    connection: Connection, controller_id: uuid.UUID, *, since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """Return how often each reason was given for each topic, most often first; no personal data."""
    facts = {"controller_id": controller_id, "since": since, "until": until}
    rows = connection.execute(_COUNTS, facts).fetchall()
    return [{"topic": topic, "reason": reason, "answers": count} for topic, reason, count in rows]
