"""Create what imports over HTTP need: the uploaded file, the report, and where the job has come to.

Additive: new tables and columns. The worker finds what is due and deletes what is over; what is
inside it cannot read.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

COLUMNS = (
    ("uploaded", "boolean NOT NULL DEFAULT false"),
    ("delimiter", "text"),
    ("position", "bigint NOT NULL DEFAULT 0"),
    ("started_row", "integer NOT NULL DEFAULT 1"),
    ("started_at", "timestamptz"),
    ("attempts", "smallint NOT NULL DEFAULT 0"),
    ("due_at", "timestamptz"),
    ("problem_code", "text"),
)

UP = [
    *[f"ALTER TABLE imports ADD COLUMN {name} {kind}" for name, kind in COLUMNS],
    "COMMENT ON COLUMN imports.uploaded IS 'a worker imports it; its report is kept a while'",
    "COMMENT ON COLUMN imports.due_at IS 'until then it is left alone: it failed just now'",
    """CREATE POLICY worker_finds ON imports FOR SELECT TO crm_worker
       USING (uploaded OR finished_at IS NOT NULL)""",
    """GRANT SELECT (id, controller_id, state, uploaded, due_at, created_at, finished_at)
       ON imports TO crm_worker""",
    """CREATE TABLE import_files (
        controller_id uuid NOT NULL,
        import_id uuid NOT NULL,
        number integer NOT NULL,
        content bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_import_files PRIMARY KEY (import_id, number)
    )""",
    # Compressed already: the server need not try again.
    "ALTER TABLE import_files ALTER COLUMN content SET STORAGE EXTERNAL",
    """COMMENT ON COLUMN import_files.content IS
       'personal data: a compressed piece of an uploaded file; gone when its import has ended'""",
    # By which the worker finds what waits.
    "CREATE INDEX ix_import_files_first ON import_files (import_id) WHERE number = 0",
    "CALL crm_protect('import_files')",
    "CREATE POLICY worker_forgets ON import_files TO crm_worker USING (true)",
    "GRANT SELECT, INSERT, DELETE ON import_files TO crm_app",
    """GRANT SELECT (controller_id, import_id, number, created_at), DELETE
       ON import_files TO crm_worker""",
    """CREATE TABLE import_reports (
        controller_id uuid NOT NULL,
        import_id uuid NOT NULL,
        first_row integer NOT NULL,
        content bytea NOT NULL,
        keys bigint[] NOT NULL,
        places integer[] NOT NULL,
        CONSTRAINT pk_import_reports PRIMARY KEY (import_id, first_row),
        CONSTRAINT fk_import_reports_import_id_imports FOREIGN KEY (import_id)
            REFERENCES imports (id) ON DELETE CASCADE
    )""",
    "ALTER TABLE import_reports ALTER COLUMN content SET STORAGE EXTERNAL",
    "ALTER TABLE import_reports ALTER COLUMN keys SET STORAGE EXTERNAL",
    """COMMENT ON COLUMN import_reports.content IS
       'personal data: rows of a file with their outcomes, compressed; gone after a week'""",
    "COMMENT ON COLUMN import_reports.keys IS 'halves of the address keys that rows name'",
    "COMMENT ON COLUMN import_reports.places IS 'of each of the keys: its row, from 0'",
    "CREATE INDEX ix_import_reports_controller_id ON import_reports (controller_id, import_id)",
    "CALL crm_protect('import_reports')",
    "CREATE POLICY worker_forgets ON import_reports TO crm_worker USING (true)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON import_reports TO crm_app",
    "GRANT SELECT (controller_id, import_id), DELETE ON import_reports TO crm_worker",
    # Who was erased while a file that may name them waits or is being imported.
    """CREATE TABLE import_erasures (
        controller_id uuid NOT NULL,
        import_id uuid NOT NULL,
        address_key uuid NOT NULL,
        CONSTRAINT pk_import_erasures PRIMARY KEY (import_id, address_key),
        CONSTRAINT fk_import_erasures_import_id_imports FOREIGN KEY (import_id)
            REFERENCES imports (id) ON DELETE CASCADE
    )""",
    "CALL crm_protect('import_erasures')",
    "GRANT SELECT, INSERT, DELETE ON import_erasures TO crm_app",
    "CREATE POLICY worker_forgets ON import_outcomes TO crm_worker USING (true)",
    "GRANT SELECT (import_id), DELETE ON import_outcomes TO crm_worker",
]

DOWN = [
    "REVOKE SELECT (import_id), DELETE ON import_outcomes FROM crm_worker",
    "DROP POLICY worker_forgets ON import_outcomes",
    "DROP TABLE import_erasures",
    "DROP TABLE import_reports",
    "DROP TABLE import_files",
    """REVOKE SELECT (id, controller_id, state, uploaded, due_at, created_at, finished_at)
       ON imports FROM crm_worker""",
    "DROP POLICY worker_finds ON imports",
    *[f"ALTER TABLE imports DROP COLUMN {name}" for name, _ in reversed(COLUMNS)],
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
