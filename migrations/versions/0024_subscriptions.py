"""Create sign-ups that wait to be handed on, and the origins from which a key may be shown.

Additive. The worker finds what is due and cannot read whose it is.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

UP = [
    "ALTER TABLE api_keys ADD COLUMN origins text[]",
    "COMMENT ON COLUMN api_keys.origins IS 'a key for browsers, used from these pages alone'",
    """CREATE TABLE subscription_requests (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        email text NOT NULL,
        language text,
        topics text[] NOT NULL,
        evidence jsonb NOT NULL,
        requested_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_subscription_requests PRIMARY KEY (id)
    )""",
    """COMMENT ON COLUMN subscription_requests.email IS
       'personal data: until the worker hands it on, within a second'""",
    "CREATE INDEX ix_subscription_requests_due ON subscription_requests (due_at)",
    """CREATE INDEX ix_subscription_requests_address
       ON subscription_requests (controller_id, address_key)""",
    "CALL crm_protect('subscription_requests')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON subscription_requests TO crm_app",
    "CREATE POLICY worker_finds ON subscription_requests TO crm_worker USING (true)",
    """GRANT SELECT (id, controller_id, requested_at, due_at), UPDATE (due_at), DELETE
       ON subscription_requests TO crm_worker""",
]

DOWN = [
    "DROP TABLE subscription_requests",
    "ALTER TABLE api_keys DROP COLUMN origins",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
