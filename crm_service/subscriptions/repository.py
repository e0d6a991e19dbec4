"""SQL over sign-ups that wait to be handed on."""

ADD = """
INSERT INTO subscription_requests
    (id, controller_id, address_key, email, language, topics, evidence, requested_at)
VALUES (%(id)s, %(controller_id)s, %(address_key)s, %(email)s, %(language)s, %(topics)s,
    %(evidence)s, %(requested_at)s)
"""

#: As the worker, which sees no address.
DUE = """
SELECT controller_id, id FROM subscription_requests
WHERE due_at <= now() ORDER BY requested_at LIMIT 200
"""

#: One taker; the row is gone when its transaction commits.
TAKE = """
DELETE FROM subscription_requests WHERE controller_id = %(controller_id)s AND id = (
    SELECT id FROM subscription_requests
    WHERE controller_id = %(controller_id)s AND id = %(id)s FOR UPDATE SKIP LOCKED)
RETURNING address_key, email, language, topics, evidence, requested_at
"""

#: As the worker: what failed is tried again later, and given up after a day.
POSTPONE = """
UPDATE subscription_requests SET due_at = now() + interval '1 minute' WHERE id = %s
"""
GIVE_UP = "DELETE FROM subscription_requests WHERE requested_at < now() - interval '1 day'"
