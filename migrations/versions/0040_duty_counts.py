"""Create counts of what controllers have yet to do, told once a day.

Additive: a new table only. It holds numbers, and the worker sees all of them.
"""

from alembic import op

revision = "0040"
down_revision = "0039"

UP = [
    """CREATE TABLE duty_counts (
        controller_id uuid NOT NULL,
        duty text NOT NULL,
        counted_at timestamptz NOT NULL,
        owed bigint NOT NULL DEFAULT 0,
        overdue bigint NOT NULL DEFAULT 0,
        told_on date,
        CONSTRAINT pk_duty_counts PRIMARY KEY (controller_id, duty),
        CONSTRAINT ck_duty_counts_duty CHECK (duty IN ('information', 'review'))
    )""",
    "COMMENT ON COLUMN duty_counts.told_on IS 'the last day, by the controller, of an event'",
    "CALL crm_protect('duty_counts')",
    "GRANT SELECT, INSERT, UPDATE ON duty_counts TO crm_app",
    "CREATE POLICY worker_counts ON duty_counts FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT (duty, owed, overdue) ON duty_counts TO crm_worker",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE duty_counts")
