"""Create the roles, and the functions by which later tables are protected and partitioned.

Additive: nothing uses them yet. Roles belong to the whole cluster, so the downgrade leaves them.
"""

from alembic import op

revision = "0001"
down_revision = None

ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_app') THEN
        CREATE ROLE crm_app NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_worker') THEN
        CREATE ROLE crm_worker NOLOGIN NOBYPASSRLS;
    END IF;
    -- The owner may act as either (SET ROLE), which is how a single-URL set-up still obeys RLS.
    EXECUTE format('GRANT crm_app, crm_worker TO %I', current_user);
END $$
"""

#: A row belongs to one controller and nobody else sees it; a missing setting shows no row.
PROTECT = """
CREATE PROCEDURE crm_protect(protected regclass, by_column text DEFAULT 'controller_id')
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format(
        'CREATE POLICY own_rows ON %s TO crm_app
             USING (%I = NULLIF(current_setting(''crm.controller_id'', true), '''')::uuid)',
        protected, by_column);
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION crm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

APPEND_ONLY = """
CREATE PROCEDURE crm_append_only(guarded regclass)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change()', guarded);
    CALL crm_refuse_truncate(guarded);
END $$
"""

#: Triggers of statements are not handed down to partitions as those of rows are.
REFUSE_TRUNCATE = """
CREATE PROCEDURE crm_refuse_truncate(guarded regclass)
LANGUAGE plpgsql AS $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree(guarded)
                UNION SELECT guarded LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION crm_refuse_change()', part);
    END LOOP;
END $$
"""

#: Partitions by range of time are made ahead by the worker. The default partition means that a
#: write never fails for want of one.
PARTITIONS = """
CREATE FUNCTION crm_create_partitions(parent regclass, step interval, ahead interval)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET timezone = 'UTC' AS $$
DECLARE
    unit text := CASE WHEN step >= interval '1 year' THEN 'year' ELSE 'month' END;
    start_at timestamptz := date_trunc(unit, now(), 'UTC');
    created integer := 0;
    child text;
BEGIN
    WHILE start_at <= now() + ahead LOOP
        child := format('%s_%s', parent::text,
                        to_char(start_at AT TIME ZONE 'UTC',
                                CASE unit WHEN 'year' THEN 'YYYY' ELSE 'YYYY_MM' END));
        IF to_regclass(child) IS NULL THEN
            BEGIN
                -- Attaching locks the parent less than creating in place would.
                EXECUTE format(
                    'CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                    child, parent);
                EXECUTE format(
                    'ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    parent, child, start_at, start_at + step);
                IF EXISTS (SELECT FROM pg_trigger
                           WHERE tgrelid = parent AND tgname = 'no_truncate') THEN
                    CALL crm_refuse_truncate(child::regclass);
                END IF;
                created := created + 1;
            EXCEPTION WHEN check_violation THEN
                -- Nobody made it in time: its rows are in the default partition, and stay there.
                RAISE WARNING '% is not created', child;
            END;
        END IF;
        start_at := start_at + step;
    END LOOP;
    RETURN created;
END $$
"""

PARTITIONS_GRANT = """
REVOKE ALL ON FUNCTION crm_create_partitions(regclass, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_create_partitions(regclass, interval, interval) TO crm_worker
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(ROLES)
    op.execute("GRANT USAGE ON SCHEMA public TO crm_app, crm_worker")
    op.execute(PROTECT)
    op.execute(REFUSE_CHANGE)
    op.execute(REFUSE_TRUNCATE)
    op.execute(APPEND_ONLY)
    op.execute(PARTITIONS)
    op.execute(PARTITIONS_GRANT)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP FUNCTION crm_create_partitions(regclass, interval, interval)")
    op.execute("DROP PROCEDURE crm_append_only(regclass)")
    op.execute("DROP PROCEDURE crm_refuse_truncate(regclass)")
    op.execute("DROP FUNCTION crm_refuse_change()")
    op.execute("DROP PROCEDURE crm_protect(regclass, text)")
    op.execute("REVOKE USAGE ON SCHEMA public FROM crm_app, crm_worker")
