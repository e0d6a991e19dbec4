"""Create the history of restrictions, and of what was processed all the same (GDPR Art. 18).

Additive: new tables. Contacts that are restricted already get their entry.
"""

from alembic import op

revision = "0031"
down_revision = "0030"

UP = [
    """CREATE TABLE restrictions (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        restricted_at timestamptz NOT NULL,
        source text NOT NULL,
        lifted_at timestamptz,
        lifted_by text,
        justification text,
        informed_at timestamptz,
        CONSTRAINT pk_restrictions PRIMARY KEY (id)
    )""",
    """CREATE UNIQUE INDEX uq_restrictions_standing ON restrictions (controller_id, subject_id)
        WHERE lifted_at IS NULL""",
    "CREATE INDEX ix_restrictions_subject ON restrictions (controller_id, subject_id)",
    "COMMENT ON COLUMN restrictions.justification IS 'personal data'",
    """INSERT INTO restrictions (id, controller_id, subject_id, restricted_at, source)
        SELECT gen_random_uuid(), controller_id, id, restricted_at, 'rights_request'
        FROM contacts WHERE restricted_at IS NOT NULL""",
    "CALL crm_protect('restrictions')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON restrictions TO crm_app",
    """CREATE TABLE exceptional_processing (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        barred_by text NOT NULL,
        basis text NOT NULL,
        reference text NOT NULL,
        fields text[] NOT NULL,
        actor text NOT NULL,
        occurred_at timestamptz NOT NULL,
        CONSTRAINT pk_exceptional_processing PRIMARY KEY (id)
    )""",
    """CREATE INDEX ix_exceptional_processing_subject
        ON exceptional_processing (controller_id, subject_id)""",
    "COMMENT ON COLUMN exceptional_processing.reference IS 'personal data'",
    "CALL crm_protect('exceptional_processing')",
    "GRANT SELECT, INSERT, DELETE ON exceptional_processing TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("exceptional_processing", "restrictions"):
        op.execute(f"DROP TABLE {table}")
