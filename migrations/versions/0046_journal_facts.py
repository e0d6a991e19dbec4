"""Let the journal tell that a controller has left, so that no older backup brings it back.

Additive: a table of facts that are in no controller's event log and wait to be journaled, and what
a replay needs to close the controller again.
"""

from alembic import op

revision = "0046"
down_revision = "0045"

UP = [
    # Its places are those of the event log: both are read in one order.
    """CREATE TABLE journal_facts (
        position bigint NOT NULL DEFAULT nextval('events_position_seq'),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        of_controller uuid NOT NULL,
        type text NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT now(),
        data jsonb NOT NULL,
        CONSTRAINT pk_journal_facts PRIMARY KEY (position)
    )""",
    "COMMENT ON COLUMN journal_facts.of_controller IS 'also when nothing else of it is left'",
    "CALL crm_protect('journal_facts', 'of_controller')",
    "CREATE POLICY worker_journals ON journal_facts TO crm_worker USING (true)",
    "GRANT SELECT, DELETE ON journal_facts TO crm_worker",
    "GRANT INSERT ON journal_facts TO crm_app",
    "GRANT INSERT, SELECT (leaving_id) ON offboardings TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("REVOKE INSERT, SELECT (leaving_id) ON offboardings FROM crm_app")
    op.execute("DROP TABLE journal_facts")
