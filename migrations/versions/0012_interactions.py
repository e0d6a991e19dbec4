"""Create interactions, the cases that notes are filed to, and when people last had to do with us.

Additive: new tables only.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

UP = [
    # By address key: it belongs to whoever bears the address.
    """CREATE TABLE last_interactions (
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        engaged_at timestamptz,
        interacted_at timestamptz,
        CONSTRAINT pk_last_interactions PRIMARY KEY (controller_id, address_key)
    )""",
    "COMMENT ON COLUMN last_interactions.engaged_at IS 'a person opened or clicked'",
    "CALL crm_protect('last_interactions')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON last_interactions TO crm_app",
    "ALTER TABLE last_interactions ALTER COLUMN controller_id SET STATISTICS 0",
    """CREATE TABLE cases (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        reference text NOT NULL,
        opened_at timestamptz NOT NULL,
        closed_at timestamptz,
        CONSTRAINT pk_cases PRIMARY KEY (id),
        CONSTRAINT uq_cases_subject_reference UNIQUE (controller_id, subject_id, reference)
    )""",
    "CALL crm_protect('cases')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON cases TO crm_app",
    # Time and number may be taken away by their own term, while the rest stays (clause no-04).
    """CREATE TABLE interactions (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        kind text NOT NULL,
        category text NOT NULL,
        purpose text NOT NULL,
        direction text,
        occurred_at timestamptz,
        number text,
        note text,
        record_system text,
        record_id text,
        case_id uuid,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_interactions PRIMARY KEY (id),
        CONSTRAINT fk_interactions_case_id_cases FOREIGN KEY (case_id) REFERENCES cases (id),
        CONSTRAINT ck_interactions_kind CHECK (kind IN
            ('call', 'chat', 'meeting', 'order', 'inquiry', 'note', 'recording')),
        CONSTRAINT ck_interactions_direction CHECK (direction IN ('in', 'out'))
    )""",
    """CREATE INDEX ix_interactions_subject
       ON interactions (controller_id, subject_id, recorded_at)""",
    """CREATE INDEX ix_interactions_category
       ON interactions (controller_id, category, occurred_at)""",
    "CREATE INDEX ix_interactions_case ON interactions (case_id) WHERE case_id IS NOT NULL",
    "COMMENT ON COLUMN interactions.number IS 'personal data: the telephone number of a call'",
    "COMMENT ON COLUMN interactions.note IS 'may hold personal data'",
    "CALL crm_protect('interactions')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON interactions TO crm_app",
]

DOWN = [
    "DROP TABLE interactions",
    "DROP TABLE cases",
    "DROP TABLE last_interactions",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
