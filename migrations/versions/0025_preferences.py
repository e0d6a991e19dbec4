"""Create what people prefer: how often, and in which language.

Additive: a new table, keyed by address as suppressions are; it ends with the person.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

UP = [
    """CREATE TABLE preferences (
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        subject_id uuid NOT NULL,
        frequency text NOT NULL DEFAULT 'all',
        language text,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_preferences PRIMARY KEY (controller_id, address_key),
        CONSTRAINT ck_preferences_frequency CHECK (frequency IN ('all', 'weekly', 'monthly'))
    )""",
    "CREATE INDEX ix_preferences_subject ON preferences (controller_id, subject_id)",
    "COMMENT ON COLUMN preferences.frequency IS 'personal data'",
    "COMMENT ON COLUMN preferences.language IS 'personal data'",
    "CALL crm_protect('preferences')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON preferences TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE preferences")
