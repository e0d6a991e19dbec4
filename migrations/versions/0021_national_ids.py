"""Create the table of national identification numbers.

Additive: a new table only.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

UP = [
    """CREATE TABLE national_ids (
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        blind_index uuid NOT NULL,
        country text NOT NULL,
        sealed bytea NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_national_ids PRIMARY KEY (controller_id, subject_id),
        CONSTRAINT uq_national_ids_controller_id_blind_index UNIQUE (controller_id, blind_index)
    )""",
    "COMMENT ON COLUMN national_ids.sealed IS 'personal data; encrypted by the service'",
    "COMMENT ON COLUMN national_ids.blind_index IS 'pseudonymous; HMAC of the number'",
    "CALL crm_protect('national_ids')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON national_ids TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE national_ids")
