"""SQL that finds whose an address was, and what befell its subject."""

#: Under which subjects anything stands on an address key: it may have been given to another.
SUBJECTS = """
SELECT subject_id FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
UNION SELECT subject_id FROM permissions
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
UNION SELECT subject_id FROM suppressions
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
"""

#: Whether a contact was there, whether its processing was restricted (GDPR Art. 18), and when the
#: address was first stored: as far as who saw the snapshot saw it. Restrictions are told by the
#: audit log, which outlives what an erasure empties.
LIFE = """
SELECT
    (SELECT type = 'contact.created.v1' FROM events
     WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s)
        AND type IN ('contact.created.v1', 'contact.erased.v1')
        AND pg_visible_in_snapshot(xid, %(until)s::text::pg_snapshot)
     ORDER BY position DESC LIMIT 1),
    (SELECT action = 'contacts.restrict' FROM audit_entries
     WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s)
        AND action IN ('contacts.restrict', 'contacts.lift_restriction', 'contacts.erase')
        AND pg_visible_in_snapshot(xid, %(until)s::text::pg_snapshot)
     ORDER BY position DESC LIMIT 1),
    (SELECT created_at FROM addresses
     WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s)
"""

#: The address keys of a subject, the likeliest to have been written to first: on which the newest
#: entry stands that could be seen, then the current ones.
KEYS_OF_SUBJECT = """
SELECT address_key FROM (
    SELECT address_key, position AS place, 1 AS rank, xid FROM ledger_entries
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
        AND channel = %(channel)s AND state <> 'none'
        AND pg_visible_in_snapshot(xid, %(until)s::text::pg_snapshot)
    UNION ALL
    SELECT address_key, is_current::int, 2, NULL FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND kind = %(kind)s
) AS held
ORDER BY rank, place DESC LIMIT 1
"""
