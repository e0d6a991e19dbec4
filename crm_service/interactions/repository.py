"""SQL over interactions and cases."""

#: The contact's row, and the key of the address it bears; NULL where it has none.
CONTACT = """
SELECT email_key FROM contacts WHERE controller_id = %(controller_id)s AND id = %(subject_id)s
"""

OPEN_CASE = """
INSERT INTO cases (controller_id, subject_id, reference, opened_at)
VALUES (%(controller_id)s, %(subject_id)s, %(reference)s, %(now)s)
ON CONFLICT (controller_id, subject_id, reference) DO UPDATE SET closed_at = NULL
RETURNING id
"""

ADD = """
INSERT INTO interactions (controller_id, subject_id, kind, category, purpose, direction,
    occurred_at, number, note, record_system, record_id, case_id, recorded_by)
VALUES (%(controller_id)s, %(subject_id)s, %(kind)s, %(category)s, %(purpose)s, %(direction)s,
    %(occurred_at)s, %(number)s, %(note)s, %(record_system)s, %(record_id)s, %(case_id)s,
    %(recorded_by)s)
RETURNING id
"""

_COLUMNS = """
i.id, i.kind, i.category, i.purpose, i.direction, i.occurred_at, i.number, i.note,
i.record_system, i.record_id, i.case_id, c.reference AS case_reference, c.closed_at AS
case_closed_at, i.recorded_by, i.recorded_at
"""

GET = f"""
SELECT {_COLUMNS} FROM interactions i LEFT JOIN cases c ON c.id = i.case_id
WHERE i.controller_id = %(controller_id)s AND i.id = %(id)s
"""  # noqa: S608 - constant text

#: Newest first, by when they were recorded: that is known of each, and never changes.
PAGE = f"""
SELECT {_COLUMNS} FROM interactions i LEFT JOIN cases c ON c.id = i.case_id
WHERE i.controller_id = %(controller_id)s AND i.subject_id = %(subject_id)s
    AND (%(kind)s::text IS NULL OR i.kind = %(kind)s)
    AND (%(before)s::timestamptz IS NULL
         OR (i.recorded_at, i.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
ORDER BY i.recorded_at DESC, i.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constant text

CASES = """
SELECT id, reference, opened_at, closed_at FROM cases
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY opened_at, id
"""

CLOSE_CASE = """
UPDATE cases SET closed_at = coalesce(closed_at, %(now)s)
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND id = %(case_id)s
RETURNING id, reference, opened_at, closed_at
"""
