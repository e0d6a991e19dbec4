"""Create what lets old months of the event log go as whole tables, and what is remembered of them.

Additive: a new table and two functions. Of a dropped month the place of each controller's last
event in the feed stays, so that a reader who stopped before it is told instead of skipping events.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

UP = [
    """CREATE TABLE dropped_events (
        controller_id uuid NOT NULL,
        up_to_xid xid8 NOT NULL,
        up_to_position bigint NOT NULL,
        recorded_before timestamptz NOT NULL,
        dropped_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_dropped_events PRIMARY KEY (controller_id)
    )""",
    "CALL crm_protect('dropped_events')",
    "CREATE POLICY worker_notes ON dropped_events TO crm_worker USING (true)",
    "GRANT SELECT ON dropped_events TO crm_app, crm_worker",
]

#: One month, which the caller has chosen, in one short transaction. Writers of events wait while
#: the log itself is locked, hence the short lock_timeout, and all that reads much comes before.
#: A place in the outbox means that the event is still to be published.
DROP_MONTH = """
CREATE FUNCTION crm_drop_month_of_events(month regclass, first timestamptz, beyond timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    awaited CONSTANT text := 'SELECT EXISTS (SELECT FROM outbox
                              WHERE recorded_at >= $1 AND recorded_at < $2)';
    is_awaited boolean;
BEGIN
    EXECUTE awaited INTO is_awaited USING first, beyond;
    IF is_awaited THEN
        RETURN false;
    END IF;
    EXECUTE format('
        INSERT INTO dropped_events AS d (controller_id, up_to_xid, up_to_position, recorded_before)
        SELECT DISTINCT ON (controller_id) controller_id, xid, position, %L::timestamptz FROM %s
        ORDER BY controller_id, xid DESC, position DESC
        ON CONFLICT (controller_id) DO UPDATE SET up_to_xid = excluded.up_to_xid,
            up_to_position = excluded.up_to_position, recorded_before = excluded.recorded_before,
            dropped_at = now()
        WHERE (d.up_to_xid, d.up_to_position) < (excluded.up_to_xid, excluded.up_to_position)',
        beyond, month);
    LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE;
    -- Asked again, now that nobody can put an event back: that reads the log first.
    EXECUTE awaited INTO is_awaited USING first, beyond;
    IF is_awaited THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = month::text || ' is awaited';
    END IF;
    EXECUTE format('DROP TABLE %s', month);
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR object_in_use THEN
    RETURN false;
END $$
"""

#: Returns the oldest month that is over for ``term`` and could be dropped now, or nothing. The
#: default partition has no bounds and is never chosen.
DROP = """
CREATE FUNCTION crm_drop_old_events(term interval) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET timezone = 'UTC' SET lock_timeout = '250ms' AS $$
DECLARE
    most_waiting CONSTANT integer := 100000;
    month record;
BEGIN
    IF term < interval '1 month' THEN
        RAISE EXCEPTION 'events are kept for a month at least';
    END IF;
    -- What waits to be published decides: whoever cannot see all of it must not drop anything.
    IF row_security_active('outbox') AND NOT pg_has_role(current_user, 'crm_worker', 'USAGE') THEN
        RAISE EXCEPTION 'the owner of the event log must be a member of crm_worker';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('crm_drop_old_events', 0)) THEN
        RETURN NULL;
    END IF;
    -- The outbox is read while writers wait: with a backlog, later.
    IF (SELECT count(*) FROM (SELECT FROM outbox LIMIT most_waiting) AS waiting) = most_waiting THEN
        RETURN NULL;
    END IF;
    FOR month IN
        SELECT relid, relid::text AS name, bounds[1]::timestamptz AS first,
            bounds[2]::timestamptz AS beyond
        FROM (SELECT inhrelid::regclass AS relid,
                  regexp_match(pg_get_expr(relpartbound, inhrelid),
                               'FROM \\(''(.+)''\\) TO \\(''(.+)''\\)') AS bounds
              FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
              WHERE inhparent = 'events'::regclass) AS months
        WHERE bounds IS NOT NULL AND bounds[2]::timestamptz <= now() - term
        ORDER BY first
    LOOP
        IF crm_drop_month_of_events(month.relid, month.first, month.beyond) THEN
            RETURN month.name;
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""

GRANTS = """
REVOKE ALL ON FUNCTION crm_drop_month_of_events(regclass, timestamptz, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION crm_drop_old_events(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_drop_old_events(interval) TO crm_worker
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)
    op.execute(DROP_MONTH)
    op.execute(DROP)
    op.execute(GRANTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP FUNCTION crm_drop_old_events(interval)")
    op.execute("DROP FUNCTION crm_drop_month_of_events(regclass, timestamptz, timestamptz)")
    op.execute("DROP TABLE dropped_events")
