"""SQL over contracts."""

_COLUMNS = """
id, reference, category, purpose, signed_on, ended_on, note, recorded_by, recorded_at, updated_at
"""

#: Nothing where the person has a contract of that reference already.
ADD = f"""
INSERT INTO contracts (controller_id, subject_id, reference, category, purpose, signed_on, ended_on,
    note, recorded_by, recorded_at, updated_at)
VALUES (%(controller_id)s, %(subject_id)s, %(reference)s, %(category)s, %(purpose)s, %(signed_on)s,
    %(ended_on)s, %(note)s, %(recorded_by)s, %(now)s, %(now)s)
ON CONFLICT (controller_id, subject_id, reference) DO NOTHING
RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text

BY_REFERENCE = """
SELECT id FROM contracts
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
    AND reference = %(reference)s
"""

ALL = f"""
SELECT {_COLUMNS} FROM contracts
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY signed_on, id
"""  # noqa: S608 - constant text

GET = f"""
SELECT {_COLUMNS} FROM contracts
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND id = %(contract_id)s
"""  # noqa: S608 - constant text

CHANGE = f"""
UPDATE contracts SET category = %(category)s, purpose = %(purpose)s, signed_on = %(signed_on)s,
    ended_on = %(ended_on)s, note = %(note)s, updated_at = %(now)s
WHERE controller_id = %(controller_id)s AND id = %(contract_id)s
RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text
