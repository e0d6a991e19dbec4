"""Create webhook endpoints, their sealed secrets, and the tokens that deliveries used up.

Additive: new tables only.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

UP = [
    """CREATE TABLE webhook_endpoints (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        provider text NOT NULL,
        name text NOT NULL,
        settings jsonb NOT NULL DEFAULT '{}',
        subscription_token bytea,
        subscription_requested_at timestamptz,
        subscription_confirmed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id),
        CONSTRAINT uq_webhook_endpoints_controller_id_id UNIQUE (controller_id, id),
        CONSTRAINT fk_webhook_endpoints_controller_id_controllers FOREIGN KEY (controller_id)
            REFERENCES controllers (id)
    )""",
    "CALL crm_protect('webhook_endpoints')",
    # A delivery bears no key. Whoever names the id, which cannot be guessed, finds the endpoint.
    """CREATE POLICY named_rows ON webhook_endpoints FOR SELECT TO crm_app
       USING (id::text = current_setting('crm.hint', true))""",
    "GRANT SELECT, INSERT, UPDATE ON webhook_endpoints TO crm_app",
    """CREATE TABLE webhook_secrets (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        CONSTRAINT pk_webhook_secrets PRIMARY KEY (id),
        CONSTRAINT fk_webhook_secrets_endpoint_id_webhook_endpoints
            FOREIGN KEY (controller_id, endpoint_id)
            REFERENCES webhook_endpoints (controller_id, id)
    )""",
    "CREATE INDEX ix_webhook_secrets_controller_id ON webhook_secrets (controller_id, endpoint_id)",
    "CALL crm_protect('webhook_secrets')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_secrets TO crm_app",
    """CREATE TABLE webhook_tokens (
        controller_id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        digest bytea NOT NULL,
        forget_at timestamptz NOT NULL,
        CONSTRAINT pk_webhook_tokens PRIMARY KEY (controller_id, endpoint_id, digest)
    )""",
    """CREATE INDEX ix_webhook_tokens_forget_at
       ON webhook_tokens (controller_id, endpoint_id, forget_at)""",
    "CALL crm_protect('webhook_tokens')",
    # Locking what it forgets asks for more than deleting it would.
    "GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_tokens TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE webhook_tokens")
    op.execute("DROP TABLE webhook_secrets")
    op.execute("DROP TABLE webhook_endpoints")
