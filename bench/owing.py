"""What a register owes: sources, word given, requests, notices and holds, made in bulk.

Of its people a tenth was written to, a tenth was named to a recipient, half has been told of
where the data came from, a fifth was reviewed; each has a hold, a notice and a request, of which
one in fifty is still open.
"""

import psycopg
from psycopg.rows import TupleRow

from bench.register import Register

#: A number of each contact that decides what it gets.
_PEOPLE = """
CREATE UNLOGGED TABLE people AS
SELECT id, email_key AS key, row_number() OVER (ORDER BY id) AS n
FROM contacts WHERE controller_id = %(controller)s
"""

_FILL = (
    _PEOPLE,
    """UPDATE contacts SET
        source_kind = CASE WHEN n %% 2 = 0 THEN 'partner' ELSE 'website_form' END,
        added_at = now() - make_interval(days => (n %% 800)::int),
        updated_at = now() - make_interval(days => (n %% 800)::int)
    FROM people WHERE people.id = contacts.id""",
    """UPDATE ledger_entries SET since = c.added_at, recorded_at = c.added_at
    FROM contacts c WHERE c.id = ledger_entries.subject_id
        AND c.controller_id = %(controller)s AND ledger_entries.controller_id = %(controller)s""",
    """INSERT INTO engagement_events (recorded_at, controller_id, address_key, type, occurred_at,
        source)
    SELECT now(), %(controller)s, key, 'sent', now() - interval '2 days', 'bench'
    FROM people WHERE n %% 10 = 0""",
    """INSERT INTO last_interactions (controller_id, address_key, engaged_at)
    SELECT %(controller)s, key, now() - interval '2 days' FROM people WHERE n %% 20 = 0""",
    """INSERT INTO interactions (controller_id, subject_id, kind, category, purpose, occurred_at,
        recorded_by, recorded_at)
    SELECT %(controller)s, id, 'call', 'calls', 'service', now() - interval '3 days', 'bench',
        now() - interval '3 days'
    FROM people WHERE n %% 20 = 1""",
    """INSERT INTO contact_sources (controller_id, contact_id, field, kind)
    SELECT %(controller)s, id, 'city', 'public_register' FROM people WHERE n %% 50 = 0""",
    """INSERT INTO recipients (id, controller_id, slug, name, kind, country,
        is_international_organization, stores_elsewhere, categories, purposes)
    SELECT gen_random_uuid(), %(controller)s, 'r' || n, 'R', 'processor', 'EE', false, false, '{}',
        '{}'
    FROM generate_series(1, 20) n""",
    """INSERT INTO disclosures (id, controller_id, recipient_id, ground, fields, count, actor)
    SELECT gen_random_uuid(), %(controller)s, id, 'processor', '{email}', 1, 'bench'
    FROM recipients WHERE controller_id = %(controller)s""",
    """INSERT INTO disclosed_subjects (controller_id, disclosure_id, subject_id)
    SELECT %(controller)s, (SELECT min(id::text)::uuid FROM disclosures
        WHERE controller_id = %(controller)s), id FROM people WHERE n %% 10 = 4""",
    """INSERT INTO informings (controller_id, contact_id, how, sources, settled_at, recorded_by)
    SELECT %(controller)s, id, 'email', '{partner}', now(), 'bench' FROM people WHERE n %% 4 = 0""",
    """INSERT INTO reviews (controller_id, contact_id, decision, reasons, decided_by, decided_at)
    SELECT %(controller)s, id, 'keep', 'r', 'bench', now() - interval '100 days'
    FROM people WHERE n %% 5 = 0""",
    """INSERT INTO holds (controller_id, subject_id, kind, reference, reasons, set_by, set_at,
        lifted_by, lifted_at, lift_reasons)
    SELECT %(controller)s, id, 'dispute', 'r', 'r', 'bench', now() - n * interval '1 minute',
        CASE WHEN n %% 50 > 0 THEN 'bench' END, CASE WHEN n %% 50 > 0 THEN now() END,
        CASE WHEN n %% 50 > 0 THEN 'r' END
    FROM people""",
    """INSERT INTO recipient_notices (id, controller_id, recipient_id, subject_id, cause, fields,
        owed_at, due_on, acknowledged_at, acknowledged_by, remind_at, request_id)
    SELECT gen_random_uuid(), %(controller)s, r.ids[1 + n %% 20], p.id, 'erasure', '{}',
        now(), current_date + 5 - (n %% 700)::int,
        CASE WHEN n %% 50 > 0 THEN now() END, CASE WHEN n %% 50 > 0 THEN 'email' END,
        now() + interval '6 days' - make_interval(days => (n %% 700)::int), gen_random_uuid()
    FROM people p, (SELECT array_agg(id) AS ids FROM recipients
        WHERE controller_id = %(controller)s) r""",
    """INSERT INTO rights_requests (id, controller_id, subject_id, address_key, kind, status,
        language, received_at, received_by, recorded_by, policy_version, due_on, legal_end_on,
        ends_at, decided_at, outcome, overdue_at)
    SELECT gen_random_uuid(), %(controller)s, id, key, 'access',
        CASE WHEN n %% 50 > 0 THEN 'closed' ELSE 'in_progress' END, 'en', now(), 'api', 'bench', 1,
        current_date + 5 - (n %% 700)::int, current_date + 5 - (n %% 700)::int,
        now() + interval '6 days' - make_interval(days => (n %% 700)::int),
        CASE WHEN n %% 50 > 0 THEN now() END, CASE WHEN n %% 50 > 0 THEN 'granted' END, now()
    FROM people""",
    "DROP TABLE people",
)


def furnish(connection: psycopg.Connection[TupleRow], register: Register) -> None:
    """Give everybody in a register what it owes them."""
    facts = {"controller": register.controller_id}
    # The ledger refuses changes; here it only grows older.
    connection.execute("SET session_replication_role = replica")
    for statement in _FILL:
        connection.execute(statement, facts)
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")
