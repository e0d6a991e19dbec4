"""Create notices: what recipients are to be told about data that they got (GDPR Art. 19).

Additive: a new table. It outlives the person, and holds the subject's id alone.
"""

from alembic import op

revision = "0027"
down_revision = "0026"

UP = [
    """CREATE TABLE recipient_notices (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        recipient_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        cause text NOT NULL,
        request_id uuid,
        fields text[] NOT NULL,
        owed_at timestamptz NOT NULL,
        due_on date NOT NULL,
        sent_at timestamptz,
        sent_by text,
        times_sent integer NOT NULL DEFAULT 0,
        acknowledged_at timestamptz,
        acknowledged_by text,
        dispensed_at timestamptz,
        dispensed_for text,
        dispensed_reasons text,
        CONSTRAINT pk_recipient_notices PRIMARY KEY (id),
        CONSTRAINT fk_recipient_notices_recipient_id_recipients FOREIGN KEY (recipient_id)
            REFERENCES recipients (id),
        CONSTRAINT ck_recipient_notices_cause CHECK (cause IN
            ('rectification', 'erasure', 'restriction', 'restriction_lifted')),
        CONSTRAINT ck_recipient_notices_settled CHECK
            (acknowledged_at IS NULL OR dispensed_at IS NULL)
    )""",
    """CREATE UNIQUE INDEX uq_recipient_notices_owed ON recipient_notices
        (controller_id, subject_id, recipient_id, cause, request_id)
        WHERE request_id IS NOT NULL""",
    """CREATE INDEX ix_recipient_notices_order ON recipient_notices (controller_id, due_on, id)""",
    """CREATE INDEX ix_recipient_notices_subject ON recipient_notices
        (controller_id, subject_id)""",
    "CREATE INDEX ix_recipient_notices_recipient_id ON recipient_notices (recipient_id)",
    "COMMENT ON COLUMN recipient_notices.dispensed_reasons IS 'personal data'",
    "CALL crm_protect('recipient_notices')",
    "GRANT SELECT, INSERT, UPDATE ON recipient_notices TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE recipient_notices")
