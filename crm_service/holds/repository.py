"""SQL over holds."""

#: Parameters ``controller_id`` and ``today``.
STANDING = """(
    SELECT id AS hold_id, subject_id, kind, categories, held_until
    FROM holds
    WHERE controller_id = %(controller_id)s AND lifted_at IS NULL
        AND (held_until IS NULL OR held_until >= %(today)s::date))"""

_COLUMNS = """
id, subject_id, kind, reference, law, hand_over_to, categories, reasons, set_by, set_at, outcome,
final_on, held_until, resolved_by, resolved_at, lifted_by, lifted_at, lift_reasons
"""

OF_SUBJECTS = f"""
SELECT {_COLUMNS} FROM holds
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND lifted_at IS NULL AND (held_until IS NULL OR held_until >= %(today)s::date)
ORDER BY set_at, id
"""  # noqa: S608 - constant text
