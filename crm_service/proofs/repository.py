"""SQL over the proofs of addresses."""

CREATE = """
INSERT INTO address_proofs (id, controller_id, subject_id, address_key, purpose, language, payload,
    requested_at, expires_at, mail, mail_state, mail_due_at)
VALUES (%(id)s, %(controller_id)s, %(subject_id)s, %(address_key)s, %(purpose)s, %(language)s,
    %(payload)s, %(now)s, %(expires_at)s, %(mail)s,
    CASE WHEN %(mail)s::jsonb IS NULL THEN 'none' ELSE 'due' END,
    CASE WHEN %(mail)s::jsonb IS NULL THEN NULL ELSE %(now)s END)
"""

LINK_REF = "SELECT link_ref FROM controllers WHERE id = %(controller_id)s"

#: A subject that was known by its address alone may have been adopted since: whoever holds the
#: address now is who the proof is about.
_COLUMNS = """
p.id, p.controller_id, coalesce(a.subject_id, p.subject_id) AS subject_id, p.address_key,
p.purpose, p.language, p.payload, p.requested_at, p.expires_at, coalesce(a.is_current, false)
"""

_USABLE = "p.used_at IS NULL AND p.expires_at > %(now)s"

FIND = f"""
SELECT {_COLUMNS} FROM address_proofs p
LEFT JOIN addresses a ON a.controller_id = p.controller_id AND a.address_key = p.address_key
WHERE p.controller_id = %(controller_id)s AND p.id = %(id)s AND {_USABLE}
"""  # noqa: S608 - constant text

#: Exactly one of any number of callers gets the row (rule 12: what a GET never does).
REDEEM = f"""
WITH used AS (
    UPDATE address_proofs p SET used_at = %(now)s
    WHERE p.controller_id = %(controller_id)s AND p.id = %(id)s AND p.purpose = %(purpose)s
        AND {_USABLE}
    RETURNING p.*
)
SELECT {_COLUMNS} FROM used p
LEFT JOIN addresses a ON a.controller_id = p.controller_id AND a.address_key = p.address_key
"""  # noqa: S608 - constant text

NARROW = f"""
WITH narrowed AS (
    UPDATE address_proofs p SET expires_at = least(p.expires_at, %(until)s)
    WHERE p.controller_id = %(controller_id)s AND p.id = %(id)s AND p.purpose = %(purpose)s
        AND {_USABLE}
    RETURNING p.*
)
SELECT {_COLUMNS} FROM narrowed p
LEFT JOIN addresses a ON a.controller_id = p.controller_id AND a.address_key = p.address_key
"""  # noqa: S608 - constant text

#: As the worker: what was used or has expired long ago proves nothing to anybody. An unused link of
#: a sign-up goes with what it was to confirm (``TAKE_LAPSED``).
FORGET = """
DELETE FROM address_proofs WHERE expires_at < now() - interval '30 days'
    AND (purpose <> 'confirm_subscription' OR used_at IS NOT NULL)
"""

_LAPSED = """
p.purpose = %(purpose)s AND p.used_at IS NULL
    AND p.expires_at < %(now)s::timestamptz - %(margin)s::interval
"""

#: As the worker: what nobody used in time, whoever's it is, page by page.
LAPSED = f"""
SELECT p.controller_id, p.id, p.expires_at FROM address_proofs p
WHERE {_LAPSED} AND (p.expires_at, p.id) > (%(after_time)s::timestamptz, %(after_id)s::uuid)
ORDER BY p.expires_at, p.id LIMIT 200
"""  # noqa: S608 - constant text

KEY_OF = """
SELECT address_key FROM address_proofs WHERE controller_id = %(controller_id)s AND id = %(id)s
"""

#: One taker. Not while the address's holder is about to prove something else.
TAKE_LAPSED = f"""
WITH taken AS (
    DELETE FROM address_proofs p
    WHERE p.controller_id = %(controller_id)s AND p.id = %(id)s AND {_LAPSED}
        AND NOT EXISTS (
            SELECT FROM address_proofs o
            WHERE o.controller_id = p.controller_id AND o.address_key = p.address_key
                AND o.purpose <> p.purpose AND o.used_at IS NULL AND o.expires_at > %(now)s)
    RETURNING p.*
)
SELECT {_COLUMNS} FROM taken p
LEFT JOIN addresses a ON a.controller_id = p.controller_id AND a.address_key = p.address_key
"""  # noqa: S608 - constant text
