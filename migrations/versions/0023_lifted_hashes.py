"""Create where entries of hashed lists stand that an operator has lifted, with the reason.

Additive: a new table.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

UP = [
    """CREATE TABLE lifted_hashed_suppressions (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        algorithm text NOT NULL,
        digest bytea NOT NULL,
        scope text NOT NULL,
        topic_id uuid,
        reason text NOT NULL,
        source text NOT NULL,
        suppressed_at timestamptz NOT NULL,
        lifted_at timestamptz NOT NULL DEFAULT now(),
        lifted_by text NOT NULL,
        lift_justification text NOT NULL,
        CONSTRAINT pk_lifted_hashed_suppressions PRIMARY KEY (id)
    )""",
    """COMMENT ON COLUMN lifted_hashed_suppressions.digest IS
       'personal data: an unkeyed hash of an address, as partners exchange it; can be guessed'""",
    """CREATE INDEX ix_lifted_hashed_suppressions_controller_id
       ON lifted_hashed_suppressions (controller_id, digest)""",
    "CALL crm_protect('lifted_hashed_suppressions')",
    "GRANT SELECT, INSERT, DELETE ON lifted_hashed_suppressions TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE lifted_hashed_suppressions")
