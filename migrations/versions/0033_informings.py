"""Create what people were told of data that did not come from them (GDPR Art. 14).

Additive: a new table only. What is still owed is computed when it is asked for.
"""

from alembic import op

revision = "0033"
down_revision = "0032"

UP = [
    """CREATE TABLE informings (
        controller_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        how text,
        exemption text,
        reasons text,
        reference text,
        sources text[] NOT NULL,
        settled_at timestamptz NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_informings PRIMARY KEY (controller_id, contact_id),
        CONSTRAINT ck_informings_settled CHECK ((how IS NULL) <> (exemption IS NULL))
    )""",
    "COMMENT ON COLUMN informings.reasons IS 'may hold personal data'",
    "CALL crm_protect('informings')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON informings TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE informings")
