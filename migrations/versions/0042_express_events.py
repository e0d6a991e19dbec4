"""Remember which waiting events somebody waits for, so that no backlog is before them.

Additive: a new table. A row says up to which position the events of one person go first.
"""

from alembic import op

revision = "0042"
down_revision = "0041"

UP = [
    """CREATE TABLE outbox_express (
        position bigint NOT NULL,
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        CONSTRAINT pk_outbox_express PRIMARY KEY (position)
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            vacuum_truncate = off)""",
    "CALL crm_protect('outbox_express')",
    "CREATE POLICY worker_moves ON outbox_express TO crm_worker USING (true)",
    "GRANT INSERT, SELECT ON outbox_express TO crm_app",
    "GRANT SELECT, INSERT, DELETE ON outbox_express TO crm_worker",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE outbox_express")
