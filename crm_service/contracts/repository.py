"""SQL over contracts."""

#: The end of each subject's last contract; parameter ``controller_id``.
ENDS = """(
    SELECT subject_id,
        CASE WHEN bool_or(ended_on IS NULL) THEN NULL ELSE max(ended_on) END AS contract_end
    FROM contracts WHERE controller_id = %(controller_id)s
    GROUP BY subject_id)"""

OF_SUBJECTS = f"""
SELECT c.subject_id, c.contract_end FROM {ENDS} AS c
WHERE c.subject_id = ANY (%(subject_ids)s::uuid[])
"""  # noqa: S608 - constant text
