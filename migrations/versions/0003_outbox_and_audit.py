"""Create the event log, the outbox of pending positions, the audit log and the seals.

Additive: new tables only.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = [
    "CREATE SEQUENCE events_position_seq",
    # position orders one subject's events; (xid, position) below the snapshot's xmin orders the
    # feed so that a reader never skips a row that commits late.
    """CREATE TABLE events (
        position bigint NOT NULL DEFAULT nextval('events_position_seq'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        controller_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        type text NOT NULL,
        subject_id uuid,
        occurred_at timestamptz NOT NULL,
        correlation uuid NOT NULL,
        data jsonb NOT NULL,
        CONSTRAINT pk_events PRIMARY KEY (position, recorded_at)
    ) PARTITION BY RANGE (recorded_at)""",
    "CREATE TABLE events_default PARTITION OF events DEFAULT",
    "CREATE INDEX ix_events_feed ON events (controller_id, xid, position)",
    "CREATE INDEX ix_events_subject ON events (controller_id, subject_id, position)",
    "SELECT crm_create_partitions('events', interval '1 month', interval '3 months')",
    "CALL crm_protect('events')",
    "CREATE POLICY worker_reads ON events FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT, INSERT ON events TO crm_app",
    "GRANT SELECT ON events TO crm_worker",
    "GRANT USAGE ON SEQUENCE events_position_seq TO crm_app",
    """CREATE TABLE outbox (
        position bigint NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        controller_id uuid NOT NULL,
        subject_id uuid,
        attempts smallint NOT NULL DEFAULT 0,
        quarantined_at timestamptz,
        problem text,
        CONSTRAINT pk_outbox PRIMARY KEY (position)
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            vacuum_truncate = off)""",
    "CREATE INDEX ix_outbox_quarantined ON outbox (position) WHERE quarantined_at IS NOT NULL",
    "CALL crm_protect('outbox')",
    "CREATE POLICY worker_moves ON outbox TO crm_worker USING (true)",
    "GRANT INSERT, SELECT ON outbox TO crm_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO crm_worker",
    # Messages that no queue was bound for: counted, and replayed when somebody binds.
    """CREATE TABLE unroutable_events (
        position bigint NOT NULL,
        recorded_at timestamptz NOT NULL,
        controller_id uuid NOT NULL,
        type text NOT NULL,
        noticed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_unroutable_events PRIMARY KEY (position)
    )""",
    "CALL crm_protect('unroutable_events')",
    "CREATE POLICY worker_marks ON unroutable_events TO crm_worker USING (true)",
    "GRANT SELECT ON unroutable_events TO crm_app",
    "GRANT SELECT, INSERT, DELETE ON unroutable_events TO crm_worker",
    "CREATE SEQUENCE audit_position_seq",
    """CREATE TABLE audit_entries (
        position bigint NOT NULL DEFAULT nextval('audit_position_seq'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        controller_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        actor text NOT NULL,
        action text NOT NULL,
        purpose text,
        subject_id uuid,
        fields text[] NOT NULL DEFAULT '{}',
        count integer NOT NULL DEFAULT 1,
        details jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT pk_audit_entries PRIMARY KEY (position, recorded_at)
    ) PARTITION BY RANGE (recorded_at)""",
    "CREATE TABLE audit_entries_default PARTITION OF audit_entries DEFAULT",
    "CREATE INDEX ix_audit_entries_order ON audit_entries (controller_id, xid, position)",
    "CREATE INDEX ix_audit_entries_id ON audit_entries (controller_id, id)",
    """CREATE INDEX ix_audit_entries_subject ON audit_entries (controller_id, subject_id, position)
       WHERE subject_id IS NOT NULL""",
    "SELECT crm_create_partitions('audit_entries', interval '1 month', interval '3 months')",
    "CALL crm_protect('audit_entries')",
    "CALL crm_append_only('audit_entries')",
    "CREATE POLICY worker_seals ON audit_entries FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT, INSERT ON audit_entries TO crm_app",
    "GRANT SELECT ON audit_entries TO crm_worker",
    "GRANT USAGE ON SEQUENCE audit_position_seq TO crm_app",
    # One chain a controller and log. A seal covers the entries after the previous seal's
    # (xid, position) up to its own.
    """CREATE TABLE seals (
        controller_id uuid NOT NULL,
        log text NOT NULL,
        number bigint NOT NULL,
        up_to_xid xid8 NOT NULL,
        up_to_position bigint NOT NULL,
        entries integer NOT NULL,
        merkle_root bytea NOT NULL,
        previous_digest bytea NOT NULL,
        digest bytea NOT NULL,
        sealed_at timestamptz NOT NULL,
        CONSTRAINT pk_seals PRIMARY KEY (controller_id, log, number),
        CONSTRAINT ck_seals_log CHECK (log IN ('ledger', 'audit'))
    )""",
    "CALL crm_protect('seals')",
    "CALL crm_append_only('seals')",
    "CREATE POLICY worker_seals ON seals TO crm_worker USING (true)",
    "GRANT SELECT ON seals TO crm_app",
    "GRANT SELECT, INSERT ON seals TO crm_worker",
]

DOWN = [
    "DROP TABLE seals",
    "DROP TABLE audit_entries",
    "DROP SEQUENCE audit_position_seq",
    "DROP TABLE unroutable_events",
    "DROP TABLE outbox",
    "DROP TABLE events",
    "DROP SEQUENCE events_position_seq",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
