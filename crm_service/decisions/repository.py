"""SQL that finds whose an address was."""

#: Under which subjects anything stands, or ever stood, on an address key: it may have been given to
#: another, be shared by several, or be forgotten by the register.
SUBJECTS = """
SELECT subject_id FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
UNION SELECT subject_id FROM permissions
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
UNION SELECT subject_id FROM suppressions
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
UNION SELECT subject_id FROM ledger_entries
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
"""

#: The address keys of a subject with the transactions that wrote of them, the likeliest to have
#: been written to first: what the ledger spoke of last, then the addresses of now.
KEYS_OF_SUBJECT = """
SELECT address_key, xid::text::bigint, recorded_at FROM (
    SELECT address_key, position AS place, 1 AS rank, xid, recorded_at FROM ledger_entries
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
        AND channel = %(channel)s AND state <> 'none'
    UNION ALL
    SELECT address_key, is_current::int, 2, NULL, NULL FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND kind = %(kind)s
) AS held
ORDER BY rank, place DESC
"""
