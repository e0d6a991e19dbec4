"""Create the memory of ``Idempotency-Key``; let the service read which revision it runs on.

Additive: the previous release ignores both.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

UP = [
    # Digests are keyed, answers sealed with a key made from the request: nothing here can be read.
    """CREATE TABLE idempotency_keys (
        controller_id uuid NOT NULL,
        key_digest bytea NOT NULL,
        request_digest bytea NOT NULL,
        status smallint,
        sealed bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (controller_id, key_digest)
    )""",
    "CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (controller_id, created_at)",
    "COMMENT ON COLUMN idempotency_keys.status IS 'null while the first request is in flight'",
    "CALL crm_protect('idempotency_keys')",
    "CREATE POLICY worker_forgets ON idempotency_keys TO crm_worker USING (true)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO crm_app",
    "GRANT SELECT, DELETE ON idempotency_keys TO crm_worker",
    "GRANT SELECT ON alembic_version TO crm_app, crm_worker",
]

DOWN = [
    "REVOKE SELECT ON alembic_version FROM crm_app, crm_worker",
    "DROP TABLE idempotency_keys",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
