"""Create the imports of contact files: how far each has come, and what became of every row.

Additive: new tables and a function. Outcomes are codes by row number; who stands in a row only the
file says.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = [
    """CREATE TABLE imports (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        fingerprint bytea NOT NULL,
        file_sha256 bytea NOT NULL,
        file_bytes bigint NOT NULL,
        options jsonb NOT NULL,
        state text NOT NULL,
        next_row integer NOT NULL DEFAULT 1,
        counts jsonb NOT NULL DEFAULT '{}',
        notes jsonb NOT NULL DEFAULT '{}',
        problem text,
        actor text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT pk_imports PRIMARY KEY (id),
        CONSTRAINT ck_imports_state CHECK (state IN ('waiting', 'running', 'done', 'failed'))
    )""",
    # What a killed import is found by when the same file is given again.
    """CREATE UNIQUE INDEX uq_imports_running ON imports (controller_id, fingerprint)
       WHERE state = 'running'""",
    "CREATE INDEX ix_imports_controller_id ON imports (controller_id, id)",
    "COMMENT ON COLUMN imports.fingerprint IS 'digest of the file and of how it is imported'",
    "CALL crm_protect('imports')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO crm_app",
    """CREATE TABLE import_outcomes (
        controller_id uuid NOT NULL,
        import_id uuid NOT NULL,
        first_row integer NOT NULL,
        outcomes text NOT NULL,
        CONSTRAINT pk_import_outcomes PRIMARY KEY (import_id, first_row),
        CONSTRAINT fk_import_outcomes_import_id_imports FOREIGN KEY (import_id)
            REFERENCES imports (id) ON DELETE CASCADE
    )""",
    "COMMENT ON COLUMN import_outcomes.outcomes IS 'one line a row: outcome, reason, warnings'",
    "CALL crm_protect('import_outcomes')",
    "GRANT SELECT, INSERT, DELETE ON import_outcomes TO crm_app",
]

#: Only a table's owner may have it sampled. A table that somebody else is sampling is left to them.
ANALYZE = """
CREATE FUNCTION crm_analyze(sampled regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', sampled);
END $$
"""

ANALYZE_GRANT = """
REVOKE ALL ON FUNCTION crm_analyze(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_analyze(regclass) TO crm_app
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)
    op.execute(ANALYZE)
    op.execute(ANALYZE_GRANT)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP FUNCTION crm_analyze(regclass)")
    op.execute("DROP TABLE import_outcomes")
    op.execute("DROP TABLE imports")
