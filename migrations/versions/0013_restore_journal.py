"""Remember how far the journal of erasures and refusals is written (rule 35).

Additive: a table of one row, and what the worker may read for the journal: the kind of an address
key and the names of blocked domains, and nothing else about anybody.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

UP = [
    """CREATE TABLE journal_marks (
        only_row boolean NOT NULL DEFAULT true,
        number bigint NOT NULL DEFAULT 0,
        digest bytea NOT NULL DEFAULT '',
        intended bigint NOT NULL DEFAULT 0,
        up_to_xid xid8 NOT NULL DEFAULT '0',
        up_to_position bigint NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_journal_marks PRIMARY KEY (only_row),
        CONSTRAINT ck_journal_marks_only_row CHECK (only_row)
    )""",
    "INSERT INTO journal_marks DEFAULT VALUES",
    "COMMENT ON COLUMN journal_marks.intended IS 'up to which line writing has been announced'",
    "GRANT SELECT ON journal_marks TO crm_app",
    "GRANT SELECT, UPDATE ON journal_marks TO crm_worker",
    "CREATE POLICY worker_journals ON addresses FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT (controller_id, address_key, kind) ON addresses TO crm_worker",
    "CREATE POLICY worker_journals ON suppressed_domains FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT (controller_id, domain_key, domain) ON suppressed_domains TO crm_worker",
]

DOWN = [
    "REVOKE SELECT (controller_id, domain_key, domain) ON suppressed_domains FROM crm_worker",
    "DROP POLICY worker_journals ON suppressed_domains",
    "REVOKE SELECT (controller_id, address_key, kind) ON addresses FROM crm_worker",
    "DROP POLICY worker_journals ON addresses",
    "DROP TABLE journal_marks",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
