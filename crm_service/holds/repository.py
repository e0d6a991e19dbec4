"""SQL over holds."""

_IS_STANDING = """
lifted_at IS NULL AND (held_until IS NULL OR held_until >= %(today)s::date)
"""

#: Parameters ``controller_id``, ``today`` and ``known_categories``. A hold with a category that the
#: policy no longer knows holds everything: nobody can tell any more what it was to keep.
STANDING = f"""(
    SELECT id AS hold_id, subject_id, kind, held_until,
        CASE WHEN categories <@ %(known_categories)s::text[] THEN categories END AS categories
    FROM holds WHERE controller_id = %(controller_id)s AND {_IS_STANDING})"""  # noqa: S608 - constant text

#: Parameters ``controller_id`` and ``timezone``.
OVER = """(
    SELECT subject_id,
        max(least(lifted_at, (held_until + 1)::timestamp AT TIME ZONE %(timezone)s)) AS over_at
    FROM holds WHERE controller_id = %(controller_id)s
    GROUP BY subject_id)"""

COLUMNS = """
id, subject_id, kind, reference, law, hand_over_to, categories, reasons, set_by, set_at, outcome,
final_on, held_until, resolved_by, resolved_at, lifted_by, lifted_at, lift_reasons
"""

OF_SUBJECTS = f"""
SELECT {COLUMNS} FROM holds
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND {_IS_STANDING}
ORDER BY set_at, id
"""  # noqa: S608 - constant text

ADD = f"""
INSERT INTO holds (controller_id, subject_id, kind, reference, law, hand_over_to, categories,
    reasons, held_until, set_by, set_at)
VALUES (%(controller_id)s, %(subject_id)s, %(kind)s, %(reference)s, %(law)s, %(hand_over_to)s,
    %(categories)s, %(reasons)s, %(held_until)s, %(actor)s, %(now)s)
RETURNING {COLUMNS}
"""  # noqa: S608 - constant text

GET = f"""
SELECT {COLUMNS} FROM holds WHERE controller_id = %(controller_id)s AND id = %(hold_id)s
"""  # noqa: S608 - constant text

ALL = f"""
SELECT {COLUMNS} FROM holds
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY set_at, id
"""  # noqa: S608 - constant text

#: Which holds a page is of, by ``standing``: a condition that may be void would use no index.
_STATES = {None: "true", True: _IS_STANDING, False: f"NOT ({_IS_STANDING})"}

#: Holds behind ``after`` and ``after_id``, the oldest first.
PAGES = {
    standing: f"""
SELECT {COLUMNS} FROM holds
WHERE controller_id = %(controller_id)s AND {condition}
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (set_at, id) > (%(after)s::timestamptz, %(after_id)s::uuid)
ORDER BY set_at, id LIMIT %(limit)s
"""  # noqa: S608 - constant text
    for standing, condition in _STATES.items()
}

RESOLVE = f"""
UPDATE holds SET outcome = %(outcome)s, final_on = %(final_on)s, held_until = %(held_until)s,
    policy_version = %(policy_version)s, resolved_by = %(actor)s, resolved_at = %(now)s
WHERE controller_id = %(controller_id)s AND id = %(hold_id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - constant text

LIFT = f"""
UPDATE holds SET lifted_by = %(actor)s, lifted_at = %(now)s, lift_reasons = %(reasons)s
WHERE controller_id = %(controller_id)s AND id = %(hold_id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - constant text
